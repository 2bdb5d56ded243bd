//! Two honest copies of each puppet, with one key: each talks to its own block of the cluster.
//!
//! Neither copy lies. Together they say two things wherever their blocks see different things. If the network is parted
//! round by round, the copies are parted with it, and a scheduler may go through all the ways to do so; otherwise there
//! are two halves, and which half is whose is drawn anew now and then. With f: at most one block gets a quorum. With
//! f+1: two may. [TWINS-21]
//!
//! The two copies are made before their first input, and nothing tells them apart but what they hear. They share what
//! a seat has one of: a service, and timers. A timer that both arm fires when the later one is due, as if the clock of
//! the other were slow. Copies of different puppets reach each other only within a block, like everybody else; a
//! message counts as sent from the block in which its sender is when it arrives.

use crate::service::{Asked, Copy, Service};
use crate::story::{Protocols, Story};
use crate::strings::{once_in, receivers, say};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Parting, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Address, Effect, Input, Message, Outbox, Process, ReplicaId};

pub(crate) const STORY: Story = Story {
    name: "twins",
    tells: "Each liar is two honest copies with one key, and each copy talks to its own half of the cluster.",
    withstood: "At most one half gets a quorum, and the other learns from it.",
    breaks: &["Agreement"],
    sources: &["TWINS-21"],
    rows: &["R-11", "L-01", "B-01", "B-02", "V-11"],
    protocols: Protocols::Every,
};

/// Inputs for which the halves stay as they are, about.
const ROUND: usize = 400;
/// Messages among puppets whose sending copy is remembered until they arrive, at most; of older ones nobody hears.
const UNDER_WAY_MAX: usize = 1024;
/// The copies behind one seat.
const COPIES: [Copy; 2] = [0, 1];

/// Pairs of copies.
#[derive(Clone, Debug, Hash)]
pub struct Twins<P: Process> {
    pairs: BTreeMap<ReplicaId, Pair<P>>,
    sides: Sides,
    /// What copies said to other puppets, and which copy it was.
    under_way: VecDeque<(ReplicaId, ReplicaId, Copy, Message<P>)>,
}

#[derive(Clone, Debug, Hash)]
struct Pair<P: Process> {
    /// The second copy; the first is the puppet's core.
    twin: P,
    service: Service,
}

/// Who is in which block.
#[derive(Clone, Debug, Hash)]
struct Sides {
    drawn_by: DrawnBy,
    honest: BTreeMap<ReplicaId, usize>,
    /// The block of each copy of a puppet.
    copies: BTreeMap<ReplicaId, [usize; 2]>,
}

/// Where the blocks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum DrawnBy {
    Nobody,
    /// They are halves of our own, for some time.
    Us,
    /// The network is parted in blocks, and tells us.
    Network,
}

impl<P: Process> Default for Twins<P> {
    fn default() -> Self {
        let sides = Sides { drawn_by: DrawnBy::Nobody, honest: BTreeMap::new(), copies: BTreeMap::new() };
        Self { pairs: BTreeMap::new(), sides, under_way: VecDeque::new() }
    }
}

impl<P: Process> Adversary<P> for Twins<P> {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        self.sides.halve(puppets, choose);
        let fork = || Pair { twin: puppets.fork(at), service: Service::default() };
        let mut pair = self.pairs.remove(&at).unwrap_or_else(fork);
        for copy in self.hearing(puppets, at, &mut pair, &input, choose) {
            self.live((at, copy), &mut pair, puppets, input.clone(), out);
        }
        self.pairs.insert(at, pair);
    }

    fn parted(&mut self, puppets: &Puppets<P>, parting: &Parting, choose: &mut dyn Chooser) -> Vec<(ReplicaId, usize)> {
        self.sides.drawn_by = DrawnBy::Network;
        self.sides.honest = puppets.honest().map(|id| (id, parting.of(id).unwrap_or(0))).collect();
        self.sides.copies = puppets.ids().map(|id| (id, COPIES.map(|_| parting.draw_one(choose)))).collect();
        self.sides.copies.iter().flat_map(|(&id, blocks)| blocks.map(|block| (id, block))).collect()
    }
}

impl Sides {
    /// Draws halves, if it is time to and nobody else does.
    fn halve<P: Process>(&mut self, puppets: &Puppets<P>, choose: &mut dyn Chooser) {
        let is_due = match self.drawn_by {
            DrawnBy::Network => false,
            DrawnBy::Nobody => true,
            DrawnBy::Us => once_in(ROUND, "new halves", choose),
        };
        if is_due {
            self.drawn_by = DrawnBy::Us;
            self.honest = puppets.honest().map(|id| (id, usize::from(once_in(2, "half", choose)))).collect();
            self.copies = puppets.ids().map(|id| (id, [0, 1])).collect();
        }
    }

    /// The block of a copy.
    fn of(&self, (id, copy): (ReplicaId, Copy)) -> Option<usize> {
        self.copies.get(&id).map(|blocks| if copy == 0 { blocks[0] } else { blocks[1] })
    }

    /// The copies of a puppet that are in a block.
    fn copies_in(&self, id: ReplicaId, block: Option<usize>) -> Vec<Copy> {
        COPIES.into_iter().filter(|copy| block.is_some() && self.of((id, *copy)) == block).collect()
    }
}

impl<P: Process> Twins<P> {
    /// Which copies an input is for.
    fn hearing(
        &mut self,
        puppets: &Puppets<P>,
        at: ReplicaId,
        pair: &mut Pair<P>,
        input: &Input<P>,
        choose: &mut dyn Chooser,
    ) -> Vec<Copy> {
        match input {
            Input::Deliver { from, message } if puppets.contains(*from) => self.arrived(*from, at, message),
            Input::Deliver { from, .. } | Input::Request { from: Address::Replica(from), .. }
                if !puppets.contains(*from) =>
            {
                self.sides.copies_in(at, self.sides.honest.get(from).copied())
            }
            // Two machines do not hear of a request at once; copies that hear everything at once propose the same.
            Input::Request { from: Address::Client(_), .. } => match choose.choose("who hears a request", 3) {
                0 => COPIES.into(),
                1 => [0].into(),
                _ => [1].into(),
            },
            Input::Done(report) => pair.service.report(report),
            Input::Start { .. } | Input::Deliver { .. } | Input::Request { .. } | Input::Timeout(_) => COPIES.into(),
        }
    }

    /// Who hears what a copy of another puppet said: those in its block.
    fn arrived(&mut self, from: ReplicaId, at: ReplicaId, message: &Message<P>) -> Vec<Copy> {
        let sent =
            |(by, to, _, said): &(ReplicaId, ReplicaId, Copy, Message<P>)| (*by, *to) == (from, at) && said == message;
        let Some((_, _, copy, _)) = self.under_way.iter().position(sent).and_then(|place| self.under_way.remove(place))
        else {
            return Vec::new();
        };
        self.sides.copies_in(at, self.sides.of((from, copy)))
    }

    /// One copy takes an input, and talks to its block.
    fn live(
        &mut self,
        (at, copy): (ReplicaId, Copy),
        pair: &mut Pair<P>,
        puppets: &mut Puppets<P>,
        input: Input<P>,
        out: &mut Outbox<P>,
    ) {
        let mut inputs = VecDeque::from([input]);
        let mut inner = Outbox::default();
        while let Some(input) = inputs.pop_front() {
            let core = if copy == 0 { puppets.core(at) } else { &mut pair.twin };
            core.step(input, &mut inner);
            for effect in inner.drain() {
                match effect {
                    Effect::Ask(task) => match pair.service.ask(copy, task) {
                        Asked::Pass(task) => out.ask(task),
                        Asked::Known(report) => inputs.push_back(Input::Done(report)),
                        Asked::Nothing => {}
                    },
                    Effect::Send { to, message } => {
                        for to in receivers(puppets, at, to) {
                            self.tell((at, copy), to, &message, puppets, out);
                        }
                    }
                    Effect::Forward { to, request } => {
                        if puppets.contains(to) || self.is_together((at, copy), to) {
                            out.extend([Effect::Forward { to, request }]);
                        }
                    }
                    // The other copy may still wait for it.
                    Effect::Disarm(_) | Effect::Persist(_) | Effect::Compact(_) => {}
                    effect => out.extend([effect]),
                }
            }
        }
    }

    /// Whether an honest replica is in the block of a copy.
    fn is_together(&self, copy: (ReplicaId, Copy), honest: ReplicaId) -> bool {
        self.sides.honest.get(&honest).copied() == self.sides.of(copy)
    }

    /// A copy says something to one replica, which hears it if they are together.
    fn tell(
        &mut self,
        (at, copy): (ReplicaId, Copy),
        to: ReplicaId,
        message: &Message<P>,
        puppets: &Puppets<P>,
        out: &mut Outbox<P>,
    ) {
        if puppets.contains(to) {
            if self.under_way.len() == UNDER_WAY_MAX {
                self.under_way.pop_front();
            }
            self.under_way.push_back((at, to, copy, message.clone()));
        } else if !self.is_together((at, copy), to) {
            return;
        }
        say(to, message.clone(), out);
    }
}

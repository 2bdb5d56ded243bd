//! Two honest copies of each puppet, with one key: each talks to its half of the cluster.
//!
//! Neither copy lies. Together they say two things wherever their halves see different things. Which half is whose is
//! drawn anew now and then. With f: at most one of the two halves gets a quorum. With f+1: both may. [TWINS-21]

use crate::service::{Asked, Copy, Service};
use crate::story::{Protocols, Story};
use crate::strings::{once_in, receivers, say};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Address, Effect, Input, Outbox, Process, ReplicaId};

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

/// Pairs of copies.
#[derive(Clone, Debug, Hash)]
pub struct Twins<P: Process> {
    pairs: BTreeMap<ReplicaId, Pair<P>>,
    /// Those who talk to the second copy. The others talk to the first.
    second: BTreeSet<ReplicaId>,
    /// Whether the halves were drawn.
    is_parted: bool,
}

#[derive(Clone, Debug, Hash)]
struct Pair<P: Process> {
    /// The second copy; the first is the puppet's core.
    twin: P,
    service: Service,
}

impl<P: Process> Default for Twins<P> {
    fn default() -> Self {
        Self { pairs: BTreeMap::new(), second: BTreeSet::new(), is_parted: false }
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
        if !self.is_parted || once_in(ROUND, "new halves", choose) {
            self.is_parted = true;
            self.second = puppets.honest().filter(|_| once_in(2, "half", choose)).collect();
        }
        let fork = || Pair { twin: puppets.fork(at), service: Service::default() };
        let mut pair = self.pairs.remove(&at).unwrap_or_else(fork);
        for copy in self.hearing(puppets, &mut pair, &input) {
            self.live(copy, &mut pair, puppets, at, input.clone(), out);
        }
        self.pairs.insert(at, pair);
    }
}

impl<P: Process> Twins<P> {
    /// Which copies an input is for.
    fn hearing(&self, puppets: &Puppets<P>, pair: &mut Pair<P>, input: &Input<P>) -> alloc::vec::Vec<Copy> {
        let half = |id: &ReplicaId| if self.second.contains(id) { [1].into() } else { [0].into() };
        match input {
            Input::Deliver { from, .. } if !puppets.contains(*from) => half(from),
            Input::Request { from: Address::Replica(from), .. } if !puppets.contains(*from) => half(from),
            Input::Done(report) => pair.service.report(report),
            // Timers of one name are one timer; a copy that does not expect it ignores it.
            Input::Start { .. } | Input::Deliver { .. } | Input::Request { .. } | Input::Timeout(_) => [0, 1].into(),
        }
    }

    /// One copy takes an input, and talks to its half.
    fn live(
        &self,
        copy: Copy,
        pair: &mut Pair<P>,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
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
                        let is_ours =
                            |to: &ReplicaId| puppets.contains(*to) || u64::from(self.second.contains(to)) == copy;
                        let heard = receivers(puppets, at, to).into_iter().filter(is_ours);
                        heard.for_each(|to| say(to, message.clone(), out));
                    }
                    // The other copy may still wait for it.
                    Effect::Disarm(_) | Effect::Persist(_) | Effect::Compact(_) => {}
                    effect => out.extend([effect]),
                }
            }
        }
    }
}

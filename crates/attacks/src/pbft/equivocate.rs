//! A primary that proposes one batch to some replicas and another to the rest, for the same place in the order.
//!
//! Its accomplices vote for whichever batch each victim was shown, in both phases. With f liars: no two correct
//! replicas execute different batches, because each batch needs a strong quorum and correct replicas vote once;
//! the place stalls, the primary is replaced, and the victims' exchange of what it signed is proof against it. With
//! f+1 liars: both halves of the correct replicas get their quorum, and the service forks.
//! [PBFT-OSDI99 §4.2]: the reason for the prepare phase.

use super::gallery::HERE;
use crate::story::Story;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Batch, Effect, Input, Message, Outbox, Record, ReplicaId, Request, Seq, Signed, Target, View};
use synod_protocols::pbft::{Commit, PrePrepare, Prepare, Replica, Vow};

pub(super) const STORY: Story = Story {
    name: "equivocate",
    tells: "A primary proposes one batch to some replicas and another to the rest, for the same place in the order, \
            and its accomplices vote for whichever each victim was shown.",
    withstood: "No two replicas execute different batches; the primary is replaced, and convicted by what it signed.",
    breaks: &["Agreement"],
    sources: &["PBFT-OSDI99 §4.2"],
    rows: &["L-01", "L-02", "B-01", "B-02", "B-21"],
    protocols: HERE,
};

/// Requests remembered to build the other batch from, at most.
const REQUESTS_MAX: usize = 64;
/// Lies remembered, at most; the oldest places go first.
const LIES_MAX: usize = 4096;

/// One batch for some, another for the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Equivocate {
    /// Requests the coalition has seen, oldest first: raw material for the other batch.
    seen: Vec<Request>,
    /// What the victims are told at each place.
    lies: BTreeMap<(View, Seq), Lie>,
}

/// Two proposals for one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lie {
    told: BTreeMap<ReplicaId, Batch>,
    /// Puppets that have not said their part of it yet.
    silent: BTreeSet<ReplicaId>,
}

impl Adversary<Replica> for Equivocate {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        if let Input::Request { request, .. } = &input
            && self.seen.len() < REQUESTS_MAX
            && !self.seen.contains(request)
        {
            self.seen.push(request.clone());
        }
        let mut honest = Outbox::default();
        puppets.behave(at, input, &mut honest);
        for effect in honest.drain() {
            match effect {
                Effect::Send { message: Message::Vow(Vow::PrePrepare(proposal)), .. } => {
                    self.propose_twice(puppets, at, &proposal, choose, out);
                }
                // What the core wants to say about a place that is lied about would spoil the lie.
                Effect::Send { message: Message::Vow(vow), .. } if self.is_about_a_lie(&vow) => {}
                // A liar's log need not fit what it said.
                Effect::Persist(Record::Vow(Vow::PrePrepare(_))) => {}
                effect => out.extend([effect]),
            }
        }
        self.back_the_lies(puppets, at, out);
    }
}

impl Equivocate {
    /// Prepares two proposals for one place, as many victims each, so that with f liars neither gets a quorum.
    fn propose_twice(
        &mut self,
        puppets: &Puppets<Replica>,
        at: ReplicaId,
        proposal: &PrePrepare,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        let Prepare { view, seq, .. } = *proposal.vote().statement();
        if !self.lies.contains_key(&(view, seq)) {
            let mut victims: Vec<ReplicaId> = puppets.honest().collect();
            let half = victims.len() / 2;
            if !victims.is_empty() {
                let turn = choose.choose("whom to tell which", victims.len());
                victims.rotate_left(turn);
            }
            let one = proposal.batch().clone();
            let mut told: BTreeMap<ReplicaId, Batch> = victims[..half].iter().map(|&id| (id, one.clone())).collect();
            if let Some(other) = self.another(&one) {
                told.extend(victims[half..2 * half].iter().map(|&id| (id, other.clone())));
            }
            if self.lies.len() >= LIES_MAX {
                self.lies.pop_first();
            }
            self.lies.insert((view, seq), Lie { told, silent: puppets.ids().collect() });
        }
        // The accomplices have to be woken to play their part.
        for accomplice in puppets.ids().filter(|&id| id != at) {
            let message = Message::Vow(Vow::PrePrepare(proposal.clone()));
            out.extend([Effect::Send { to: Target::One(accomplice), message }]);
        }
    }

    /// A batch that is not `one`, of requests that clients did sign: the same ones the other way round, another one, or
    /// the only one that there is, twice.
    fn another(&self, one: &Batch) -> Option<Batch> {
        let mut turned = one.requests().to_vec();
        turned.reverse();
        let older = self.seen.iter().find(|request| !one.requests().contains(request));
        let other = match (&turned[..], older) {
            ([_], Some(older)) => vec![older.clone()],
            ([only], None) => vec![only.clone(), only.clone()],
            _ => turned,
        };
        Some(Batch::new(other)).filter(|other| other != one)
    }

    fn is_about_a_lie(&self, vow: &Vow) -> bool {
        match vow {
            Vow::Prepare(vote) => self.lies.contains_key(&(vote.statement().view, vote.statement().seq)),
            Vow::Commit(vote) => self.lies.contains_key(&(vote.statement().view, vote.statement().seq)),
            Vow::PrePrepare(_) | Vow::Checkpoint(_) | Vow::ViewChange(_) | Vow::NewView(_) => false,
        }
    }

    /// This puppet says its part of every lie it has not said yet: to each victim, votes for what it was told.
    fn back_the_lies(&mut self, puppets: &Puppets<Replica>, at: ReplicaId, out: &mut Outbox<Replica>) {
        for (&(view, seq), lie) in &mut self.lies {
            if !lie.silent.remove(&at) {
                continue;
            }
            for (&victim, batch) in &lie.told {
                let digest = batch.digest();
                let (domain, signer) = (puppets.domain(), puppets.signer(at));
                let prepare = Signed::sign(Prepare { view, seq, digest }, domain, signer);
                let proposes = puppets.membership().primary(view) == at;
                let vote = if proposes {
                    Vow::PrePrepare(PrePrepare::new(prepare, batch.clone()))
                } else {
                    Vow::Prepare(prepare)
                };
                let commit = Vow::Commit(Signed::sign(Commit { view, seq, digest }, domain, signer));
                let to = Target::One(victim);
                out.extend([vote, commit].map(|vow| Effect::Send { to, message: Message::Vow(vow) }));
            }
        }
    }
}

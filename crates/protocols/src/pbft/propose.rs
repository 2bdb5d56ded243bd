//! When the primary proposes, and what: the requests that wait, as one batch. [PBFT-OSDI99 §4.2]
//!
//! Nothing waits while everything under way is prepared. Until then, what arrives is gathered, so that batches grow
//! with the load by themselves: under a low one a request leaves at once, under a high one its votes and syncs are
//! shared by many. Only batches that are large by then use the pipeline to its depth. [PBFT-TOCS02 "batching"]

use super::message::{PrePrepare, Vow};
use super::replica::{Out, Replica, own_vote, sign};
use super::rule::Rule;
use super::slot::Slot;
use super::statement::Prepare;
use synod_kernel::{Seq, Target};

impl Replica {
    /// Whether another batch may leave after those under way, of which the last is `last`: a large one as far as the
    /// pipeline allows, a small one only when everything before it is prepared here. More small ones would cost every
    /// replica the votes and the syncs of a large one each (decision 0006).
    fn may_propose(&self, last: Seq) -> bool {
        let is_prepared = |slot: &Slot| {
            let prepared = slot.prepared.as_ref().is_some_and(|proof| proof.statement().view == self.view);
            prepared || slot.committed.is_some()
        };
        // Up to the floor nothing is voted on in this view, so nothing will be prepared there either.
        let first = self.ordered.max(self.floor()).next();
        let has_room = last.get() - self.ordered.get() < self.config.pipeline();
        let mut under_way = self.slots.range(first..).take_while(|(seq, _)| **seq <= last);
        has_room
            && (self.requests.has_large_batch(self.config.batch_bytes())
                || under_way.all(|(_, slot)| is_prepared(slot)))
    }

    /// The primary gives waiting requests a number, as far as pipeline and window allow. [PBFT-OSDI99 §4.2, TOCS02
    /// "batching"]
    pub(super) fn propose(&mut self, out: &mut Out) {
        while self.is_active_primary() {
            let seq = self.next_place();
            if seq > self.high() || !self.may_propose(seq.minus(1)) {
                return;
            }
            let Some(batch) = self.requests.next_batch(self.config.batch_bytes()) else { return };
            self.proposed = seq;
            let vote = sign(Prepare { view: self.view, seq, digest: batch.digest() }, &self.config);
            let slot = self.slots.entry(seq).or_default();
            slot.prepares.cast(vote.clone()).expect("the first vote of our own in this place");
            slot.proposal = Some(vote.clone());
            out.applied(Rule::Propose);
            self.bodies.insert(batch.digest(), batch.clone());
            out.vow(Target::Others, Vow::PrePrepare(PrePrepare::new(vote, batch)));
            self.advance(seq, out);
        }
    }

    /// The next number that is free: nothing is decided there, and this replica has not voted there in this view,
    /// before a crash perhaps.
    fn next_place(&self) -> Seq {
        let is_taken = |seq: &Seq| {
            let slot = self.slots.get(seq);
            slot.is_some_and(|slot| slot.committed.is_some() || own_vote(&slot.prepares, &self.config).is_some())
        };
        let mut seq = self.proposed.max(self.ordered).max(self.floor()).next();
        while is_taken(&seq) {
            seq = seq.next();
        }
        seq
    }
}

//! Checkpoints: proof of a common state, and what may be forgotten because of it. [PBFT-OSDI99 §4.3]
//!
//! A checkpoint is stable when a strong quorum signed the same state. A replica moves its window only when it
//! holds that state durably itself: then at least f+1 correct replicas hold it, and what came before may go. The stable
//! one itself is kept, through crashes too, until a later one is stable: those who lag can be given no other, because
//! nothing else is proved to them, and it may be they without whom nothing later becomes stable.

use super::message::{Evidence, Fact, Vow};
use super::replica::{Out, Replica, own_vote, sign};
use super::rule::Rule;
use super::statement::Checkpoint;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use synod_kernel::{Certificate, Digest, Record, Seq, Signed, Target, Task};

impl Replica {
    /// Our own state at a checkpoint is durable: say so. [PBFT-OSDI99 §4.3]
    pub(super) fn on_checkpoint_taken(&mut self, seq: Seq, state: Digest, out: &mut Out) {
        self.taken.insert(seq, state);
        if seq > self.low() {
            self.vow_checkpoint(seq, state, out);
        }
        let proved = self.proved.remove(&seq);
        for certificate in proved.into_iter().chain(self.target.take()) {
            self.learn_stable(certificate, out);
        }
    }

    pub(super) fn vow_checkpoint(&mut self, seq: Seq, state: Digest, out: &mut Out) {
        let vote = sign(Checkpoint { seq, state }, &self.config);
        match self.checkpoints.entry(seq).or_default().cast(vote.clone()) {
            Ok(()) => {
                out.vow(Target::Others, Vow::Checkpoint(vote));
                self.note_stable(seq, out);
            }
            Err(_) => out.applied(Rule::KeepEarlierVow),
        }
    }

    /// Another replica's checkpoint.
    pub(super) fn on_checkpoint(&mut self, vote: Signed<Checkpoint>, out: &mut Out) {
        let seq = vote.statement().seq;
        if !self.is_kept(seq) || !self.config.is_checkpoint(seq) {
            return out.applied(Rule::IgnoreOutsideWindow);
        }
        if let Err(equivocation) = self.checkpoints.entry(seq).or_default().cast(vote) {
            return self.accuse(Evidence::Checkpoint(equivocation), out);
        }
        self.note_stable(seq, out);
    }

    fn note_stable(&mut self, seq: Seq, out: &mut Out) {
        let Some(tally) = self.checkpoints.get(&seq) else { return };
        let members = self.config.membership();
        let proof = tally.votes().find_map(|vote| tally.certificate(vote.statement(), members));
        if let Some(certificate) = proof {
            self.learn_stable(certificate, out);
        }
    }

    /// A strong quorum vouches for a state. If it is ours too, the window moves; if we are not there yet, we know
    /// where to go; if ours is another, ours is wrong.
    pub(super) fn learn_stable(&mut self, certificate: Certificate<Checkpoint>, out: &mut Out) {
        let Checkpoint { seq, state } = *certificate.statement();
        if seq <= self.low() {
            return;
        }
        match self.taken.get(&seq) {
            Some(own) if *own == state => self.stabilize(certificate, out),
            Some(_) => {
                out.applied(Rule::Diverged);
                self.start_transfer(certificate, true, out);
            }
            None => {
                if self.is_kept(seq) && self.config.is_checkpoint(seq) {
                    self.proved.insert(seq, certificate.clone());
                }
                if self.target.as_ref().is_none_or(|target| target.statement().seq < seq) {
                    self.target = Some(certificate);
                }
            }
        }
    }

    /// The checkpoint is stable and its state is durable here: forget what came before. [PBFT-OSDI99 §4.3]
    pub(super) fn stabilize(&mut self, certificate: Certificate<Checkpoint>, out: &mut Out) {
        let seq = certificate.statement().seq;
        out.applied(Rule::StableCheckpoint);
        self.history.keep_stable(certificate.clone());
        self.stable = Some(certificate);
        self.forget_below(seq);
        self.adopt_proposals();
        out.compact(self.records());
        out.ask(Task::Discard { before: seq });
        // Numbers that were beyond the window are within it now.
        let waiting: Vec<Seq> = self.slots.keys().copied().collect();
        waiting.into_iter().for_each(|seq| self.advance(seq, out));
        self.execute_ready(out);
    }

    /// Drops what a stable checkpoint at `seq` makes superfluous. Decisions become history.
    pub(super) fn forget_below(&mut self, seq: Seq) {
        let kept = self.slots.split_off(&seq.next());
        for (_, slot) in core::mem::replace(&mut self.slots, kept) {
            let Some(certificate) = slot.committed else { continue };
            if let Some(batch) = self.body(certificate.statement().digest) {
                self.history.keep((certificate, batch), self.config.history_bytes());
            }
        }
        self.proved = self.proved.split_off(&seq.next());
        self.checkpoints = self.checkpoints.split_off(&seq.next());
        self.taken = self.taken.split_off(&seq);
        if self.target.as_ref().is_some_and(|target| target.statement().seq <= seq) {
            self.target = None;
        }
        self.forget_bodies();
    }

    /// Drops batches that nothing names any more. A batch this replica prepared without a certificate may go when
    /// its view is left: whoever reports a certificate holds the batch.
    pub(super) fn forget_bodies(&mut self) {
        let mut named: BTreeSet<Digest> = self.slots.values().flat_map(super::slot::Slot::digests).collect();
        named.extend(self.asked_prepared().map(|certificate| certificate.statement().digest));
        self.bodies.retain(|digest, _| named.contains(digest));
    }

    /// Everything the log still has to hold, in an order that `Start` understands: the view first.
    pub(super) fn records(&self) -> Vec<Record<Self>> {
        let mut records = Vec::new();
        records.extend(self.stable.clone().map(|proof| Record::Fact(Fact::Stable(proof))));
        if let Some(message) = &self.new_view {
            records.push(if message.signer() == self.config.id() {
                Record::Vow(Vow::NewView(message.clone()))
            } else {
                Record::Fact(Fact::NewView(message.clone()))
            });
        }
        let own = self.own_departure();
        records.extend(own.map(|departure| Record::Vow(Vow::ViewChange(departure.clone()))));
        records.extend(self.bodies.values().map(|batch| Record::Fact(Fact::Body(batch.clone()))));
        for slot in self.slots.values() {
            records.extend(slot.proposal.clone().map(|vote| Record::Fact(Fact::Proposal(vote))));
            let prepare = own_vote(&slot.prepares, &self.config);
            records.extend(prepare.map(|vote| Record::Vow(self.own_prepare(vote))));
            records.extend(slot.prepared.clone().map(|proof| Record::Fact(Fact::Prepared(proof))));
            records.extend(slot.committed.clone().map(|proof| Record::Fact(Fact::Decided(proof))));
            let commit = own_vote(&slot.commits, &self.config);
            records.extend(commit.map(|vote| Record::Vow(Vow::Commit(vote))));
        }
        let checkpoints = self.checkpoints.values().filter_map(|tally| own_vote(tally, &self.config));
        records.extend(checkpoints.map(|vote| Record::Vow(Vow::Checkpoint(vote))));
        records.extend(self.evidence.values().map(|evidence| Record::Fact(Fact::Evidence(evidence.clone()))));
        records
    }

    /// Our own prepare in the form in which it was vowed, so that repeating it is recognised as a repetition.
    pub(super) fn own_prepare(&self, vote: Signed<super::statement::Prepare>) -> Vow {
        let batch = self.bodies.get(&vote.statement().digest);
        match batch.filter(|_| self.config.is_primary(vote.statement().view)) {
            Some(batch) => Vow::PrePrepare(super::message::PrePrepare::new(vote, batch.clone())),
            None => Vow::Prepare(vote),
        }
    }
}

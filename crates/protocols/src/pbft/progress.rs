//! Telling the others how far we are, and giving them what they lack. [PBFT-TOCS02]
//!
//! This is the whole of retransmission: the network may lose anything, and nothing else repeats a message. Who is
//! stuck says so; who has more answers with a bounded number of votes, decisions and proofs. Answers depend on
//! the report alone, not on memory of who was sent what, so they can be lost too.

use super::message::{Fact, Hint, Progress, Vow};
use super::replica::{Mode, Out, Replica};
use super::rule::{Rule, Timer};
use synod_kernel::process::Record;
use synod_kernel::{Batch, Certificate, Digest, ReplicaId, Seq, Signed, Target};

/// Places about which one report is answered, at most.
const HELP_MAX: usize = 32;
/// Bytes of decided batches in the answer to one report, at most (one batch always goes).
const HELP_BYTES_MAX: usize = 4 << 20;

impl Replica {
    /// First of all, and after a crash with everything that was durable: the old vows bind again. (C3)
    pub(super) fn on_start(
        &mut self,
        records: alloc::vec::Vec<Record<Self>>,
        executed: Seq,
        state: Digest,
        out: &mut Out,
    ) {
        for record in records {
            match record {
                Record::Vow(vow) => self.recall_vow(vow),
                Record::Fact(fact) => self.recall_fact(fact),
            }
        }
        let low = self.low();
        self.slots = self.slots.split_off(&low.next());
        self.ordered = executed;
        self.executed = executed;
        self.reported = executed;
        if executed > Seq::default() {
            self.taken.insert(executed, state);
        }
        self.proposed = self.proposed.max(self.last_used());
        out.arm(Timer::Status, self.config.status_interval());
        if executed > low && self.config.is_checkpoint(executed) {
            // The state may have become durable just before the crash, and its announcement not.
            self.vow_checkpoint(executed, state, out);
        }
        if executed < low {
            self.target = self.stable.clone();
        }
        let kept: alloc::vec::Vec<Seq> = self.slots.keys().copied().collect();
        kept.into_iter().for_each(|seq| self.advance(seq, out));
        self.tell_progress(Target::Others, true, out);
    }

    fn recall_vow(&mut self, vow: Vow) {
        match vow {
            Vow::PrePrepare(message) => {
                self.bodies.insert(message.batch().digest(), message.batch().clone());
                let vote = message.vote();
                if vote.statement().view == self.view && self.is_active() {
                    self.proposed = self.proposed.max(vote.statement().seq);
                    self.slots.entry(vote.statement().seq).or_default().proposal = Some(vote.clone());
                    self.recall_prepare(vote.clone());
                }
            }
            Vow::Prepare(vote) => self.recall_prepare(vote),
            Vow::Commit(vote) => {
                if vote.statement().view == self.view && self.is_active() {
                    let tally = &mut self.slots.entry(vote.statement().seq).or_default().commits;
                    tally.cast(vote).expect("a replica never commits twice to one place");
                }
            }
            Vow::Checkpoint(vote) => {
                let tally = self.checkpoints.entry(vote.statement().seq).or_default();
                tally.cast(vote).expect("a replica never checkpoints two states");
            }
            Vow::ViewChange(message) => {
                if message.statement().view() > self.view {
                    self.view = message.statement().view();
                    self.mode = Mode::ViewChange { waiting: false };
                    self.slots.values_mut().for_each(super::slot::Slot::leave_view);
                    self.view_changes.insert(self.config.id(), message);
                }
            }
            Vow::NewView(message) => self.recall_new_view(message),
        }
    }

    fn recall_prepare(&mut self, vote: Signed<super::statement::Prepare>) {
        if vote.statement().view == self.view && self.is_active() {
            let tally = &mut self.slots.entry(vote.statement().seq).or_default().prepares;
            tally.cast(vote).expect("a replica never prepares two batches in one place");
        }
    }

    fn recall_new_view(&mut self, message: Signed<super::statement::NewView>) {
        if message.statement().view() >= self.view {
            self.adopt_view(message);
        }
    }

    fn recall_fact(&mut self, fact: Fact) {
        match fact {
            Fact::Body(batch) => {
                self.bodies.insert(batch.digest(), batch);
            }
            Fact::Proposal(vote) => {
                if vote.statement().view == self.view && self.is_active() {
                    self.slots.entry(vote.statement().seq).or_default().proposal = Some(vote.clone());
                    self.recall_prepare(vote);
                }
            }
            Fact::Prepared(proof) => {
                let slot = self.slots.entry(proof.statement().seq).or_default();
                if slot.prepared.as_ref().is_none_or(|known| known.statement().view <= proof.statement().view) {
                    slot.prepared = Some(proof);
                }
            }
            Fact::Stable(proof) => {
                if proof.statement().seq > self.low() {
                    self.forget_below(proof.statement().seq);
                    self.stable = Some(proof);
                }
            }
            Fact::NewView(message) => self.recall_new_view(message),
            Fact::Decided(proof) => {
                let seq = proof.statement().seq;
                self.slots.entry(seq).or_default().committed = Some(proof);
            }
            Fact::Evidence(evidence) => {
                self.evidence.entry(evidence.culprit()).or_insert(evidence);
            }
        }
    }

    /// Says how far we are.
    pub(super) fn tell_progress(&self, to: Target, stuck: bool, out: &mut Out) {
        let progress =
            Progress { view: self.view, active: self.is_active(), stable: self.low(), ordered: self.ordered, stuck };
        out.hint(to, Hint::Progress(progress));
    }

    /// Time to say so again, and to look whether we need more than that.
    pub(super) fn on_status_timeout(&mut self, out: &mut Out) {
        let stuck = self.ordered == self.reported;
        self.reported = self.ordered;
        if let Some(target) = self.target.clone().filter(|target| stuck && target.statement().seq > self.ordered) {
            self.start_transfer(target, false, out);
        }
        if stuck {
            let missing = self.slots.range(self.ordered.next()..).map(|(&seq, _)| seq).take(HELP_MAX);
            let missing: alloc::vec::Vec<Seq> = missing.collect();
            missing.into_iter().for_each(|seq| self.fetch_missing(seq, out));
        }
        self.try_new_view(out);
        self.fetch_reported(out);
        self.remind_primary(out);
        self.tell_progress(Target::Others, stuck, out);
        out.arm(Timer::Status, self.config.status_interval());
    }

    /// A peer says how far it is: give it what it lacks.
    pub(super) fn on_progress(&mut self, from: ReplicaId, theirs: Progress, out: &mut Out) {
        let to = Target::One(from);
        let behind = theirs.view < self.view || (theirs.view == self.view && !theirs.active);
        match (&self.new_view, self.mode) {
            (Some(message), Mode::Normal) if behind => out.hint(to, Hint::NewView(message.clone())),
            (_, Mode::ViewChange { .. }) if theirs.view <= self.view => self.repeat_view_change(to, out),
            _ => {}
        }
        if !theirs.stuck {
            return;
        }
        if let Some(stable) = self.stable.clone().filter(|stable| stable.statement().seq > theirs.stable) {
            out.hint(to, Hint::Stable(stable));
        }
        let own = self.checkpoints.values().filter_map(|tally| tally.vote_of(self.config.id()));
        own.for_each(|vote| out.vow(to, Vow::Checkpoint(vote.clone())));
        let mut bytes = 0;
        let beyond: alloc::vec::Vec<Seq> =
            self.slots.range(theirs.ordered.plus(1)..).map(|(&seq, _)| seq).take(HELP_MAX).collect();
        let last = beyond.last().copied();
        for seq in beyond {
            match self.decision(seq) {
                Some((certificate, batch)) if bytes < HELP_BYTES_MAX => {
                    bytes += batch.requests().iter().map(synod_kernel::Request::size).sum::<usize>() + 512;
                    let more = bytes >= HELP_BYTES_MAX || Some(seq) == last;
                    out.hint(to, Hint::Decided { certificate, batch, more });
                }
                Some(_) => return,
                None if theirs.view == self.view && theirs.active => self.repeat_votes(seq, to, out),
                None => {}
            }
        }
    }

    fn decision(&self, seq: Seq) -> Option<(Certificate<super::statement::Commit>, Batch)> {
        let certificate = self.slots.get(&seq)?.committed.clone()?;
        let batch = self.body(certificate.statement().digest)?;
        Some((certificate, batch))
    }

    fn repeat_view_change(&self, to: Target, out: &mut Out) {
        match self.view_changes.get(&self.config.id()) {
            Some(message) => out.vow(to, Vow::ViewChange(message.clone())),
            None => out.applied(Rule::IgnoreUnwanted),
        }
    }
}

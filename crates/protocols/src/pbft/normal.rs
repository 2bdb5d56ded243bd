//! The three phases in one view: pre-prepare, prepare, commit; and execution in order. [PBFT-OSDI99 §4.2] When the
//! primary proposes is [`super::propose`]'s.
//!
//! Two things are durable before a vote leaves, because they are recorded before it: the batch before PREPARE,
//! the prepared certificate before COMMIT. So after a power cut of all replicas, whatever a client was told is on
//! enough disks, body and proof.

use super::message::{Evidence, Fact, Hint, PrePrepare, Vow};
use super::replica::{Out, Replica, own_vote, sign};
use super::rule::Rule;
use super::statement::{Commit, Prepare};
use synod_kernel::{Batch, Certificate, Executed, Fate, ReplicaId, Seq, Signed, Target, Task, View};

/// Votes for later views kept per sender, at most.
pub(super) const EARLY_MAX: usize = 64;

impl Replica {
    /// A vote of one of the three phases.
    pub(super) fn on_vote(&mut self, vow: Vow, out: &mut Out) {
        let (view, seq) = match &vow {
            Vow::PrePrepare(message) => (message.vote().statement().view, message.vote().statement().seq),
            Vow::Prepare(vote) => (vote.statement().view, vote.statement().seq),
            Vow::Commit(vote) => (vote.statement().view, vote.statement().seq),
            Vow::Checkpoint(_) | Vow::ViewChange(_) | Vow::NewView(_) => return,
        };
        if view > self.view || (view == self.view && !self.is_active()) {
            return self.keep_early(vow, out);
        }
        if view < self.view {
            return out.applied(Rule::IgnoreOtherView);
        }
        if !self.is_kept(seq) || seq <= self.floor() {
            return out.applied(Rule::IgnoreOutsideWindow);
        }
        match vow {
            Vow::PrePrepare(message) => self.on_pre_prepare(&message, out),
            Vow::Prepare(vote) => self.on_prepare(vote, out),
            Vow::Commit(vote) => self.on_commit(vote, out),
            Vow::Checkpoint(_) | Vow::ViewChange(_) | Vow::NewView(_) => {}
        }
    }

    /// Votes can overtake the proof of their view. A few are kept; the others come again when this replica tells
    /// how far it is. What its view could not accept is not kept, which bounds the bytes, too.
    fn keep_early(&mut self, vow: Vow, out: &mut Out) {
        let is_hopeless = |message: &PrePrepare| {
            message.vote().signer() != self.config.primary(message.vote().statement().view)
                || self.is_oversized(message.batch())
        };
        if matches!(&vow, Vow::PrePrepare(message) if is_hopeless(message)) {
            return out.applied(Rule::IgnoreEarlyVote);
        }
        let current = self.view;
        let queue = self.early.entry(vow.signer()).or_default();
        if queue.len() >= EARLY_MAX {
            queue.retain(|kept| kept.vote_view().is_some_and(|view| view >= current));
        }
        if queue.len() >= EARLY_MAX {
            return out.applied(Rule::IgnoreEarlyVote);
        }
        queue.push_back(vow);
        out.applied(Rule::KeepEarlyVote);
    }

    fn on_pre_prepare(&mut self, message: &PrePrepare, out: &mut Out) {
        let batch = message.batch();
        if batch.is_null() || self.is_oversized(batch) {
            return out.applied(Rule::IgnoreBadBatch);
        }
        let seq = message.vote().statement().seq;
        if self.accept_proposal(message.vote(), out) {
            self.keep_body(batch.clone(), out);
            self.advance(seq, out);
        }
    }

    /// Whether the batch is larger than agreed. One request may be, by itself.
    fn is_oversized(&self, batch: &Batch) -> bool {
        let bytes = batch.requests().iter().map(synod_kernel::Request::size).sum::<usize>();
        bytes > self.config.batch_bytes() && batch.requests().len() > 1
    }

    /// Notes what the primary proposes. False if it is not the primary's, or another one stands.
    fn accept_proposal(&mut self, vote: &Signed<Prepare>, out: &mut Out) -> bool {
        let Prepare { view, seq, digest } = *vote.statement();
        if vote.signer() != self.config.primary(view) {
            out.applied(Rule::IgnoreNotPrimary);
            return false;
        }
        if !self.cast_prepare(vote.clone(), out) {
            return false;
        }
        let slot = self.slots.entry(seq).or_default();
        if slot.proposal.is_some() {
            // The same one again: a retransmission, perhaps with the batch that was missing.
            return true;
        }
        out.applied(Rule::AcceptPrePrepare);
        out.remember(Fact::Proposal(vote.clone()));
        slot.proposal = Some(vote.clone());
        let differing = slot.prepares.votes().filter(|other| other.statement().digest != digest);
        let differing: alloc::vec::Vec<ReplicaId> = differing.map(Signed::signer).collect();
        differing.into_iter().for_each(|peer| show_proposal(vote, peer, out));
        true
    }

    /// Counts a prepare. False if its author said something else before: that is evidence.
    fn cast_prepare(&mut self, vote: Signed<Prepare>, out: &mut Out) -> bool {
        match self.slots.entry(vote.statement().seq).or_default().prepares.cast(vote) {
            Ok(()) => true,
            Err(equivocation) => {
                out.applied(Rule::IgnoreConflict);
                self.accuse(Evidence::Prepare(equivocation), out);
                false
            }
        }
    }

    fn on_prepare(&mut self, vote: Signed<Prepare>, out: &mut Out) {
        let (from, seq, digest) = (vote.signer(), vote.statement().seq, vote.statement().digest);
        let is_new = self.slots.get(&seq).is_none_or(|slot| slot.prepares.vote_of(from).is_none());
        if !self.cast_prepare(vote, out) {
            return;
        }
        let proposal = self.slots.get(&seq).and_then(|slot| slot.proposal.clone());
        if let Some(proposal) = proposal.filter(|proposal| is_new && proposal.statement().digest != digest) {
            show_proposal(&proposal, from, out);
        }
        self.advance(seq, out);
    }

    /// A peer shows what the primary signed: evidence if we know otherwise, news if we know nothing.
    pub(super) fn on_shown_proposal(&mut self, from: ReplicaId, vote: Signed<Prepare>, out: &mut Out) {
        let Prepare { view, seq, digest } = *vote.statement();
        if view != self.view || !self.is_active() {
            return out.applied(Rule::IgnoreOtherView);
        }
        if !self.is_kept(seq) || seq <= self.floor() {
            return out.applied(Rule::IgnoreOutsideWindow);
        }
        if self.accept_proposal(&vote, out) {
            if self.body(digest).is_none() {
                out.hint(Target::One(from), Hint::Fetch(digest));
            }
            self.advance(seq, out);
        }
    }

    fn on_commit(&mut self, vote: Signed<Commit>, out: &mut Out) {
        let seq = vote.statement().seq;
        if let Err(equivocation) = self.slots.entry(seq).or_default().commits.cast(vote) {
            out.applied(Rule::IgnoreConflict);
            return self.accuse(Evidence::Commit(equivocation), out);
        }
        self.advance(seq, out);
    }

    /// Records a batch that something here names, once.
    pub(super) fn keep_body(&mut self, batch: Batch, out: &mut Out) {
        if !batch.is_null() && !self.bodies.contains_key(&batch.digest()) {
            out.remember(Fact::Body(batch.clone()));
            self.bodies.insert(batch.digest(), batch);
        }
    }

    /// A batch that was asked for.
    pub(super) fn on_body(&mut self, batch: Batch, out: &mut Out) {
        if self.is_oversized(&batch) {
            return out.applied(Rule::IgnoreBadBatch);
        }
        let digest = batch.digest();
        let names = |slot: &super::slot::Slot| slot.digests().any(|named| named == digest);
        let wanting: alloc::vec::Vec<Seq> =
            self.slots.iter().filter(|(_, slot)| names(slot)).map(|(&seq, _)| seq).collect();
        if wanting.is_empty() && !self.asked_prepared().any(|proof| proof.statement().digest == digest) {
            return out.applied(Rule::IgnoreUnwanted);
        }
        self.keep_body(batch, out);
        wanting.into_iter().for_each(|seq| self.advance(seq, out));
        self.execute_ready(out);
        self.try_new_view(out);
    }

    /// Applies every rule whose guard holds at `seq`, until none does.
    pub(super) fn advance(&mut self, seq: Seq, out: &mut Out) {
        if self.is_active() && self.floor() < seq && seq <= self.high() {
            self.prepare(seq, out);
            self.note_prepared(seq, out);
            self.commit(seq, out);
        }
        let members = *self.config.membership();
        let slot = self.slots.entry(seq).or_default();
        if let Some(certificate) = slot.newly_committed(&members) {
            out.applied(Rule::Committed);
            slot.committed = Some(certificate);
            self.fetch_decided(seq, out);
        }
        self.execute_ready(out);
    }

    /// The PREPARE of a backup that has the proposal and its batch. [PBFT-OSDI99 §4.2]
    fn prepare(&mut self, seq: Seq, out: &mut Out) {
        let Some(digest) = self.slots.get(&seq).and_then(super::slot::Slot::proposed) else { return };
        if self.body(digest).is_none() || self.config.is_primary(self.view) {
            return;
        }
        let slot = self.slots.entry(seq).or_default();
        if slot.is_decided_otherwise(digest) {
            return out.applied(Rule::KeepDecision);
        }
        if let Some(own) = own_vote(&slot.prepares, &self.config) {
            if own.statement().digest != digest {
                out.applied(Rule::KeepEarlierVow);
            }
            return;
        }
        let vote = sign(Prepare { view: self.view, seq, digest }, &self.config);
        if self.cast_prepare(vote.clone(), out) {
            out.vow(Target::Others, Vow::Prepare(vote));
        }
    }

    /// prepared(m, v, n, i), durably. [PBFT-OSDI99 §4.2]
    fn note_prepared(&mut self, seq: Seq, out: &mut Out) {
        let (view, members) = (self.view, *self.config.membership());
        let Some(slot) = self.slots.get(&seq) else { return };
        let has_body = slot.proposed().is_some_and(|digest| self.body(digest).is_some());
        let Some(certificate) = slot.newly_prepared(view, &members).filter(|_| has_body) else { return };
        out.applied(Rule::Prepared);
        out.remember(Fact::Prepared(certificate.clone()));
        self.slots.entry(seq).or_default().prepared = Some(certificate);
    }

    /// The COMMIT of a replica that holds the prepared certificate of this view: by now, or since before a crash
    /// that came between the two. [PBFT-OSDI99 §4.2]
    fn commit(&mut self, seq: Seq, out: &mut Out) {
        let view = self.view;
        let Some(slot) = self.slots.get_mut(&seq) else { return };
        let prepared = slot.prepared.as_ref().map(|certificate| *certificate.statement());
        let Some(Prepare { digest, .. }) = prepared.filter(|prepared| prepared.view == view) else { return };
        if own_vote(&slot.commits, &self.config).is_some() {
            return;
        }
        if slot.is_decided_otherwise(digest) {
            return out.applied(Rule::KeepDecision);
        }
        let vote = sign(Commit { view, seq, digest }, &self.config);
        slot.commits.cast(vote.clone()).expect("the first commit of our own in this view");
        out.vow(Target::Others, Vow::Commit(vote));
    }

    /// A peer proves that a batch is decided: views do not matter any more. [PBFT-TOCS02]
    pub(super) fn on_decided(
        &mut self,
        from: ReplicaId,
        certificate: Certificate<Commit>,
        batch: Batch,
        more: bool,
        out: &mut Out,
    ) {
        let seq = certificate.statement().seq;
        if !self.is_kept(seq) || seq <= self.ordered {
            return out.applied(Rule::IgnoreUnwanted);
        }
        out.applied(Rule::LearnDecision);
        self.slots.entry(seq).or_default().committed = Some(certificate);
        self.keep_body(batch, out);
        if more {
            self.helper = Some((from, seq));
        }
        self.execute_ready(out);
    }

    /// Asks who helped last for more, once everything that it gave is taken in, and there is room for more. Its frames
    /// may have overtaken each other, and room there is only when a checkpoint got stable.
    fn ask_on(&mut self, out: &mut Out) {
        if let Some((helper, last)) = self.helper
            && self.ordered >= last
            && self.is_kept(self.ordered.next())
        {
            self.helper = None;
            self.tell_progress(Target::One(helper), true, out);
        }
    }

    /// Hands decided batches to the service, in order and without gaps. [PBFT-OSDI99 §4.2]
    pub(super) fn execute_ready(&mut self, out: &mut Out) {
        if self.is_reinstalling() {
            return;
        }
        loop {
            let seq = self.ordered.next();
            let Some(certificate) = self.slots.get(&seq).and_then(|slot| slot.committed.as_ref()) else { break };
            let digest = certificate.statement().digest;
            let Some(batch) = self.body(digest) else { break };
            self.ordered = seq;
            out.applied(if batch.is_null() { Rule::ExecuteNull } else { Rule::Execute });
            out.ask(Task::Execute { seq, batch });
            if self.config.is_checkpoint(seq) {
                self.remember_decisions(seq, out);
                out.ask(Task::Seal { seq });
                out.ask(Task::Checkpoint { seq });
            }
        }
        self.ask_on(out);
        self.propose(out);
    }

    /// The proofs of what goes into a checkpoint become durable before the checkpoint does. Otherwise a replica that
    /// restarts from it has a state which others may need to be led to, and nothing to show for it: they would wait for
    /// votes of replicas that have left the view meanwhile.
    fn remember_decisions(&self, seq: Seq, out: &mut Out) {
        let first = seq.minus(self.config.checkpoint_interval() - 1);
        let decisions = self.slots.range(first..=seq).filter_map(|(_, slot)| slot.committed.clone());
        decisions.for_each(|certificate| out.remember(Fact::Decided(certificate)));
    }

    /// The service executed a batch.
    pub(super) fn on_executed(&mut self, seq: Seq, outcomes: alloc::vec::Vec<Executed>, out: &mut Out) {
        if seq <= self.executed {
            // Reported before state was installed over it.
            return out.applied(Rule::IgnoreUnwanted);
        }
        self.executed = seq;
        self.tell_first_execution(seq, out);
        if outcomes.iter().any(|outcome| outcome.fate == Fate::Executed) && self.is_active() {
            self.attempts = 0;
        }
        let batch = self.slots.get(&seq).and_then(|slot| slot.committed.as_ref()).map(|c| c.statement().digest);
        let batch = batch.and_then(|digest| self.body(digest));
        self.requests.note_work(&outcomes, batch.as_ref(), self.config.batch_bytes());
        self.answer_batch(batch.as_ref(), outcomes, out);
        self.propose(out);
    }

    /// Everything this replica said about `seq` in its view, again: for a peer that lacks it.
    pub(super) fn repeat_votes(&self, seq: Seq, to: Target, out: &mut Out) {
        let Some(slot) = self.slots.get(&seq).filter(|_| self.is_active()) else { return };
        if let Some(vote) = own_vote(&slot.prepares, &self.config) {
            let is_ours = slot.proposal.as_ref() == Some(&vote) && self.config.is_primary(self.view);
            match self.bodies.get(&vote.statement().digest).filter(|_| is_ours) {
                Some(batch) => out.vow(to, Vow::PrePrepare(PrePrepare::new(vote, batch.clone()))),
                // What a new view proposed again is in the new-view message, and may be the null request.
                None if is_ours => out.hint(to, Hint::Proposal(vote)),
                None => out.vow(to, Vow::Prepare(vote)),
            }
        }
        if let Some(vote) = own_vote(&slot.commits, &self.config) {
            out.vow(to, Vow::Commit(vote));
        }
    }

    /// Feeds votes that were kept for this view back in, and forgets those of views left behind.
    pub(super) fn take_early(&mut self, view: View, out: &mut Out) {
        for (_, queue) in core::mem::take(&mut self.early) {
            for vow in queue {
                if vow.vote_view().is_some_and(|of| of >= view) {
                    self.on_vote(vow, out);
                }
            }
        }
    }
}

/// A peer voted for something else, so one of us was lied to. Shows it what was signed to us: if the primary signed
/// both, that is proof.
fn show_proposal(proposal: &Signed<Prepare>, peer: ReplicaId, out: &mut Out) {
    out.applied(Rule::ShowProposal);
    out.hint(Target::One(peer), Hint::Proposal(proposal.clone()));
}

//! Telling the others how far we are, and giving them what they lack. [PBFT-TOCS02]
//!
//! This is the whole of retransmission: the network may lose anything, and nothing else repeats a message. Who is
//! stuck says so; who has more answers with a bounded number of votes, decisions and proofs. Answers depend on
//! the report alone, not on memory of who was sent what, so they can be lost too; only how much a peer gets is counted.
//! Who is helped asks for more as soon as it has everything, so catching up is bound by the work and not by timers.

use super::history::{self, Decision};
use super::message::{Fact, Hint, Progress, Vow};
use super::replica::{Mode, Out, Replica, Wait};
use super::rule::{Rule, Timer};
use synod_kernel::process::Record;
use synod_kernel::{Digest, Encode, ReplicaId, Seq, Signed, Target, Task};

/// Places about which one report is answered, at most: so many that waiting for the next answer is a small part of the
/// time that these take.
const HELP_MAX: usize = 128;
/// Bytes of decided batches in the answer to one report, at most (one batch always goes): some of them can be lost on
/// the way where nobody else's are.
const HELP_BYTES_MAX: usize = 8 << 20;
/// Places without a decision about which votes are repeated, at most: they are those under way.
const VOTES_MAX: usize = 32;
/// What repeating the votes of one place costs besides the batch, about, in bytes.
const VOTES_BYTES: usize = 512;
/// Proofs of checkpoints that were stable, in the answer to one report, at most.
const STABLE_MAX: usize = 4;

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
        if low > Seq::default() {
            out.ask(Task::Discard { before: low });
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
            Vow::ViewChange(departure) => {
                if departure.view() > self.view {
                    self.view = departure.view();
                    self.mode = Mode::ViewChange { wait: Wait::Quorum };
                    self.slots.values_mut().for_each(super::slot::Slot::leave_view);
                    self.departures.insert(self.config.id(), departure);
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
        self.grace = self.grace.saturating_sub(1);
        self.note_lag();
        self.renew_shares(out);
        self.repeat_deferred(out);
        self.abandon_transfer(out);
        if let Some(target) = self.target.clone().filter(|target| stuck && target.statement().seq > self.ordered) {
            self.start_first_transfer(target, out);
        }
        if stuck {
            let missing = self.slots.range(self.ordered.next()..).map(|(&seq, _)| seq).take(VOTES_MAX);
            let missing: alloc::vec::Vec<Seq> = missing.collect();
            missing.into_iter().for_each(|seq| self.fetch_missing(seq, out));
        }
        self.try_new_view(out);
        self.repeat_suspicion(out);
        self.fetch_reported(out);
        self.remind_primary(out);
        match self.next_helper().filter(|_| stuck && self.lag() > self.config.pipeline()) {
            // What is decided, one peer can show as well as all.
            Some(helper) => {
                self.turn += 1;
                self.tell_progress(Target::Others, false, out);
                self.tell_progress(Target::One(helper), true, out);
            }
            None => self.tell_progress(Target::Others, stuck, out),
        }
        out.arm(Timer::Status, self.config.status_interval());
    }

    /// Asks for a batch that was just decided and is not durable here: of those who proved to have it, so many that
    /// one is correct. The primary is not asked first, because it should have sent it. If nobody answers, everybody is
    /// asked with the next reports of progress.
    pub(super) fn fetch_decided(&self, seq: Seq, out: &mut Out) {
        let Some(certificate) = self.slots.get(&seq).and_then(|slot| slot.committed.as_ref()) else { return };
        let digest = certificate.statement().digest;
        if seq <= self.ordered || self.body(digest).is_some() {
            return;
        }
        let (own, primary) = (self.config.id(), self.config.primary(self.view));
        let peers = certificate.signers().filter(|&id| id != own && id != primary);
        peers.take(self.config.membership().weak()).for_each(|id| out.hint(Target::One(id), Hint::Fetch(digest)));
    }

    /// Asks everybody for a batch that is named here and not durable here.
    pub(super) fn fetch_missing(&mut self, seq: Seq, out: &mut Out) {
        let Some(slot) = self.slots.get(&seq).filter(|_| seq > self.ordered) else { return };
        let decided = slot.committed.as_ref().map(|certificate| certificate.statement().digest);
        if let Some(digest) = decided.or(slot.proposed()).filter(|&digest| self.body(digest).is_none()) {
            out.hint(Target::Others, Hint::Fetch(digest));
        }
    }

    /// By how much some correct replica has ordered more than this one, by the reports of others.
    pub(super) fn lag(&self) -> u64 {
        let mut ahead: alloc::vec::Vec<u64> = self.reports.values().map(|seq| seq.get()).collect();
        ahead.sort_unstable_by(|a, b| b.cmp(a));
        let vouched = ahead.get(self.config.membership().weak() - 1).copied().unwrap_or_default();
        vouched.saturating_sub(self.ordered.get())
    }

    /// Notes whether this replica is far behind others. Then, and a moment later, it does not blame the primary:
    /// requests that wait here may have been executed long ago, and their timers ran for as long as it took to come
    /// back.
    pub(super) fn note_lag(&mut self) {
        if self.transfer.is_some() || self.lag() > self.config.checkpoint_interval() {
            self.grace = self.config.grace();
        }
    }

    /// Who is asked next among those who say that they have more, in turns.
    fn next_helper(&self) -> Option<ReplicaId> {
        let ahead = self.reports.iter().filter(|(_, ordered)| **ordered > self.ordered).map(|(&id, _)| id);
        let ahead: alloc::vec::Vec<ReplicaId> = ahead.collect();
        ahead.get(self.turn % ahead.len().max(1)).copied()
    }

    /// A peer says how far it is: give it what it lacks, out of its share.
    pub(super) fn on_progress(&mut self, from: ReplicaId, theirs: Progress, out: &mut Out) {
        self.reports.insert(from, theirs.ordered);
        self.note_lag();
        if self.defer_help(from, theirs, out) {
            return;
        }
        let behind = theirs.view < self.view || (theirs.view == self.view && !theirs.active);
        match (&self.new_view, self.mode) {
            (Some(message), Mode::Normal) if behind => self.help_with(from, Hint::NewView(message.clone()), out),
            (_, Mode::ViewChange { .. }) if theirs.view <= self.view => self.repeat_view_change(from, out),
            _ => {}
        }
        if !theirs.stuck {
            return;
        }
        self.help_with_checkpoints(from, &theirs, out);
        // What is beyond that, the peer does not keep.
        let last = theirs.stable.plus(2 * self.config.window());
        let next = theirs.ordered.plus(1);
        if next > self.low() || self.history.decision(next).is_some() {
            self.help_with_places(from, &theirs, last, out);
        }
    }

    /// Proofs of checkpoints: those that the peer will come to next, and the newest, which it may fetch.
    fn help_with_checkpoints(&mut self, from: ReplicaId, theirs: &Progress, out: &mut Out) {
        let soon = theirs.ordered.plus(HELP_MAX as u64);
        let mut proofs: alloc::vec::Vec<_> =
            self.history.stable(theirs.stable, soon).take(STABLE_MAX).cloned().collect();
        let newest = self.stable.clone().filter(|stable| stable.statement().seq > theirs.stable);
        proofs.extend(newest.filter(|newest| !proofs.contains(newest)));
        proofs.into_iter().for_each(|proof| self.help_with(from, Hint::Stable(proof), out));
        let own = self.checkpoints.values().filter_map(|tally| tally.vote_of(self.config.id()).cloned());
        let own: alloc::vec::Vec<_> = own.collect();
        for vote in own {
            self.charge(from, VOTES_BYTES);
            out.vow(Target::One(from), Vow::Checkpoint(vote));
        }
    }

    /// Decisions and votes, from the first place that the peer lacks on.
    fn help_with_places(&mut self, from: ReplicaId, theirs: &Progress, last: Seq, out: &mut Out) {
        let mut places = alloc::vec::Vec::new();
        let mut seq = theirs.ordered.plus(1);
        while seq <= last.min(self.low()) && places.len() < HELP_MAX {
            places.push(seq);
            seq = seq.next();
        }
        let kept = self.slots.range(theirs.ordered.plus(1)..).map(|(&seq, _)| seq).take_while(|seq| *seq <= last);
        places.extend(kept.take(HELP_MAX - places.len()));
        let (mut bytes, mut votes) = (0, 0);
        let end = places.last().copied();
        for seq in places {
            match self.decision(seq) {
                Some((certificate, batch)) if bytes < HELP_BYTES_MAX && self.may_help(from) => {
                    bytes += history::weight(&batch);
                    self.charge(from, history::weight(&batch));
                    let more = bytes >= HELP_BYTES_MAX || Some(seq) == end || !self.may_help(from);
                    out.hint(Target::One(from), Hint::Decided { certificate, batch, more });
                }
                Some(_) => return,
                None if theirs.view == self.view && theirs.active && votes < VOTES_MAX => {
                    votes += 1;
                    self.charge(from, VOTES_BYTES + self.proposal_bytes(seq));
                    self.repeat_votes(seq, Target::One(from), out);
                }
                None => {}
            }
        }
    }

    /// What our own proposal at a place takes, which goes with our votes, in bytes.
    fn proposal_bytes(&self, seq: Seq) -> usize {
        let own = self.slots.get(&seq).filter(|_| self.config.is_primary(self.view));
        let batch = own.and_then(super::slot::Slot::proposed).and_then(|digest| self.bodies.get(&digest));
        batch.map_or(0, history::weight)
    }

    fn decision(&self, seq: Seq) -> Option<Decision> {
        let Some(slot) = self.slots.get(&seq) else { return self.history.decision(seq) };
        let certificate = slot.committed.clone()?;
        let batch = self.body(certificate.statement().digest)?;
        Some((certificate, batch))
    }

    fn repeat_view_change(&mut self, to: ReplicaId, out: &mut Out) {
        match self.own_departure().cloned() {
            Some(departure) => {
                self.charge(to, departure.to_bytes().len());
                out.vow(Target::One(to), Vow::ViewChange(departure));
            }
            None => out.applied(Rule::IgnoreUnwanted),
        }
    }
}

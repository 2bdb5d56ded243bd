//! Leaving a view and entering the next. [PBFT-OSDI99 §4.4, §4.5.2]
//!
//! A replica leaves when f+1 suspect the primary ([`super::suspicion`]), or when another one has left and shows that.
//! What it reports when leaving is durable before anybody hears it, so a crash cannot make it take
//! a vote back. The timeout doubles with each view that brings nothing and returns to its base with progress; the
//! timer for a new view starts only when a strong quorum asks for it, so that all correct replicas are in the
//! same view long enough. [PBFT-TOCS02]

use super::departure::Departure;
use super::message::{Evidence, Fact, Hint, Vow};
use super::new_view;
use super::replica::{Mode, Out, Replica, Wait, prepared, sign};
use super::rule::{Rule, Timer};
use super::statement::{NewView, Prepare, Suspect, ViewChange};
use super::story::{Cause, Reason};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use synod_kernel::certificate::Weak;
use synod_kernel::{Certificate, Digest, Equivocation, ReplicaId, Seq, Signed, Target, View};

/// Batches asked for at once from the author of one view-change message, at most.
const FETCH_MAX: usize = 32;

impl Replica {
    /// Leaves this view and every one below the next of the one that `proof` is about, and says what prepared here.
    /// [PBFT-OSDI99 §4.4]
    pub(super) fn leave_view(&mut self, proof: Certificate<Suspect, Weak>, cause: Cause, out: &mut Out) {
        let target = proof.statement().view.next();
        assert!(target > self.view, "views are left upwards");
        out.applied(cause.rule());
        self.tell_departure(target, cause, &proof, out);
        self.stop_request_timers(out);
        out.disarm(Timer::NewView(self.view));
        self.view = target;
        self.mode = Mode::ViewChange { wait: Wait::Quorum };
        self.attempts = self.attempts.saturating_add(1);
        self.suspicions.clear();
        self.slots.values_mut().for_each(super::slot::Slot::leave_view);
        let members = self.config.membership();
        let message = ViewChange::new(target, self.stable.clone(), prepared(&self.slots), members)
            .expect("our own certificates are above our own checkpoint, of views below, and include the primary");
        let departure = Departure::new(sign(message, &self.config), proof).expect("about the view before");
        self.departures.insert(self.config.id(), departure.clone());
        out.vow(Target::Others, Vow::ViewChange(departure));
        self.try_new_view(out);
    }

    /// Another replica left, and shows that it had to: so do we. [PBFT-OSDI99 §4.4, §4.5.2]
    pub(super) fn on_view_change(&mut self, departure: Departure, out: &mut Out) {
        let (from, view) = (departure.vote().signer(), departure.view());
        if view < self.view || (view == self.view && self.is_active()) {
            return out.applied(Rule::IgnoreOldView);
        }
        if let Some(earlier) = self.departures.get(&from) {
            let differs = earlier.vote().statement() != departure.vote().statement();
            if earlier.view() == view && differs {
                let (first, second) = (earlier.vote().clone(), departure.vote().clone());
                return self.accuse(Evidence::ViewChange(Equivocation { first, second }), out);
            }
            if earlier.view() >= view {
                return self.try_new_view(out);
            }
        }
        let proof = departure.proof().clone();
        self.departures.insert(from, departure);
        self.tell_departed(from, view, out);
        if view > self.view {
            self.join(from, proof, out);
        }
        self.try_new_view(out);
        self.fetch_reported(out);
    }

    /// With a strong quorum of view-change messages the new primary starts the view, and everybody else starts to
    /// wait for it. [PBFT-OSDI99 §4.4] [PBFT-TOCS02]
    pub(super) fn try_new_view(&mut self, out: &mut Out) {
        let (view, Mode::ViewChange { wait }) = (self.view, self.mode) else { return };
        let members = *self.config.membership();
        // Nobody here has heard of a later view, or would be on the way there.
        let left = self.departures.values().filter(|departure| departure.view() == view).count();
        if left >= members.strong() && wait == Wait::Quorum {
            self.mode = Mode::ViewChange { wait: Wait::Start };
            self.tell_waiting(left, out);
            out.arm(Timer::NewView(view), self.config.view_timeout(self.attempts));
        }
        if !self.config.is_primary(view) {
            return;
        }
        let Ok(asked) = self.backed(view) else { return };
        let proposals = new_view::proposals(view, &asked).expect("genuine certificates lie within three windows");
        let proposals = proposals.into_iter().map(|proposal| sign(proposal, &self.config)).collect();
        let message = NewView::new(view, asked, proposals, &members).expect("O was computed from this V");
        let message = sign(message, &self.config);
        out.applied(Rule::SendNewView);
        out.vow(Target::Others, Vow::NewView(message.clone()));
        self.enter_view(message, out);
    }

    /// Everything that prepared according to those who asked for the view that this replica is about to start.
    pub(super) fn asked_prepared(&self) -> impl Iterator<Item = &Certificate<Prepare>> + '_ {
        let starts = !self.is_active() && self.config.is_primary(self.view);
        let asked = self.departures.values().filter(move |departure| starts && departure.view() == self.view);
        asked.flat_map(|departure| departure.vote().statement().prepared())
    }

    /// V, if there is one by now: a strong quorum of reports such that every batch O needs is here. A report may name
    /// a batch that only its liar of an author has, and a view that starts with it would never get past it. So until
    /// the batch comes, the report does not count. Fails with what is missing, and who claims to have it.
    fn backed(&self, view: View) -> Result<Vec<Signed<ViewChange>>, Vec<(ReplicaId, Digest)>> {
        let asked = self.departures.values().filter(|departure| departure.view() == view);
        let mut asked: Vec<Signed<ViewChange>> = asked.map(|departure| departure.vote().clone()).collect();
        let mut lacking = Vec::new();
        while asked.len() >= self.config.membership().strong() {
            let proposals = new_view::proposals(view, &asked).expect("genuine certificates lie within three windows");
            let is_missing = |p: &&Prepare| p.seq > self.low() && self.body(p.digest).is_none();
            let missing: BTreeSet<Digest> = proposals.iter().filter(is_missing).map(|p| p.digest).collect();
            if missing.is_empty() {
                return Ok(asked);
            }
            asked.retain(|message| {
                let named = message.statement().prepared().iter().map(|proof| proof.statement().digest);
                let unbacked: Vec<Digest> = named.filter(|digest| missing.contains(digest)).collect();
                lacking.extend(unbacked.iter().take(FETCH_MAX).map(|&digest| (message.signer(), digest)));
                unbacked.is_empty()
            });
        }
        Err(lacking)
    }

    /// Asks for the batches without which the view cannot be started here.
    pub(super) fn fetch_reported(&self, out: &mut Out) {
        if self.is_active() || !self.config.is_primary(self.view) {
            return;
        }
        for (author, digest) in self.backed(self.view).err().unwrap_or_default() {
            out.hint(Target::One(author), Hint::Fetch(digest));
        }
    }

    /// The proof of a view. Its form was checked when it was decoded: V is a strong quorum for this view, and O
    /// follows from V. [PBFT-OSDI99 §4.4]
    pub(super) fn on_new_view(&mut self, message: Signed<NewView>, out: &mut Out) {
        let view = message.statement().view();
        let is_news = view > self.view || (view == self.view && !self.is_active());
        if !is_news || message.signer() != self.config.primary(view) {
            return out.applied(Rule::IgnoreOldView);
        }
        out.remember(Fact::NewView(message.clone()));
        self.enter_view(message, out);
    }

    fn enter_view(&mut self, message: Signed<NewView>, out: &mut Out) {
        out.applied(Rule::EnterView);
        self.tell_entry(message.statement(), out);
        self.tells_execution = true;
        self.stop_request_timers(out);
        out.disarm(Timer::NewView(self.view));
        self.adopt_view(message.clone());
        self.forget_bodies();
        // Bounds the log by what was said since the view or the last checkpoint, whichever is later.
        out.compact(self.records());
        let newest = message.statement().view_changes().iter().filter_map(|vc| vc.statement().stable());
        if let Some(certificate) = newest.max_by_key(|certificate| certificate.statement().seq) {
            self.learn_stable(certificate.clone(), out);
        }
        for proposal in message.statement().proposals() {
            let seq = proposal.statement().seq;
            if self.is_kept(seq) {
                self.fetch_missing(seq, out);
                self.advance(seq, out);
            }
        }
        let view = self.view;
        self.take_early(view, out);
        self.resume_requests(out);
    }

    /// Makes the view ours, without saying anything: what `Start` does too, from the log.
    pub(super) fn adopt_view(&mut self, message: Signed<NewView>) {
        self.view = message.statement().view();
        self.mode = Mode::Normal;
        self.slots.values_mut().for_each(super::slot::Slot::leave_view);
        let last = message.statement().proposals().last().map(|proposal| proposal.statement().seq);
        self.proposed = last.unwrap_or_else(|| new_view::lowest(message.statement().view_changes()));
        self.departures.retain(|_, other| other.view() > message.statement().view());
        self.suspicions.clear();
        self.new_view = Some(message);
        self.adopt_proposals();
    }

    /// Takes over the part of O that is within reach, when the view is entered and whenever the window moves. Nothing
    /// was accepted for these numbers before they came within reach, so no vote stands against them.
    pub(super) fn adopt_proposals(&mut self) {
        let Some(message) = self.new_view.clone().filter(|_| self.is_active()) else { return };
        for proposal in message.statement().proposals() {
            let seq = proposal.statement().seq;
            if self.is_kept(seq) {
                let slot = self.slots.entry(seq).or_default();
                if slot.proposal.is_none() {
                    slot.proposal = Some(proposal.clone());
                    slot.prepares.cast(proposal.clone()).expect("the primary's first vote in this place");
                }
            }
        }
    }

    /// The new view did not start in time: its primary is no better. [PBFT-OSDI99 §4.4]
    pub(super) fn on_new_view_timeout(&mut self, view: View, out: &mut Out) {
        if view != self.view || self.is_active() {
            return out.applied(Rule::IgnoreStaleTimer);
        }
        self.mode = Mode::ViewChange { wait: Wait::Over };
        self.suspect(&Reason::NotStarted, out);
    }

    /// The highest number that means something in this view.
    pub(super) fn last_used(&self) -> Seq {
        let used = self.slots.iter().filter(|(_, slot)| slot.proposal.is_some() || slot.committed.is_some());
        used.map(|(&seq, _)| seq).max().unwrap_or_default()
    }
}

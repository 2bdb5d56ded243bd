//! What liars sign, and what they have overheard.

use crate::strings::{any, keep, once_in, say};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use synod_kernel::adversary::Puppets;
use synod_kernel::chooser::Chooser;
use synod_kernel::{
    Batch, Digest, Effect, Input, Message, Outbox, ReplicaId, Request, Seq, Signed, Statement, Target, View,
};
use synod_protocols::pbft::{Commit, Departure, Hint, NewView, PrePrepare, Prepare, Replica, Suspect, ViewChange, Vow};

/// Requests remembered as raw material, at most.
const REQUESTS_MAX: usize = 64;
/// Views whose departures are remembered, at most.
const VIEWS_MAX: usize = 8;
/// Votes of a chorus remembered, at most; the oldest places go first.
const SUNG_MAX: usize = 8192;

/// Signs as a puppet.
pub(super) fn sign<S: Statement>(puppets: &Puppets<Replica>, at: ReplicaId, statement: S) -> Signed<S> {
    Signed::sign(statement, puppets.domain(), puppets.signer(at))
}

/// A proposal of a puppet.
pub(super) fn proposal(puppets: &Puppets<Replica>, at: ReplicaId, view: View, seq: Seq, batch: Batch) -> Vow {
    let vote = sign(puppets, at, Prepare { view, seq, digest: batch.digest() });
    Vow::PrePrepare(PrePrepare::new(vote, batch))
}

/// Says something binding to one replica.
pub(super) fn tell(to: ReplicaId, vow: Vow, out: &mut Outbox<Replica>) {
    say(to, Message::Vow(vow), out);
}

/// Says something that binds nobody to one replica.
pub(super) fn hint(to: ReplicaId, hint: Hint, out: &mut Outbox<Replica>) {
    say(to, Message::Hint(hint), out);
}

/// The place and digest that a vote of one of the three phases is about.
pub(super) fn subject(vow: &Vow) -> Option<Prepare> {
    match vow {
        Vow::PrePrepare(message) => Some(*message.vote().statement()),
        Vow::Prepare(vote) => Some(*vote.statement()),
        Vow::Commit(vote) => {
            let Commit { view, seq, digest } = *vote.statement();
            Some(Prepare { view, seq, digest })
        }
        Vow::Checkpoint(_) | Vow::ViewChange(_) | Vow::NewView(_) => None,
    }
}

/// Keeps clients' requests as raw material for batches.
pub(super) fn overhear(seen: &mut Vec<Request>, input: &Input<Replica>, choose: &mut dyn Chooser) {
    let mut hear = |request: &Request| {
        if !seen.contains(request) {
            keep(seen, request.clone(), REQUESTS_MAX, choose);
        }
    };
    match input {
        Input::Request { request, .. } => hear(request),
        Input::Deliver { message: Message::Vow(Vow::PrePrepare(message)), .. } => {
            message.batch().requests().iter().for_each(hear);
        }
        Input::Start { .. } | Input::Deliver { .. } | Input::Timeout(_) | Input::Done(_) => {}
    }
}

/// Places behind those of a NEW-VIEW that are given other batches.
const BEYOND: u64 = 8;

/// Proposes old requests anew in the places behind those that a NEW-VIEW proposes, where something may be decided of
/// which it knows nothing.
pub(super) fn overwrite(
    puppets: &Puppets<Replica>,
    at: ReplicaId,
    message: &NewView,
    seen: &[Request],
    choose: &mut dyn Chooser,
    out: &mut Outbox<Replica>,
) {
    let reports = message.view_changes().iter();
    let settled = reports.map(|report| report.statement().stable_seq()).max().unwrap_or_default();
    let last = message.proposals().last().map_or(settled, |proposal| proposal.statement().seq);
    for distance in 1..=BEYOND {
        let Some(request) = any(seen, "request", choose) else { return };
        let batch = Batch::new([request.clone()].into());
        let message = Message::Vow(proposal(puppets, at, message.view(), last.plus(distance), batch));
        out.extend([Effect::Send { to: Target::Others, message }]);
    }
}

/// A puppet suspects the primary now and then, so that there are views to begin.
pub(super) fn provoke(
    puppets: &mut Puppets<Replica>,
    at: ReplicaId,
    choose: &mut dyn Chooser,
    out: &mut Outbox<Replica>,
) {
    if once_in(40, "provoke", choose) {
        let view = puppets.core(at).view();
        let vote = sign(puppets, at, Suspect { view });
        out.hint(Target::Others, Hint::Suspect(vote));
    }
}

/// What replicas reported when they left views: one report of each, or several of those that tell several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reports {
    by_view: BTreeMap<View, BTreeSet<Signed<ViewChange>>>,
}

impl Reports {
    /// Notes one.
    pub(super) fn note(&mut self, departure: &Departure) {
        self.by_view.entry(departure.view()).or_default().insert(departure.vote().clone());
        if self.by_view.len() > VIEWS_MAX {
            self.by_view.pop_first();
        }
    }

    /// Notes what an input brings.
    pub(super) fn hear(&mut self, input: &Input<Replica>) {
        if let Input::Deliver { message: Message::Vow(Vow::ViewChange(departure)), .. } = input {
            self.note(departure);
        }
    }

    /// A NEW-VIEW of a puppet that is the primary, from a strong quorum that begins with those who come first in
    /// `order`. None if there is no such quorum.
    pub(super) fn new_view(
        &self,
        puppets: &Puppets<Replica>,
        at: ReplicaId,
        view: View,
        order: impl Fn(&Signed<ViewChange>) -> usize,
    ) -> Option<Signed<NewView>> {
        let mut reports: Vec<&Signed<ViewChange>> = self.by_view.get(&view)?.iter().collect();
        reports.sort_by_key(|report| order(report));
        let mut chosen = BTreeMap::new();
        for report in reports {
            if chosen.len() < puppets.membership().strong() {
                chosen.entry(report.signer()).or_insert_with(|| report.clone());
            }
        }
        let chosen: Vec<Signed<ViewChange>> = chosen.into_values().collect();
        let proposals =
            NewView::wanted(view, &chosen)?.into_iter().map(|proposal| sign(puppets, at, proposal)).collect();
        let message = NewView::new(view, chosen, proposals, puppets.membership()).ok()?;
        Some(sign(puppets, at, message))
    }
}

/// Puppets that vote, in both phases, for whatever they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Chorus {
    sung: BTreeSet<(View, Seq, Digest, ReplicaId, ReplicaId)>,
}

impl Chorus {
    /// A puppet votes for what a message is about, to one replica, unless it did.
    pub(super) fn back(
        &mut self,
        puppets: &Puppets<Replica>,
        (at, to): (ReplicaId, ReplicaId),
        about: Prepare,
        out: &mut Outbox<Replica>,
    ) {
        let Prepare { view, seq, digest } = about;
        if !self.sung.insert((view, seq, digest, at, to)) {
            return;
        }
        if self.sung.len() > SUNG_MAX {
            self.sung.pop_first();
        }
        // The primary's prepare is its proposal, and binds without the batch only where that is known.
        if puppets.membership().primary(view) == at {
            hint(to, Hint::Proposal(sign(puppets, at, about)), out);
        } else {
            tell(to, Vow::Prepare(sign(puppets, at, about)), out);
        }
        tell(to, Vow::Commit(sign(puppets, at, Commit { view, seq, digest })), out);
    }

    /// A puppet votes, to all victims, for what an accomplice proposes, in a NEW-VIEW or otherwise.
    pub(super) fn hear(
        &mut self,
        puppets: &Puppets<Replica>,
        at: ReplicaId,
        input: &Input<Replica>,
        out: &mut Outbox<Replica>,
    ) {
        let Input::Deliver { from, message: Message::Vow(vow) } = input else { return };
        if !puppets.contains(*from) {
            return;
        }
        if let Some(about) = subject(vow) {
            puppets.honest().for_each(|to| self.back(puppets, (at, to), about, out));
        }
        if let Vow::NewView(message) = vow {
            puppets.honest().for_each(|to| self.back_all(puppets, (at, to), message.statement(), out));
        }
    }

    /// A puppet votes to one replica for all that a NEW-VIEW proposes.
    pub(super) fn back_all(
        &mut self,
        puppets: &Puppets<Replica>,
        (at, to): (ReplicaId, ReplicaId),
        message: &NewView,
        out: &mut Outbox<Replica>,
    ) {
        for proposal in message.proposals() {
            self.back(puppets, (at, to), *proposal.statement(), out);
        }
    }
}

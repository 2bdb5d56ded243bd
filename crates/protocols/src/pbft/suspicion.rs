//! Suspecting the primary of a view, and when the view is left because of it.
//!
//! A replica whose timer fires does not leave its view by itself. What it reports when it leaves binds it: it votes on
//! nothing below the view it asks for. Alone there, it would be one of f that are missing, until something else makes
//! the others follow. So it says that it suspects the primary, which binds nobody, and goes on voting. The suspicions
//! of f+1 replicas prove that a correct one has waited too long. With that proof a replica leaves, and shows it with
//! its view-change message, so that every correct replica that hears of it leaves, too: nobody is ever alone, and f
//! liars cannot make anybody leave. Deviation from [PBFT-OSDI99 §4.4]; the reasons are in decision 0007.
//!
//! Who still suspects says so again with every report of its progress. What is not said again is forgotten after a
//! while, so that moments of slowness that lie hours apart do not add up.

use super::departure::Departure;
use super::message::Hint;
use super::replica::{Mode, Out, Replica, Wait, sign};
use super::rule::Rule;
use super::statement::Suspect;
use super::story::{Cause, Reason};
use alloc::collections::BTreeMap;
use synod_kernel::certificate::Weak;
use synod_kernel::{Certificate, ReplicaId, Signed, Tally, Target};

/// Status intervals for which a suspicion that is not repeated counts.
const REMEMBERED: u32 = 8;

/// Who suspects the primary of the view this replica is in: at most n.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Suspicions {
    latest: BTreeMap<ReplicaId, Suspicion>,
}

#[derive(Clone, Debug, Hash)]
struct Suspicion {
    vote: Signed<Suspect>,
    /// Status intervals since it was heard last.
    age: u32,
}

impl Suspicions {
    /// Notes one. True if its author had not been heard for a while.
    fn note(&mut self, vote: Signed<Suspect>) -> bool {
        self.latest.insert(vote.signer(), Suspicion { vote, age: 0 }).is_none()
    }

    /// Another status interval has passed.
    fn grow_old(&mut self) {
        self.latest.retain(|_, suspicion| {
            suspicion.age += 1;
            suspicion.age <= REMEMBERED
        });
    }

    fn count(&self) -> usize {
        self.latest.len()
    }

    /// Those of all, as votes on the one question that they answer alike.
    fn tally(&self) -> Tally<Suspect, Weak> {
        let mut tally = Tally::default();
        for Suspicion { vote, .. } in self.latest.values() {
            tally.cast(vote.clone()).expect("suspicions contradict nothing");
        }
        tally
    }

    /// The view was left, or entered: nobody suspects its primary yet.
    pub(super) fn clear(&mut self) {
        self.latest.clear();
    }
}

impl Replica {
    /// The primary of this view does not do its duty, as far as this replica can tell.
    pub(super) fn suspect(&mut self, reason: &Reason, out: &mut Out) {
        out.applied(Rule::Suspect);
        self.tell_suspicion(reason, out);
        self.say_suspicion(out);
    }

    fn say_suspicion(&mut self, out: &mut Out) {
        let vote = sign(Suspect { view: self.view }, &self.config);
        self.suspicions.note(vote.clone());
        out.hint(Target::Others, Hint::Suspect(vote));
        self.leave_if_proved(out);
    }

    /// Another replica suspects the primary of a view.
    pub(super) fn on_suspect(&mut self, vote: Signed<Suspect>, out: &mut Out) {
        if vote.statement().view != self.view {
            return out.applied(Rule::IgnoreOtherView);
        }
        let from = vote.signer();
        if self.suspicions.note(vote) {
            self.tell_suspected(from, self.suspicions.count(), out);
        }
        self.leave_if_proved(out);
    }

    /// f+1 suspect the primary, so a correct replica does: leave.
    fn leave_if_proved(&mut self, out: &mut Out) {
        let proof = self.suspicions.tally().certificate(&Suspect { view: self.view }, self.config.membership());
        if let Some(proof) = proof {
            self.leave_view(proof, Cause::Suspected, out);
        }
    }

    /// Another replica left, and showed why.
    pub(super) fn join(&mut self, from: ReplicaId, proof: Certificate<Suspect, Weak>, out: &mut Out) {
        self.leave_view(proof, Cause::Shown(from), out);
    }

    /// A status interval has passed: says again what still holds.
    pub(super) fn repeat_suspicion(&mut self, out: &mut Out) {
        self.suspicions.grow_old();
        let holds = match self.mode {
            Mode::Normal => self.requests.is_overdue(),
            Mode::ViewChange { wait } => wait == Wait::Over,
        };
        if holds {
            self.say_suspicion(out);
        }
    }

    /// Our own departure for the view that this replica wants to be in.
    pub(super) fn own_departure(&self) -> Option<&Departure> {
        self.departures.get(&self.config.id())
    }
}

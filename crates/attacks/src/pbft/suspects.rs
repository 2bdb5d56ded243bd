//! Suspects every primary in every view, all the time, and views that are far away.
//!
//! With f: to leave a view takes f+1. With f+1: the suspicions of the liars alone prove that any view may be left, so
//! everybody is sent from one to another that is far away, before anything is decided. (decision 0007)

use super::forge::{hint, sign, tell};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::once_in;
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::certificate::Weak;
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Outbox, ReplicaId, Tally, View};
use synod_protocols::pbft::{Departure, Hint, Replica, Suspect, ViewChange, Vow};

pub(super) const STORY: Story = Story {
    name: "suspect-always",
    tells: "The liars suspect every primary in every view, without end, and say the same of views to come.",
    withstood: "A view is left when f+1 suspect its primary, one of whom is correct and has waited too long.",
    breaks: &["Liveness"],
    sources: &["PBFT-OSDI99 §4.5.2"],
    rows: &["V-01", "V-02", "V-18", "V-27"],
    protocols: HERE,
};

/// Always suspects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SuspectAlways;

/// Leaves a view far away because all puppets suspect its primary, if they are so many that this proves something.
fn jump(puppets: &Puppets<Replica>, at: ReplicaId, view: View) -> Option<Departure> {
    let statement = Suspect { view };
    let mut tally = Tally::<Suspect, Weak>::default();
    puppets.ids().try_for_each(|id| tally.cast(sign(puppets, id, statement)).ok())?;
    let proof = tally.certificate(&statement, puppets.membership())?;
    let report = ViewChange::new(view.plus(1), None, Vec::new(), puppets.membership()).ok()?;
    Departure::new(sign(puppets, at, report), proof).ok()
}

impl Adversary<Replica> for SuspectAlways {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        puppets.behave(at, input, out);
        if !once_in(3, "suspect", choose) {
            return;
        }
        let current = puppets.core(at).view();
        let view = match choose.choose("which view", 8) {
            0 => current.plus(1),
            // Far away, and each time the same, so that liars agree on it. Never so far that nothing comes after.
            1 => View::new(1 << 40),
            _ => current,
        };
        if let Some(departure) = jump(puppets, at, current.plus(1 << choose.choose("how far", 16))) {
            puppets.honest().for_each(|to| tell(to, Vow::ViewChange(departure.clone()), out));
        }
        let vote = sign(puppets, at, Suspect { view });
        for to in puppets.honest().collect::<Vec<_>>() {
            hint(to, Hint::Suspect(vote.clone()), out);
        }
    }
}

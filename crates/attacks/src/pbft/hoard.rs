//! Keeps what honest replicas suspected, and uses it when they have long changed their minds.
//!
//! One honest suspicion and those of f liars prove that a view may be left. Kept, they do so at any later moment of
//! that view, when everything goes well, and with a report that says nothing of what prepared. With f: one view change
//! each time, and nothing is lost. With f+1: no honest suspicion is needed. (decision 0007)

use super::forge::{sign, tell};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{once_in, victim};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::certificate::Weak;
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Message, Outbox, ReplicaId, Signed, Tally, View};
use synod_protocols::pbft::{Departure, Hint, Replica, Suspect, ViewChange, Vow};

pub(super) const STORY: Story = Story {
    name: "hoard-suspicions",
    tells: "The liars keep the suspicions of others, and leave a view with them at a moment when all goes well, with \
            an empty report.",
    withstood: "It costs a view change for each view in which somebody had a reason to suspect, and nothing else.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.5.2"],
    rows: &["V-01", "V-06", "V-09", "V-18"],
    protocols: HERE,
};

/// Views whose suspicions are kept, at most.
const VIEWS_MAX: usize = 16;

/// Keeps suspicions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct HoardSuspicions {
    kept: BTreeMap<View, BTreeMap<ReplicaId, Signed<Suspect>>>,
}

impl HoardSuspicions {
    /// Leaves a view, if what is kept and what the puppets say proves that it may be left.
    fn departure(&self, puppets: &Puppets<Replica>, at: ReplicaId, view: View) -> Option<Departure> {
        let statement = Suspect { view };
        let mut tally = Tally::<Suspect, Weak>::default();
        let ours = puppets.ids().map(|id| sign(puppets, id, statement));
        for vote in self.kept.get(&view)?.values().cloned().chain(ours) {
            tally.cast(vote).ok()?;
        }
        let proof = tally.certificate(&statement, puppets.membership())?;
        let report = ViewChange::new(view.plus(1), None, Vec::new(), puppets.membership()).ok()?;
        Departure::new(sign(puppets, at, report), proof).ok()
    }
}

impl Adversary<Replica> for HoardSuspicions {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        if let Input::Deliver { message: Message::Hint(Hint::Suspect(vote)), .. } = &input {
            self.kept.entry(vote.statement().view).or_default().insert(vote.signer(), vote.clone());
            if self.kept.len() > VIEWS_MAX {
                self.kept.pop_first();
            }
        }
        puppets.behave(at, input, out);
        if !once_in(20, "use it", choose) {
            return;
        }
        let current = puppets.core(at).view();
        // What is used up in this view is of no use in the next.
        self.kept.retain(|view, _| *view >= current);
        if let (Some(to), Some(departure)) = (victim(puppets, choose), self.departure(puppets, at, current)) {
            tell(to, Vow::ViewChange(departure), out);
        }
    }
}

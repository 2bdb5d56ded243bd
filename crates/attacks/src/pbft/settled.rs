//! A new primary that proposes again where the view's own proof says that everything is settled.
//!
//! Up to min-s a strong quorum has decided, and O says nothing. To replicas whose checkpoint lags behind, these places
//! look open. Here the primary of a new view proposes something else there, its accomplices vote for it, and go on
//! until the view ends. With f: nobody votes up to min-s in a view, however far its own window reaches. With f+1: the
//! votes of the puppets alone are not enough for what no correct replica prepares. [PBFT-OSDI99 §4.4]

use super::forge::{Chorus, overhear, proposal, tell};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{any, once_in, wishes};
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Batch, Effect, Input, Message, Outbox, ReplicaId, Request, Seq, View};
use synod_protocols::pbft::{NewView, Prepare, Replica, Vow};

pub(super) const STORY: Story = Story {
    name: "rewrite-settled",
    tells: "The primary of a new view proposes other batches at places up to min-s, which lagging replicas have not \
            come to, and its accomplices vote for them.",
    withstood: "Nobody votes in a view at places that were settled when it began.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.4"],
    rows: &["L-05", "V-10", "V-12"],
    protocols: HERE,
};

/// Places below min-s that are tried, at most: more than any window of a test.
const DEPTH: u64 = 32;
/// Views whose lies are remembered, at most.
const VIEWS_MAX: usize = 4;

/// Proposes where nothing is to be proposed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RewriteSettled {
    seen: Vec<Request>,
    /// What is proposed below min-s in each view.
    lies: BTreeMap<View, BTreeMap<Seq, Batch>>,
    chorus: Chorus,
}

impl RewriteSettled {
    fn plan(&mut self, message: &NewView, choose: &mut dyn Chooser) {
        let settled = message.view_changes().iter().map(|report| report.statement().stable_seq()).max();
        let settled = settled.unwrap_or_default();
        let mut lies = BTreeMap::new();
        let mut seq = settled.minus(DEPTH).plus(1);
        while seq <= settled {
            if let Some(request) = any(&self.seen, "request", choose) {
                lies.insert(seq, Batch::new(vec![request.clone()]));
            }
            seq = seq.plus(1);
        }
        self.lies.insert(message.view(), lies);
        if self.lies.len() > VIEWS_MAX {
            self.lies.pop_first();
        }
    }
}

impl Adversary<Replica> for RewriteSettled {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        overhear(&mut self.seen, &input, choose);
        for effect in wishes(puppets, at, input) {
            if let Effect::Send { message: Message::Vow(Vow::NewView(message)), .. } = &effect
                && !self.lies.contains_key(&message.statement().view())
            {
                self.plan(message.statement(), choose);
            }
            out.extend([effect]);
        }
        if !once_in(4, "lie now", choose) {
            return;
        }
        for (&view, lies) in &self.lies {
            for (&seq, batch) in lies {
                for to in puppets.honest() {
                    if puppets.membership().primary(view) == at {
                        tell(to, proposal(puppets, at, view, seq, batch.clone()), out);
                    }
                    self.chorus.back(puppets, (at, to), Prepare { view, seq, digest: batch.digest() }, out);
                }
            }
        }
    }
}

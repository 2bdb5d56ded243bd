//! Lies in everything that binds nobody: how far it is, what it has, whether there is more.
//!
//! With f or more: whatever is decided is proved, so wrong hints cost a question more or a moment. [PBFT-TOCS02]

use super::forge::{hint, overhear};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{any, once_in, receivers, wishes};
use alloc::vec;
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Batch, Effect, Input, Message, Outbox, ReplicaId, Request, Seq, View};
use synod_protocols::pbft::{Hint, Progress, Replica};

pub(super) const STORY: Story = Story {
    name: "false-hints",
    tells: "The liars report progress they have not made or deny what they have, ask for help without end, promise \
            more where there is none, and answer questions for a batch with another one.",
    withstood: "Nothing is believed for being said; a wrong hint costs a question more.",
    breaks: &[],
    sources: &["PBFT-TOCS02"],
    rows: &["B-25", "K-08", "K-18", "D-16", "V-24"],
    protocols: HERE,
};

/// Lies in hints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FalseHints {
    seen: Vec<Request>,
}

fn seq(truth: Seq, choose: &mut dyn Chooser) -> Seq {
    match choose.choose("seq", 6) {
        0 => Seq::new(0),
        1 => Seq::new(u64::MAX),
        2 => truth.plus(1 << choose.choose("ahead", 20)),
        3 => truth.minus(1 << choose.choose("behind", 6)),
        _ => truth,
    }
}

fn progress(truth: Progress, choose: &mut dyn Chooser) -> Progress {
    let view = match choose.choose("view", 5) {
        0 => View::new(u64::MAX),
        1 => truth.view.plus(1),
        2 => truth.view.minus(1),
        _ => truth.view,
    };
    Progress {
        view,
        active: once_in(2, "active", choose),
        stable: seq(truth.stable, choose),
        ordered: seq(truth.ordered, choose),
        stuck: !once_in(4, "stuck", choose),
    }
}

impl FalseHints {
    fn falsify(&self, truth: Hint, choose: &mut dyn Chooser) -> Option<Hint> {
        Some(match truth {
            Hint::Progress(truth) => Hint::Progress(progress(truth, choose)),
            Hint::Body(_) | Hint::Chunk { .. } if once_in(2, "no answer", choose) => return None,
            Hint::Body(truth) => {
                let other = any(&self.seen, "body", choose).map(|request| Batch::new(vec![request.clone()]));
                Hint::Body(other.unwrap_or(truth))
            }
            Hint::Decided { certificate, batch, .. } => Hint::Decided { certificate, batch, more: true },
            Hint::FetchChunk { seq: truth, range } => Hint::FetchChunk { seq: seq(truth, choose), range },
            Hint::Chunk { seq, range, .. } => Hint::Chunk { seq, range, chunk: None },
            Hint::Proposal(_) | Hint::Fetch(_) | Hint::Stable(_) | Hint::NewView(_) | Hint::Suspect(_) => truth,
        })
    }
}

impl Adversary<Replica> for FalseHints {
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
            let Effect::Send { to, message: Message::Hint(truth) } = effect else {
                out.extend([effect]);
                continue;
            };
            for to in receivers(puppets, at, to) {
                if let Some(told) = self.falsify(truth.clone(), choose) {
                    hint(to, told, out);
                }
            }
        }
    }
}

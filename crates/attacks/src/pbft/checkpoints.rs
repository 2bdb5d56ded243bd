//! Announces states that are not, at places that are or are far ahead.
//!
//! All puppets announce the same wrong state, or each something else to everybody. With f: a strong quorum holds f+1
//! correct replicas, and they have the right one. With f+1: those who are right are too few, no checkpoint gets stable
//! any more, and when the window is full everything stands still. [PBFT-OSDI99 §4.3]

use super::forge::{sign, tell};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{once_in, receivers, wishes};
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Digest, Effect, Input, Message, Outbox, ReplicaId, Seq};
use synod_protocols::pbft::{Checkpoint, Replica, Vow};

pub(super) const STORY: Story = Story {
    name: "false-checkpoints",
    tells: "The liars announce wrong states, the same or to everybody another one, and states far ahead.",
    withstood: "A checkpoint gets stable when a strong quorum has the same state, and liars are f of it at most.",
    breaks: &["Liveness"],
    sources: &["PBFT-OSDI99 §4.3"],
    rows: &["K-01", "K-02", "K-03", "K-17"],
    protocols: HERE,
};

/// Announces what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FalseCheckpoints;

fn wrong(seq: Seq, choose: &mut dyn Chooser) -> Digest {
    let variant = choose.choose("which lie", 4);
    let content = if variant == 0 { choose.choose("lie", 256) } else { 0 };
    Digest::of("synod false checkpoint", &[&seq.get().to_le_bytes()[..], &content.to_le_bytes()].concat())
}

impl Adversary<Replica> for FalseCheckpoints {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        // Its core does not learn what others have, so that it never proves a checkpoint with the truth it would say.
        if matches!(&input, Input::Deliver { message: Message::Vow(Vow::Checkpoint(_)), .. }) {
            return;
        }
        for effect in wishes(puppets, at, input) {
            let Effect::Send { to, message: Message::Vow(Vow::Checkpoint(vote)) } = effect else {
                out.extend([effect]);
                continue;
            };
            let Checkpoint { seq, .. } = *vote.statement();
            for to in receivers(puppets, at, to) {
                let lie = Checkpoint { seq, state: wrong(seq, choose) };
                tell(to, Vow::Checkpoint(sign(puppets, at, lie)), out);
                if once_in(2, "far ahead", choose) {
                    let seq = Seq::new(seq.get().saturating_mul(2 + choose.choose("how far", 1000) as u64));
                    let lie = Checkpoint { seq, state: wrong(seq, choose) };
                    tell(to, Vow::Checkpoint(sign(puppets, at, lie)), out);
                }
            }
        }
    }
}

//! A primary that keeps the batch itself from f replicas, place by place.
//!
//! They see everybody vote for what they do not have. With f: they ask those who proved to have it. With f+1: the same,
//! as long as one correct replica has it.

use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{receivers, say, wishes};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Message, Outbox, ReplicaId};
use synod_protocols::pbft::{Hint, Replica, Vow};

pub(super) const STORY: Story = Story {
    name: "withhold-proposals",
    tells: "A primary shows each proposal to a bare quorum only, and gives its batch to nobody who asks.",
    withstood: "The others fetch the batch from those whose votes prove that they have it.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.2"],
    rows: &["L-02", "L-13", "V-24"],
    protocols: HERE,
};

/// Withholds batches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WithholdProposals;

impl Adversary<Replica> for WithholdProposals {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Send { to, message: message @ Message::Vow(Vow::PrePrepare(_)) } => {
                    let mut heard: Vec<ReplicaId> = receivers(puppets, at, to);
                    for _ in 0..usize::from(puppets.membership().tolerated()).min(heard.len()) {
                        let dark = choose.choose("in the dark", heard.len());
                        heard.swap_remove(dark);
                    }
                    heard.into_iter().for_each(|to| say(to, message.clone(), out));
                }
                Effect::Send { message: Message::Hint(Hint::Body(_) | Hint::Decided { .. }), .. } => {}
                effect => out.extend([effect]),
            }
        }
    }
}

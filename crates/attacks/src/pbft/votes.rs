//! Votes for everything: at once, in both phases, in every view, for every digest anybody names.
//!
//! It says COMMIT for what never prepared, and for two batches where there are two. With f: a strong quorum holds f+1
//! correct replicas, and those vote once. With f+1 the votes alone are too many wherever correct replicas are shown two
//! things; this attack shows them nothing, so it breaks nothing by itself. [PBFT-OSDI99 §4.2]

use super::forge::{Chorus, subject};
use super::gallery::HERE;
use crate::story::Story;
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Message, Outbox, ReplicaId};
use synod_protocols::pbft::Replica;

pub(super) const STORY: Story = Story {
    name: "votes-for-all",
    tells: "The liars vote for every batch that anybody names, in both phases at once, also in views they have left.",
    withstood: "Nothing is decided without f+1 correct replicas, who vote once for what they hold.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.2"],
    rows: &["B-02", "B-03", "V-17", "L-18"],
    protocols: HERE,
};

/// Votes for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct VotesForAll {
    chorus: Chorus,
}

impl Adversary<Replica> for VotesForAll {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        _: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        if let Input::Deliver { message: Message::Vow(vow), .. } = &input
            && let Some(about) = subject(vow)
        {
            for to in puppets.honest().collect::<Vec<_>>() {
                self.chorus.back(puppets, (at, to), about, out);
            }
        }
        puppets.behave(at, input, out);
    }
}

//! Behaves until some moment, and is silent from then on.
//!
//! With f: as with one that was never there, though others counted on it. With f+1: nothing is ordered any more.

use crate::story::{Protocols, Story};
use alloc::collections::BTreeMap;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Outbox, Process, ReplicaId};

pub(crate) const STORY: Story = Story {
    name: "mute-after",
    tells: "Each liar behaves until a moment that is its own, and is silent from then on.",
    withstood: "What it took part in stays decided, and everything goes on without it.",
    breaks: &["Liveness"],
    sources: &["PBFT-OSDI99 §4.4"],
    rows: &["L-07", "V-15", "B-19"],
    protocols: Protocols::Every,
};

/// Inputs before a puppet falls silent, at most.
const INPUTS_MAX: usize = 600;

/// Falls silent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MuteAfter {
    left: BTreeMap<ReplicaId, usize>,
}

impl<P: Process> Adversary<P> for MuteAfter {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        let left = self.left.entry(at).or_insert_with(|| choose.choose("inputs before silence", INPUTS_MAX));
        if let Some(fewer) = left.checked_sub(1) {
            *left = fewer;
            puppets.behave(at, input, out);
        }
    }
}

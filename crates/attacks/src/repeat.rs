//! Says everything several times.
//!
//! With f or more: the same as saying it once, since a vote counts once for its author.

use crate::story::{Protocols, Story};
use crate::strings::wishes;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Outbox, Process, ReplicaId};

pub(crate) const STORY: Story = Story {
    name: "repeat",
    tells: "The liars say everything up to five times, to replicas and to clients.",
    withstood: "Whatever is said again counts once, and costs its sender a share that it has anyway.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.2", "AARDVARK-09"],
    rows: &["B-20", "D-16", "C-14"],
    protocols: Protocols::Every,
};

/// How often something is said, at most.
const TIMES_MAX: usize = 5;

/// Repeats itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Repeat;

impl<P: Process> Adversary<P> for Repeat {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        for effect in wishes(puppets, at, input) {
            let is_said = matches!(effect, Effect::Send { .. } | Effect::Forward { .. } | Effect::Reply { .. });
            let times = if is_said { 1 + choose.choose("times", TIMES_MAX) } else { 1 };
            out.extend(core::iter::repeat_n(effect, times));
        }
    }
}

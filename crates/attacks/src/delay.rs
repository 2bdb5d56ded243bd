//! Holds back what its puppets say, and lets it go later and in another order.
//!
//! With f or more: an asynchronous network may do the same, so nothing is lost but time.

use crate::story::{Protocols, Story};
use crate::strings::{once_in, wishes};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Outbox, Process, ReplicaId};

pub(crate) const STORY: Story = Story {
    name: "delay",
    tells: "The liars hold back what they have to say, and let it go at some later moment, in another order.",
    withstood: "A primary that is too late is replaced; what arrives late is ignored or as good as new.",
    breaks: &[],
    sources: &["AARDVARK-09"],
    rows: &["L-08", "B-17"],
    protocols: Protocols::Every,
};

/// What is held back, at most.
const HELD_MAX: usize = 1024;

/// Says everything later.
#[derive(Clone, Debug, Hash)]
pub struct Delay<P: Process> {
    held: Vec<(ReplicaId, Effect<P>)>,
}

impl<P: Process> Default for Delay<P> {
    fn default() -> Self {
        Self { held: Vec::new() }
    }
}

impl<P: Process> Adversary<P> for Delay<P> {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Send { .. } | Effect::Forward { .. } | Effect::Reply { .. }
                    if self.held.len() < HELD_MAX && !once_in(4, "at once", choose) =>
                {
                    self.held.push((at, effect));
                }
                effect => out.extend([effect]),
            }
        }
        // From the back, so that what is taken out does not move what is still to be looked at.
        for place in (0..self.held.len()).rev() {
            if self.held[place].0 == at && once_in(32, "let go", choose) {
                let (_, effect) = self.held.swap_remove(place);
                out.extend([effect]);
            }
        }
    }
}

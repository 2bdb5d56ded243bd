//! Stands still, and then goes on as if no time had passed.
//!
//! A puppet takes nothing in for a while, and then all of it at once, so that it acts on what it believed long ago.
//! With f or more: nothing but time is lost, because what it says is about views and places that it names.

use crate::story::{Protocols, Story};
use crate::strings::once_in;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Outbox, Process, ReplicaId};

pub(crate) const STORY: Story = Story {
    name: "pause",
    tells: "A liar stands still for a while, then takes in all that has arrived and goes on where it was.",
    withstood: "What it says belongs to views and places that the others have left, and is ignored there.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.4"],
    rows: &["L-23", "K-19"],
    protocols: Protocols::Every,
};

/// Inputs for which a puppet stands still, at most.
const ASLEEP_MAX: usize = 400;

/// Stands still now and then.
#[derive(Clone, Debug, Hash)]
pub struct Pause<P: Process> {
    asleep: BTreeMap<ReplicaId, Sleep<P>>,
}

#[derive(Clone, Debug, Hash)]
struct Sleep<P: Process> {
    left: usize,
    /// What arrived meanwhile: at most [`ASLEEP_MAX`].
    arrived: Vec<Input<P>>,
}

impl<P: Process> Default for Pause<P> {
    fn default() -> Self {
        Self { asleep: BTreeMap::new() }
    }
}

impl<P: Process> Adversary<P> for Pause<P> {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        if let Some(sleep) = self.asleep.get_mut(&at) {
            sleep.arrived.push(input);
            sleep.left -= 1;
            if sleep.left == 0 {
                let arrived = self.asleep.remove(&at).map(|sleep| sleep.arrived).unwrap_or_default();
                arrived.into_iter().for_each(|input| puppets.behave(at, input, out));
            }
            return;
        }
        puppets.behave(at, input, out);
        if once_in(200, "falls asleep", choose) {
            let left = 1 + choose.choose("for how long", ASLEEP_MAX);
            self.asleep.insert(at, Sleep { left, arrived: Vec::new() });
        }
    }
}

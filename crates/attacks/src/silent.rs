//! Says nothing, to anybody, ever.
//!
//! With f: harmless; a silent primary is replaced. With f+1: nothing is ordered any more, and nothing that was is
//! lost. (A process that stopped, and the "stop processing" of every list of Byzantine behaviours.)

use crate::story::{Protocols, Story};
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Outbox, Process, ReplicaId};

pub(crate) const STORY: Story = Story {
    name: "silent",
    tells: "The liars receive everything and say nothing, to anybody, ever.",
    withstood: "A silent primary is replaced, and everything goes on without the liars.",
    breaks: &["Liveness"],
    sources: &["PBFT-OSDI99 §4.4"],
    rows: &["L-07", "B-19"],
    protocols: Protocols::Every,
};

/// Receives everything and answers nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Silent;

impl<P: Process> Adversary<P> for Silent {
    fn step(&mut self, _: &mut Puppets<P>, _: ReplicaId, _: Input<P>, _: &mut dyn Chooser, _: &mut Outbox<P>) {}
}

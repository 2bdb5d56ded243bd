//! Says nothing, to anybody, ever.
//!
//! With f: harmless; a silent primary is replaced. With f+1: nothing is ordered any more, and nothing that was is
//! lost. (A process that stopped, and the "stop processing" of every list of Byzantine behaviours.)

use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Outbox, Process, ReplicaId};

/// Receives everything and answers nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Silent;

impl<P: Process> Adversary<P> for Silent {
    fn step(&mut self, _: &mut Puppets<P>, _: ReplicaId, _: Input<P>, _: &mut dyn Chooser, _: &mut Outbox<P>) {}
}

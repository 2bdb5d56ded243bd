//! An adversary whose kind is chosen while the program runs.

use alloc::boxed::Box;
use core::fmt;
use core::hash::{Hash, Hasher};
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Outbox, Process, ReplicaId};

/// Any adversary, as one type: what a driver that offers many of them is made for.
pub struct Attacker<P>(Box<dyn Mind<P>>);

impl<P: Process> Attacker<P> {
    /// This one.
    pub fn new(adversary: impl Adversary<P>) -> Self {
        Self(Box::new(adversary))
    }
}

/// What an adversary can do, without what makes its type known.
trait Mind<P: Process>: Send {
    fn think(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    );
    fn copy(&self) -> Box<dyn Mind<P>>;
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn feed(&self, hasher: &mut dyn Hasher);
}

impl<P: Process, A: Adversary<P>> Mind<P> for A {
    fn think(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        self.step(puppets, at, input, choose, out);
    }

    fn copy(&self) -> Box<dyn Mind<P>> {
        Box::new(self.clone())
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn feed(&self, mut hasher: &mut dyn Hasher) {
        self.hash(&mut hasher);
    }
}

impl<P: Process> Adversary<P> for Attacker<P> {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        self.0.think(puppets, at, input, choose, out);
    }
}

impl<P: Process> Clone for Attacker<P> {
    fn clone(&self) -> Self {
        // Not the box's own copy, which would be a box in a box.
        Self((*self.0).copy())
    }
}

impl<P: Process> fmt::Debug for Attacker<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

impl<P: Process> Hash for Attacker<P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.feed(state);
    }
}

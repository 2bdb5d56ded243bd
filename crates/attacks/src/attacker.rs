//! An adversary whose kind is chosen while the program runs.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use synod_kernel::adversary::{Adversary, Parting, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Message, Outbox, Process, ReplicaId};

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
    fn put(&mut self, puppets: &Puppets<P>, at: ReplicaId, message: &Message<P>, choose: &mut dyn Chooser) -> Vec<u8>;
    fn hear_of(&mut self, puppets: &Puppets<P>, parting: &Parting, choose: &mut dyn Chooser)
    -> Vec<(ReplicaId, usize)>;
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

    fn put(&mut self, puppets: &Puppets<P>, at: ReplicaId, message: &Message<P>, choose: &mut dyn Chooser) -> Vec<u8> {
        self.write(puppets, at, message, choose)
    }

    fn hear_of(
        &mut self,
        puppets: &Puppets<P>,
        parting: &Parting,
        choose: &mut dyn Chooser,
    ) -> Vec<(ReplicaId, usize)> {
        self.parted(puppets, parting, choose)
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

    fn write(
        &mut self,
        puppets: &Puppets<P>,
        at: ReplicaId,
        message: &Message<P>,
        choose: &mut dyn Chooser,
    ) -> Vec<u8> {
        self.0.put(puppets, at, message, choose)
    }

    fn parted(&mut self, puppets: &Puppets<P>, parting: &Parting, choose: &mut dyn Chooser) -> Vec<(ReplicaId, usize)> {
        self.0.hear_of(puppets, parting, choose)
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

//! What is explored, and how far.

use std::collections::BTreeSet;
use synod_kernel::process::{Message, Process, Status};
use synod_kernel::{Membership, ReplicaId, Request};

/// A small world: who is in it, what can happen, and where it ends.
///
/// The defaults leave everything in. What a plan leaves out (a kind of message that never arrives, a timer that never
/// fires) makes the world smaller and the claim weaker, so a plan says why it may.
pub trait Plan {
    /// The protocol.
    type Process: Process;

    /// Everybody.
    fn membership(&self) -> Membership;

    /// Who lies.
    fn corrupt(&self) -> BTreeSet<ReplicaId>;

    /// An honest replica that has not started.
    fn process(&self, id: ReplicaId) -> Self::Process;

    /// Makes replicas that need not be told apart equal, after every step. Whatever one of them does next, the other
    /// one has to be able to do as well, at once or after other steps.
    fn settle(&self, _process: &mut Self::Process) {}

    /// What clients ask, at any time, of any replica.
    fn requests(&self) -> Vec<Request>;

    /// Whether a message ever arrives.
    fn carries(&self, _message: &Message<Self::Process>) -> bool {
        true
    }

    /// Whether a timer ever fires.
    fn may_fire(&self, _timer: <Self::Process as Process>::Timer) -> bool {
        true
    }

    /// Whether a replica may get there: the edge of the world.
    fn is_within(&self, status: &Status) -> bool;

    /// What is to be called how when a path is told: for what is long and means nothing, such as digests.
    fn names(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Everything that corrupted replicas can say to somebody who has heard all that honest replicas have said, to the
    /// judges: who says it, and what. The attacker is free: each may be heard by any replica, at any time.
    fn lies(
        &self,
        heard: &mut dyn Iterator<Item = (ReplicaId, &Message<Self::Process>)>,
        say: &mut dyn FnMut(ReplicaId, Message<Self::Process>),
    );
}

/// How much may be explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Distinct states, at most. With all that belongs to it, one takes about 300 bytes.
    pub states: usize,
    /// Crashes on one path, at most.
    pub crashes: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { states: 10_000_000, crashes: 0 }
    }
}

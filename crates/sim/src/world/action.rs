//! What can happen next, and when.
//!
//! An action is a value, and the pending ones can be looked at: a scheduler that follows virtual time takes the
//! earliest, and another may take any.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;
use synod_kernel::process::{Message, Process};
use synod_kernel::{Address, ReplicaId, Reply, Request};
use synod_state::client::ClientTimer;

/// Something that can happen in a world. Those that name a `life` of a replica are void once it crashed.
#[derive(Clone, Debug)]
pub enum Action<P: Process> {
    /// A message arrives.
    Deliver {
        /// Whose.
        from: ReplicaId,
        /// Where.
        to: ReplicaId,
        /// What.
        message: Arc<Message<P>>,
    },
    /// A request arrives at a replica.
    Request {
        /// Who hands it over.
        from: Address,
        /// Where.
        to: ReplicaId,
        /// What.
        request: Request,
    },
    /// A reply arrives at a client.
    Reply {
        /// Whose.
        from: ReplicaId,
        /// The number of the client.
        to: usize,
        /// What.
        reply: Reply,
    },
    /// A timer fires.
    Fire {
        /// Where.
        at: ReplicaId,
        /// In which life.
        life: u64,
        /// Which.
        timer: P::Timer,
        /// Which arming of it.
        ticket: u64,
    },
    /// The log is synced.
    Sync {
        /// Where.
        at: ReplicaId,
        /// In which life.
        life: u64,
    },
    /// The service performs its next task.
    Work {
        /// Where.
        at: ReplicaId,
        /// In which life.
        life: u64,
    },
    /// A state is durable, and the task that asked for it done.
    Save {
        /// Where.
        at: ReplicaId,
        /// In which life.
        life: u64,
    },
    /// A replica starts again.
    Reboot {
        /// Which.
        at: ReplicaId,
        /// The life that ended.
        life: u64,
    },
    /// A client thinks of its next request.
    Submit {
        /// The number of the client.
        client: usize,
    },
    /// A timer of a client fires.
    Wake {
        /// The number of the client.
        client: usize,
        /// Which timer.
        timer: ClientTimer,
        /// Which arming of it.
        ticket: u64,
    },
    /// A client asks for something more, if honest replicas have not converged otherwise.
    Nudge,
    /// Some replica crashes.
    Crash,
    /// All of them do, at once.
    PowerCut,
    /// The network falls apart, for a while.
    Partition,
    /// The next round begins, with its own partition of all replicas.
    Round,
    /// Some replica stands still, for a while.
    Pause,
    /// Some clock jumps.
    ClockJump,
    /// Some disk is slow, for a while.
    SlowDisk,
    /// Some disk will fail an operation.
    DiskFailure,
    /// No more faults.
    Heal,
}

impl<P: Process> Action<P> {
    /// Which replica has to run for this to happen.
    pub(crate) fn runs(&self) -> Option<ReplicaId> {
        match self {
            Self::Deliver { to, .. } | Self::Request { to, .. } => Some(*to),
            Self::Fire { at, .. } | Self::Sync { at, .. } | Self::Work { at, .. } | Self::Save { at, .. } => Some(*at),
            Self::Reply { .. }
            | Self::Reboot { .. }
            | Self::Submit { .. }
            | Self::Wake { .. }
            | Self::Nudge
            | Self::Crash
            | Self::PowerCut
            | Self::Partition
            | Self::Round
            | Self::Pause
            | Self::ClockJump
            | Self::SlowDisk
            | Self::DiskFailure
            | Self::Heal => None,
        }
    }
}

/// Pending actions in the order of virtual time; at one time, in the order they were planned.
#[derive(Clone, Debug)]
pub struct Schedule<P: Process> {
    pending: BinaryHeap<Planned<P>>,
    planned: u64,
}

#[derive(Clone, Debug)]
struct Planned<P: Process> {
    at: u64,
    order: u64,
    action: Action<P>,
}

impl<P: Process> Default for Schedule<P> {
    fn default() -> Self {
        Self { pending: BinaryHeap::new(), planned: 0 }
    }
}

impl<P: Process> Schedule<P> {
    /// Plans an action for this time.
    pub fn plan(&mut self, at: u64, action: Action<P>) {
        self.planned += 1;
        self.pending.push(Planned { at, order: self.planned, action });
    }

    /// Takes out the earliest action, with its time.
    pub fn take_next(&mut self) -> Option<(u64, Action<P>)> {
        self.pending.pop().map(|planned| (planned.at, planned.action))
    }

    /// Everything pending, with its time, in no particular order.
    pub fn actions(&self) -> impl Iterator<Item = (u64, &Action<P>)> {
        self.pending.iter().map(|planned| (planned.at, &planned.action))
    }

    /// How many actions are pending.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}

impl<P: Process> Planned<P> {
    fn key(&self) -> (u64, u64) {
        (self.at, self.order)
    }
}

impl<P: Process> PartialEq for Planned<P> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl<P: Process> Eq for Planned<P> {}
impl<P: Process> PartialOrd for Planned<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
/// Greatest first in the heap, so the earliest compares as the greatest.
impl<P: Process> Ord for Planned<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

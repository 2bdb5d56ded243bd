//! Putting the answer together, from wherever its parts are.

use super::process;
use super::usage::{NodeStatus, PeerLink, Queues, Syncs, Usage, Work};
use crate::metrics::Metrics;
use crate::transport::Connectivity;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use synod_kernel::{ReplicaId, Status};
use synod_storage::SyncCounter;
use tokio::sync::watch;

/// How old the memory in an answer may be: it is read from a file, and strangers choose how often we are asked.
const MEMORY_AGE_MAX: Duration = Duration::from_millis(100);

/// What an answer is made of. Clones are the same.
#[derive(Clone)]
pub(crate) struct Reporter {
    shared: Arc<Shared>,
}

/// Where the parts are.
pub(crate) struct Sources {
    pub(crate) id: ReplicaId,
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) connectivity: Connectivity,
    pub(crate) metrics: Arc<Metrics>,
    /// Counts what is made durable for the log.
    pub(crate) log_syncs: SyncCounter,
    /// Counts what is made durable for checkpoints.
    pub(crate) checkpoint_syncs: SyncCounter,
}

struct Shared {
    sources: Sources,
    begun: Instant,
    memory: Mutex<Memory>,
}

/// The memory as it was last read.
#[derive(Default)]
struct Memory {
    read: Option<Instant>,
    bytes: Option<u64>,
}

impl Reporter {
    /// The replica begins to run now.
    pub(crate) fn new(sources: Sources) -> Self {
        Self { shared: Arc::new(Shared { sources, begun: Instant::now(), memory: Mutex::default() }) }
    }

    /// What the protocol says of itself.
    pub(crate) fn protocol(&self) -> Status {
        self.shared.sources.status.borrow().clone()
    }

    /// The whole answer.
    pub(crate) fn report(&self) -> NodeStatus {
        NodeStatus { protocol: self.protocol(), usage: self.usage() }
    }

    /// What the process uses and has done.
    pub(crate) fn usage(&self) -> Usage {
        let Shared { sources, begun, .. } = &*self.shared;
        let Sources { id, connectivity, metrics, log_syncs, checkpoint_syncs, .. } = sources;
        let links = (0..).map(ReplicaId::new).zip(connectivity.links());
        let others = links.filter(|(peer, _)| peer != id);
        let log = metrics.log_syncs.get();
        Usage {
            cpu_microseconds: process::cpu_microseconds(),
            resident_bytes: self.resident_bytes(),
            uptime_microseconds: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            syncs: Syncs { log, log_upkeep: log_syncs.get().saturating_sub(log), checkpoints: checkpoint_syncs.get() },
            executed: Work {
                batches: metrics.batches_executed.get(),
                requests: metrics.requests_executed.get(),
                operations: metrics.operations_executed.get(),
            },
            queues: Queues {
                held_effects: length(metrics.held_effects.get()),
                log: length(metrics.log_queue.get()),
                tasks: length(metrics.task_queue.get()),
                inputs: length(metrics.input_queue.get()),
            },
            rejected_frames: metrics.frames_rejected.get(),
            client_connections: length(metrics.client_connections()),
            peers: others
                .map(|(replica, link)| PeerLink { replica, inbound: link.inbound > 0, outbound: link.outbound })
                .collect(),
        }
    }

    fn resident_bytes(&self) -> Option<u64> {
        let mut memory = self.shared.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.read.is_none_or(|read| read.elapsed() > MEMORY_AGE_MAX) {
            *memory = Memory { read: Some(Instant::now()), bytes: process::resident_bytes() };
        }
        memory.bytes
    }
}

/// A gauge that counts things.
fn length(gauge: i64) -> u64 {
    u64::try_from(gauge).unwrap_or(0)
}

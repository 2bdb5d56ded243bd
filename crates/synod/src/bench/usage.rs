//! What the processes have used: each replica's by its own word, ours by the system's.

use rustix::time::{ClockId, clock_gettime};
use synod_kernel::{Membership, ReplicaId};
use synod_node::{Client, Usage};
use tokio::task::JoinSet;

/// What everyone had used at one moment.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    /// Processor time of this process, user and system, in microseconds.
    own: u64,
    /// In the order of the replicas; none where one did not answer.
    replicas: Vec<Option<Usage>>,
}

/// What was used between two moments. What nobody could know because a replica did not answer, or was another process
/// at the second moment, is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    /// Processor time of this process, in microseconds.
    pub(super) own_cpu_us: u64,
    /// Processor time of all replicas, in microseconds.
    pub(super) cpu_us: Option<u64>,
    /// Syncs of all replicas.
    pub(super) syncs: Option<u64>,
    /// Batches that replicas executed, and requests in them, over those that could tell.
    pub(super) batches: u64,
    /// See there.
    pub(super) requests: u64,
    /// Replicas that could not tell.
    pub(super) silent: Vec<u16>,
}

impl Snapshot {
    /// Asks every replica, all at once.
    pub(super) async fn take(observer: &Client, membership: &Membership) -> Self {
        let mut asked = JoinSet::new();
        for id in membership.replicas() {
            let observer = observer.clone();
            asked.spawn(async move { (id, observer.status(id).await) });
        }
        let mut answers: Vec<(ReplicaId, Option<Usage>)> = Vec::new();
        for (id, answer) in asked.join_all().await {
            answers.push((id, answer.ok().map(|status| status.usage)));
        }
        answers.sort_unstable_by_key(|(id, _)| *id);
        Self { own: own_cpu_us(), replicas: answers.into_iter().map(|(_, usage)| usage).collect() }
    }
}

/// Processor time of this process, in microseconds.
fn own_cpu_us() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let whole = |part| u64::try_from(part).unwrap_or(0);
    whole(time.tv_sec) * 1_000_000 + whole(time.tv_nsec) / 1000
}

/// What was used from `before` to `after`.
pub(super) fn between(before: &Snapshot, after: &Snapshot) -> Used {
    let mut used = Used { own_cpu_us: after.own - before.own, ..Used::default() };
    let (mut cpu, mut syncs) = (Some(0), Some(0));
    for (position, replica) in (0..).zip(before.replicas.iter().zip(&after.replicas)) {
        let (Some(before), Some(after)) = replica else {
            used.silent.push(position);
            (cpu, syncs) = (None, None);
            continue;
        };
        if after.uptime_microseconds < before.uptime_microseconds {
            used.silent.push(position);
            (cpu, syncs) = (None, None);
            continue;
        }
        cpu = plus(cpu, difference(before.cpu_microseconds, after.cpu_microseconds));
        syncs = plus(syncs, difference(Some(before.syncs.total()), Some(after.syncs.total())));
        used.batches += after.executed.batches.saturating_sub(before.executed.batches);
        used.requests += after.executed.requests.saturating_sub(before.executed.requests);
    }
    (used.cpu_us, used.syncs) = (cpu, syncs);
    used
}

fn plus(sum: Option<u64>, part: Option<u64>) -> Option<u64> {
    sum?.checked_add(part?)
}

fn difference(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    after?.checked_sub(before?)
}

#[cfg(test)]
mod tests;

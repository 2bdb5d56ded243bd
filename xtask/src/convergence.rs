//! Whether the replicas come to have the same state, in their own words.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::{Cluster, output};

/// How long replicas may take once nothing is written any more.
const CONVERGE_MAX: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(200);
/// How often replicas are given something to do, and how many writes that is.
const NUDGE_EVERY: Duration = Duration::from_secs(5);
const NUDGE_WRITES: u64 = 3;

/// What the replicas say in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All have this state.
    Converged {
        /// Where in the order.
        checkpoint: u64,
        /// The digest of the state there.
        digest: String,
    },
    /// They do not; this is what they said last.
    Apart(String),
}

/// Waits until all replicas have executed the same and have the same checkpoint.
pub(crate) fn wait(cluster: &Cluster) -> io::Result<End> {
    watch(cluster, || Ok(()))
}

/// The same, with a few writes now and then, for a replica that hears of nothing as long as nothing happens.
pub(crate) fn wait_and_nudge(cluster: &Cluster) -> io::Result<End> {
    let mut next = Instant::now();
    let mut count = 0;
    watch(cluster, || {
        if Instant::now() < next {
            return Ok(());
        }
        for _ in 0..NUDGE_WRITES {
            count += 1;
            output(cluster.client("kv").args(["put", "nudge", &count.to_string()]))?;
        }
        next = Instant::now() + NUDGE_EVERY;
        Ok(())
    })
}

fn watch(cluster: &Cluster, mut nudge: impl FnMut() -> io::Result<()>) -> io::Result<End> {
    let until = Instant::now() + CONVERGE_MAX;
    loop {
        let asked = nudge().and_then(|()| output(cluster.client("status").arg("--json")));
        let status = asked.and_then(|status| Ok(serde_json::from_slice::<Value>(&status)?));
        match status.as_ref().ok().and_then(|status| judge(status, cluster.size())) {
            Some(end) => return Ok(end),
            None if Instant::now() > until => return Ok(End::Apart(format!("{:#}", status?))),
            None => thread::sleep(LOOK),
        }
    }
}

/// What a status means; nothing if it may yet change.
fn judge(status: &Value, size: usize) -> Option<End> {
    let replicas = status["replicas"].as_array()?;
    let state = |replica: &Value| -> Option<(u64, u64, String)> {
        let digest = replica["digest"].as_str()?.to_owned();
        Some((replica["sequence"].as_u64()?, replica["checkpoint"].as_u64()?, digest))
    };
    let states: Vec<(u64, u64, String)> = replicas.iter().filter_map(state).collect();
    let differ = |one: &(u64, u64, String), other: &(u64, u64, String)| one.1 == other.1 && one.2 != other.2;
    if states.iter().any(|one| states.iter().any(|other| differ(one, other))) {
        return Some(End::Apart(format!("{status:#}")));
    }
    let (_, checkpoint, digest) = states.first().filter(|first| first.1 > 0 && states.len() == size)?.clone();
    states.iter().all(|state| *state == states[0]).then_some(End::Converged { checkpoint, digest })
}

#[cfg(test)]
mod tests;

//! What a replica says of itself, read from its operator's pages.

use serde_json::Value;

use crate::cluster::Cluster;

/// How far a replica says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// What it is doing, in a word.
    pub(super) state: String,
    /// The last batch that it executed.
    pub(super) executed: u64,
}

/// How far a replica is; none if it does not say.
pub(super) fn progress(cluster: &Cluster, position: usize) -> Option<Progress> {
    read_progress(&cluster.readiness(position)?)
}

/// How many prepared certificates a replica made since it started; none if it does not say.
pub(super) fn prepared(cluster: &Cluster, position: usize) -> Option<u64> {
    read_prepared(&cluster.metrics(position)?)
}

fn read_progress(page: &Value) -> Option<Progress> {
    Some(Progress { state: page["state"].as_str()?.to_owned(), executed: page["executed"].as_u64()? })
}

fn read_prepared(page: &str) -> Option<u64> {
    let is_it = |line: &&str| line.contains("rules_applied_total{") && line.contains("\"Prepared\"");
    // A rule that was never applied is not listed.
    page.lines().find(is_it).map_or(Some(0), |line| line.rsplit(' ').next()?.parse().ok())
}

#[cfg(test)]
mod tests;

//! What a storm came to.

use std::fmt;
use std::time::Duration;

use serde_json::json;

use crate::convergence::End;
use crate::writer::Comparison;

/// Keys that are named, at most.
const NAMED_MAX: usize = 20;

/// What happened and what was found afterwards.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// What decided the moments.
    pub(super) seed: u64,
    /// How many replicas there were.
    pub(super) replicas: usize,
    /// How often all of them were killed.
    pub(super) kills: u64,
    /// From a kill to the next acknowledgement, at most.
    pub(super) slowest: Duration,
    /// How many writes were acknowledged.
    pub(super) acknowledged: u64,
    /// What was read back of them.
    pub(super) comparison: Comparison,
    /// What the replicas say in the end.
    pub(super) end: Option<End>,
}

impl Report {
    /// Before anything happened.
    pub(super) fn new(seed: u64, replicas: usize) -> Self {
        let comparison = Comparison::default();
        Self { seed, replicas, kills: 0, slowest: Duration::ZERO, acknowledged: 0, comparison, end: None }
    }

    /// Whether everything that was acknowledged is there, and all replicas have the same state.
    pub(super) fn is_good(&self) -> bool {
        let Comparison { right, lost, wrong } = &self.comparison;
        let is_complete = *right == self.acknowledged && lost.is_empty() && wrong.is_empty();
        is_complete && *right > 0 && matches!(self.end, Some(End::Converged { .. }))
    }

    /// For scripts.
    pub(super) fn to_json(&self) -> String {
        let Comparison { right, lost, wrong } = &self.comparison;
        let (checkpoint, digest) = match &self.end {
            Some(End::Converged { checkpoint, digest }) => (Some(*checkpoint), Some(digest)),
            Some(End::Apart(_)) | None => (None, None),
        };
        let report = json!({
            "good": self.is_good(), "seed": self.seed, "replicas": self.replicas, "kills": self.kills,
            "slowest_recovery_ms": u64::try_from(self.slowest.as_millis()).unwrap_or(u64::MAX),
            "acknowledged": self.acknowledged, "right": right, "lost": lost, "wrong": wrong,
            "checkpoint": checkpoint, "digest": digest,
        });
        report.to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { right, lost, wrong } = &self.comparison;
        let (replicas, kills, slowest) = (self.replicas, self.kills, self.slowest.as_secs_f64());
        writeln!(f, "all {replicas} replicas killed {kills} times; served again within {slowest:.3} s each time")?;
        let (lost_count, wrong_count) = (lost.len(), wrong.len());
        writeln!(
            f,
            "{} writes acknowledged; read back: {right} right, {wrong_count} wrong, {lost_count} lost",
            self.acknowledged
        )?;
        for line in lost.iter().take(NAMED_MAX) {
            writeln!(f, "lost: {line}")?;
        }
        for line in wrong.iter().take(NAMED_MAX) {
            writeln!(f, "wrong: {line}")?;
        }
        match &self.end {
            Some(End::Converged { checkpoint, digest }) => {
                write!(f, "all replicas have the same state at checkpoint {checkpoint}: {digest}")
            }
            Some(End::Apart(status)) => write!(f, "the replicas did not converge:\n{status}"),
            None => write!(f, "the replicas were not asked for their states"),
        }
    }
}

#[cfg(test)]
mod tests;

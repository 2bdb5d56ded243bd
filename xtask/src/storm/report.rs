//! What a storm came to.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::check::{self, Findings};

/// What was done to the replicas.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kills {
    /// How often all of them were killed.
    pub(super) count: u64,
    /// From a kill to the next acknowledgement, at most.
    pub(super) slowest: Duration,
}

/// What happened and what was found afterwards.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// What decided the moments.
    pub(super) seed: u64,
    /// How many replicas there were.
    pub(super) replicas: usize,
    pub(super) kills: Kills,
    pub(super) findings: Findings,
}

impl check::Report for Report {
    fn is_good(&self) -> bool {
        self.findings.failures().is_empty()
    }

    fn to_json(&self) -> Value {
        let Kills { count, slowest } = self.kills;
        let report = json!({
            "good": self.is_good(), "seed": self.seed, "replicas": self.replicas, "kills": count,
            "slowest_recovery_ms": u64::try_from(slowest.as_millis()).unwrap_or(u64::MAX),
        });
        check::merged(report, &self.findings)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (replicas, Kills { count, slowest }) = (self.replicas, self.kills);
        let slowest = slowest.as_secs_f64();
        writeln!(f, "all {replicas} replicas killed {count} times; served again within {slowest:.3} s each time")?;
        write!(f, "{}", self.findings)
    }
}

#[cfg(test)]
mod tests;

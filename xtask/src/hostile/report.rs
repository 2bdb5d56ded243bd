//! What the attacks came to: a line for each, and what was found in the end.

use std::fmt;

use serde_json::{Value, json};

use crate::convergence::End;
use crate::writer::Comparison;

/// Of the rate next to it, an honest client must keep this much.
pub(super) const RATE_KEPT: f64 = 0.9;

/// One attack.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    /// Operations a second that were acknowledged right before and right after.
    pub(super) baseline: f64,
    /// Operations a second that were acknowledged meanwhile.
    pub(super) attacked: f64,
    /// How long 99 of 100 of them took, at most, in milliseconds.
    pub(super) slowest_before: f64,
    pub(super) slowest: f64,
    /// Ratios of earlier attempts, which were too low.
    pub(super) earlier: Vec<f64>,
    /// By how much the largest replica grew, in KiB.
    pub(super) growth: u64,
    /// How much it may grow.
    pub(super) growth_max: u64,
    /// View changes.
    pub(super) views: u64,
    /// Cores that all replicas took together, before and meanwhile.
    pub(super) replicas_before: f64,
    pub(super) replicas: f64,
    /// What the attacker reported.
    pub(super) attacker: Value,
    /// What went wrong besides.
    pub(super) wrong: Vec<String>,
}

impl Row {
    /// What is left of the honest rate.
    pub(super) fn ratio(&self) -> f64 {
        self.attacked / self.baseline.max(1.0)
    }

    /// Cores that the attacker took.
    fn attacker_share(&self) -> Option<f64> {
        Some(self.attacker["processor_seconds"].as_f64()? / self.attacker["seconds"].as_f64()?)
    }

    /// What failed, for people.
    pub(super) fn failures(&self) -> Vec<String> {
        let mut failures = self.wrong.clone();
        if self.ratio() < RATE_KEPT {
            failures.push(format!("the honest rate fell to {:.0} %", 100.0 * self.ratio()));
        }
        if self.growth > self.growth_max {
            failures.push(format!("a replica grew by {} KiB", self.growth));
        }
        if self.views > 0 {
            failures.push(format!("{} view changes", self.views));
        }
        failures
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name, "baseline_per_second": self.baseline, "attacked_per_second": self.attacked,
            "ratio": self.ratio(), "earlier_ratios": self.earlier, "p99_ms_before": self.slowest_before,
            "p99_ms": self.slowest, "growth_kib": self.growth, "view_changes": self.views,
            "replica_cores_before": self.replicas_before, "replica_cores": self.replicas,
            "attacker": self.attacker, "failures": self.failures(),
        })
    }
}

/// Everything.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) rows: Vec<Row>,
    pub(super) acknowledged: u64,
    pub(super) comparison: Comparison,
    pub(super) end: End,
    /// Lines of logs that tell of a panic.
    pub(super) panics: Vec<String>,
}

impl Report {
    /// What failed that is no attack's own.
    fn failures(&self) -> Vec<String> {
        let mut failures = self.panics.clone();
        let Comparison { right, lost, wrong } = &self.comparison;
        if *right != self.acknowledged || *right == 0 || !lost.is_empty() || !wrong.is_empty() {
            failures.push(format!("{right} right, {} wrong, {} lost", wrong.len(), lost.len()));
        }
        if let End::Apart(status) = &self.end {
            failures.push(format!("the replicas did not converge:\n{status}"));
        }
        failures
    }

    /// Whether everything held.
    pub(super) fn is_good(&self) -> bool {
        !self.rows.is_empty() && self.failures().is_empty() && self.rows.iter().all(|row| row.failures().is_empty())
    }

    /// For scripts.
    pub(super) fn to_json(&self) -> String {
        let Comparison { right, lost, wrong } = &self.comparison;
        let rows: Vec<_> = self.rows.iter().map(Row::to_json).collect();
        let report = json!({
            "good": self.is_good(), "attacks": rows, "acknowledged": self.acknowledged, "right": right, "lost": lost,
            "wrong": wrong, "failures": self.failures(),
        });
        report.to_string()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<16} {:>8} {:>8} {:>6} {:>13} {:>6} {:>8} {:>8} {:>8} {:>8}  result",
            "attack", "before/s", "during/s", "ratio", "p99 ms", "views", "RSS KiB", "replicas", "attacker", "actions"
        )?;
        for row in &self.rows {
            let failures = row.failures();
            let mut result = if failures.is_empty() { "ok".to_owned() } else { failures.join("; ") };
            if !row.earlier.is_empty() {
                let earlier: Vec<_> = row.earlier.iter().map(|ratio| format!("{ratio:.2}")).collect();
                result += &format!(" (earlier attempts: {})", earlier.join(", "));
            }
            let attacker = row.attacker_share().map_or_else(|| "?".to_owned(), |share| format!("{share:.2}"));
            let actions = row.attacker["actions"].as_u64().unwrap_or_default();
            writeln!(
                f,
                "{:<16} {:>8.0} {:>8.0} {:>6.2} {:>13} {:>6} {:>8} {:>8} {attacker:>8} {actions:>8}  {result}",
                row.name,
                row.baseline,
                row.attacked,
                row.ratio(),
                format!("{:.1} > {:.1}", row.slowest_before, row.slowest),
                row.views,
                row.growth,
                format!("{:+.2}", row.replicas - row.replicas_before),
            )?;
        }
        writeln!(f, "replicas, attacker: cores that they took, of the replicas how many more than before the attack")?;
        writeln!(f, "{} writes acknowledged, {} read back as written", self.acknowledged, self.comparison.right)?;
        if let End::Converged { checkpoint, digest } = &self.end {
            writeln!(f, "all replicas have the same state at checkpoint {checkpoint}: {digest}")?;
        }
        self.failures().iter().try_for_each(|failure| writeln!(f, "FAILED: {failure}"))?;
        let verdict = if self.is_good() { "nobody was harmed" } else { "FAILED" };
        write!(f, "hostile: {verdict}")
    }
}

#[cfg(test)]
mod tests;

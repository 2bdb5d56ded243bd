//! What the attacks came to: a line for each, and what was found in the end.

use std::fmt;
use std::io;
use std::process::Output;

use serde_json::{Value, json};

use crate::check::{self, Findings, Report as _};

/// An attack that there is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attack {
    pub(super) name: String,
    /// What part of the rate next to it an honest client must keep.
    pub(super) rate_kept: f64,
    /// Why.
    pub(super) why: String,
}

impl Attack {
    /// Reads a line of the list of attacks.
    pub(super) fn parse(line: &str) -> io::Result<Self> {
        let strange = || io::Error::other(format!("{line:?} is no name, share and reason"));
        let [name, rate, why] = line.split('\t').collect::<Vec<_>>().try_into().map_err(|_| strange())?;
        let rate_kept = rate.parse().ok().filter(|rate| (0.0..=1.0).contains(rate)).ok_or_else(strange)?;
        Ok(Self { name: name.to_owned(), rate_kept, why: why.to_owned() })
    }
}

/// What an attacker that has ended reported, and what was wrong with it.
pub(super) fn said(ended: &Output) -> (Value, Vec<String>) {
    let mut wrong = Vec::new();
    if !ended.status.success() {
        wrong.push(format!("the attacker failed: {}", String::from_utf8_lossy(&ended.stderr).trim()));
    }
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap_or_default();
    match report["wrong"].as_array() {
        Some(complaints) => wrong.extend(complaints.iter().map(|complaint| match complaint {
            Value::String(complaint) => complaint.clone(),
            other => other.to_string(),
        })),
        None => wrong.push("the attacker did not report".to_owned()),
    }
    (report, wrong)
}

/// One attack.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) attack: Attack,
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

    fn is_slow(&self) -> bool {
        self.ratio() < self.attack.rate_kept
    }

    /// Whether the honest rate was too low, and nothing else was wrong.
    pub(super) fn is_merely_slow(&self) -> bool {
        self.is_slow() && self.failures().len() == 1
    }

    /// Cores that the attacker took.
    fn attacker_share(&self) -> Option<f64> {
        Some(self.attacker["processor_seconds"].as_f64()? / self.attacker["seconds"].as_f64()?)
    }

    /// What failed, for people.
    pub(super) fn failures(&self) -> Vec<String> {
        let mut failures = self.wrong.clone();
        if self.is_slow() {
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
            "name": self.attack.name, "ratio_required": self.attack.rate_kept,
            "because": self.attack.why, "baseline_per_second": self.baseline, "attacked_per_second": self.attacked,
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
    pub(super) findings: Findings,
}

impl check::Report for Report {
    fn is_good(&self) -> bool {
        let is_harmless = |row: &Row| row.failures().is_empty();
        !self.rows.is_empty() && self.rows.iter().all(is_harmless) && self.findings.failures().is_empty()
    }

    fn to_json(&self) -> Value {
        let rows: Vec<_> = self.rows.iter().map(Row::to_json).collect();
        check::merged(json!({ "good": self.is_good(), "attacks": rows }), &self.findings)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<16} {:>8} {:>8} {:>6} {:>5} {:>13} {:>6} {:>8} {:>8} {:>8} {:>8}  result",
            "attack",
            "before/s",
            "during/s",
            "ratio",
            "least",
            "p99 ms",
            "views",
            "RSS KiB",
            "replicas",
            "attacker",
            "actions"
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
                "{:<16} {:>8.0} {:>8.0} {:>6.2} {:>5.2} {:>13} {:>6} {:>8} {:>8} {attacker:>8} {actions:>8}  {result}",
                row.attack.name,
                row.baseline,
                row.attacked,
                row.ratio(),
                row.attack.rate_kept,
                format!("{:.1} > {:.1}", row.slowest_before, row.slowest),
                row.views,
                row.growth,
                format!("{:+.2}", row.replicas - row.replicas_before),
            )?;
        }
        writeln!(f, "replicas, attacker: cores that they took, of the replicas how many more than before the attack")?;
        let mut reasons: Vec<_> = self.rows.iter().map(|row| (row.attack.rate_kept, &row.attack.why)).collect();
        reasons.sort_by(|one, other| other.0.total_cmp(&one.0));
        reasons.dedup();
        for (rate_kept, why) in reasons {
            writeln!(f, "least {rate_kept:.2}: {why}")?;
        }
        writeln!(f, "{}", self.findings)?;
        let verdict = if self.is_good() { "nobody was harmed" } else { "FAILED" };
        write!(f, "hostile: {verdict}")
    }
}

#[cfg(test)]
mod tests;

//! What a return came to.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::check::{self, Findings};

/// How long a replica may take until it votes again.
const BACK_MAX: Duration = Duration::from_secs(10);
/// What part of their rate with everybody the others must keep meanwhile.
const RATE_MIN: f64 = 0.8;

/// What was measured, and what was found afterwards.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// Writes that the replica missed.
    pub(super) missed: u64,
    /// From its start until it voted again, if it did.
    pub(super) back: Option<Duration>,
    /// Writes a second before it went.
    pub(super) together: f64,
    /// Writes a second without it.
    pub(super) alone: f64,
    /// Writes a second while it came back.
    pub(super) during: f64,
    pub(super) findings: Findings,
}

impl Report {
    /// What the others kept of their rate.
    fn kept(&self) -> f64 {
        if self.together > 0.0 { self.during / self.together } else { 0.0 }
    }
}

impl check::Report for Report {
    /// Whether the replica was fast enough, the others hardly noticed, and nothing was lost.
    fn is_good(&self) -> bool {
        let is_back = self.back.is_some_and(|back| back <= BACK_MAX);
        is_back && self.kept() >= RATE_MIN && self.findings.failures().is_empty()
    }

    fn to_json(&self) -> Value {
        let report = json!({
            "good": self.is_good(), "missed": self.missed, "back_s": self.back.map(|back| back.as_secs_f64()),
            "rate_together": self.together, "rate_without": self.alone, "rate_during": self.during,
            "kept": self.kept(),
        });
        check::merged(report, &self.findings)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.back {
            Some(back) => {
                writeln!(
                    f,
                    "{:.3} s after its start it voted again, {} writes behind",
                    back.as_secs_f64(),
                    self.missed
                )?;
            }
            None => writeln!(f, "it did not come back, {} writes behind", self.missed)?,
        }
        writeln!(
            f,
            "writes a second: {:.0} with everybody, {:.0} without it, {:.0} while it came back ({:.2} of the first)",
            self.together,
            self.alone,
            self.during,
            self.kept()
        )?;
        write!(f, "{}", self.findings)
    }
}

#[cfg(test)]
mod tests;

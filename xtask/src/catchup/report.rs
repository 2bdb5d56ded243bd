//! What a return came to.

use std::fmt;
use std::time::Duration;

use serde_json::json;

use crate::convergence::End;
use crate::writer::Comparison;

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
    /// What the replicas say in the end.
    pub(super) states: End,
    /// What was read back.
    pub(super) comparison: Comparison,
    /// How many writes were acknowledged.
    pub(super) acknowledged: u64,
}

impl Report {
    /// What the others kept of their rate.
    fn kept(&self) -> f64 {
        if self.together > 0.0 { self.during / self.together } else { 0.0 }
    }

    /// Whether the replica was fast enough, the others hardly noticed, and nothing was lost.
    pub(super) fn is_good(&self) -> bool {
        let Comparison { right, lost, wrong } = &self.comparison;
        let is_complete = *right == self.acknowledged && lost.is_empty() && wrong.is_empty();
        let is_back = self.back.is_some_and(|back| back <= BACK_MAX);
        let is_one = matches!(self.states, End::Converged { .. });
        is_back && self.kept() >= RATE_MIN && is_one && is_complete
    }

    /// For scripts.
    pub(super) fn to_json(&self) -> String {
        let Comparison { right, lost, wrong } = &self.comparison;
        let (checkpoint, digest) = match &self.states {
            End::Converged { checkpoint, digest } => (Some(*checkpoint), Some(digest)),
            End::Apart(_) => (None, None),
        };
        let report = json!({
            "good": self.is_good(), "missed": self.missed, "back_s": self.back.map(|back| back.as_secs_f64()),
            "rate_together": self.together, "rate_without": self.alone, "rate_during": self.during,
            "kept": self.kept(), "acknowledged": self.acknowledged, "right": right, "lost": lost.len(),
            "wrong": wrong.len(), "checkpoint": checkpoint, "digest": digest,
        });
        report.to_string()
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
        let Comparison { right, lost, wrong } = &self.comparison;
        let (lost, wrong) = (lost.len(), wrong.len());
        writeln!(f, "{} writes acknowledged; read back: {right} right, {wrong} wrong, {lost} lost", self.acknowledged)?;
        match &self.states {
            End::Converged { checkpoint, digest } => {
                write!(f, "all replicas have the same state at checkpoint {checkpoint}: {digest}")
            }
            End::Apart(status) => write!(f, "the replicas did not converge:\n{status}"),
        }
    }
}

#[cfg(test)]
mod tests;

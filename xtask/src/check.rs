//! What all checks on a real cluster end with: everything is read back, the replicas are compared, and people are told.
//!
//! What is left of a run that failed, or that found something bad, stays where it is, and standard error says where.
//! Standard output has the report and nothing else.

use std::fmt;
use std::io;

use serde_json::{Map, Value, json};

use crate::cluster::{Cluster, Place};
use crate::convergence::End;
use crate::writer;

/// Keys that are named, at most.
const NAMED_MAX: usize = 20;

/// What a check comes to, for people by its `Display`.
pub(crate) trait Report: fmt::Display {
    /// Whether all was as it should be.
    fn is_good(&self) -> bool;

    /// For scripts.
    fn to_json(&self) -> Value;
}

/// Tells what a check in this place came to, and keeps its folder unless that is good. Returns whether it is.
///
/// # Errors
/// If the check did not get through.
pub(crate) fn conclude<R: Report>(place: &mut Place, result: io::Result<R>, is_json: bool) -> io::Result<bool> {
    let report = match result {
        Ok(report) => report,
        Err(error) => {
            return Err(io::Error::other(format!("{error}\nwhat is left is in {}", place.keep().display())));
        }
    };
    if is_json {
        println!("{}", report.to_json());
    } else {
        println!("{report}");
    }
    if !report.is_good() {
        eprintln!("what is left is in {}", place.keep().display());
    }
    Ok(report.is_good())
}

/// What was read back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Acknowledged, and as written.
    pub(crate) right: u64,
    /// Acknowledged, and not there.
    pub(crate) lost: Vec<String>,
    /// There, and not as written, or never written.
    pub(crate) wrong: Vec<String>,
}

/// What is found once nothing is written any more.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    /// How many keys have an acknowledged write.
    pub(crate) keys: u64,
    pub(crate) comparison: Comparison,
    /// What the replicas say.
    pub(crate) end: End,
    /// Lines of logs that tell of a panic.
    pub(crate) panics: Vec<String>,
}

impl Findings {
    /// Reads everything back, of which so many keys were acknowledged, and only then waits until the replicas are one.
    ///
    /// # Errors
    /// If what is there cannot be read.
    pub(crate) fn look(
        cluster: &Cluster,
        keys: u64,
        compare: impl FnOnce(&str) -> Comparison,
        converge: fn(&Cluster) -> io::Result<End>,
    ) -> io::Result<Self> {
        let comparison = compare(&writer::read_all(cluster)?);
        Ok(Self { keys, comparison, end: converge(cluster)?, panics: Vec::new() })
    }

    /// Has the replicas end in an orderly way, and looks into their logs.
    ///
    /// # Errors
    /// If one does not end so.
    pub(crate) fn close(mut self, cluster: &mut Cluster) -> io::Result<Self> {
        cluster.end()?;
        self.panics = cluster.panics()?;
        Ok(self)
    }

    /// What is not as it should be, in sentences.
    pub(crate) fn failures(&self) -> Vec<String> {
        let Comparison { right, lost, wrong } = &self.comparison;
        let mut failures = self.panics.clone();
        if self.keys == 0 {
            failures.push("nothing was acknowledged".to_owned());
        }
        if *right != self.keys || !lost.is_empty() || !wrong.is_empty() {
            failures.push(format!(
                "of {} keys {right} are right, {} lost, {} wrong",
                self.keys,
                lost.len(),
                wrong.len()
            ));
        }
        failures.extend(lost.iter().take(NAMED_MAX).map(|line| format!("lost: {line}")));
        failures.extend(wrong.iter().take(NAMED_MAX).map(|line| format!("wrong: {line}")));
        if let End::Apart(status) = &self.end {
            failures.push(format!("the replicas did not converge:\n{status}"));
        }
        failures
    }

    /// The fields that every report has.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let Comparison { right, lost, wrong } = &self.comparison;
        let (checkpoint, digest) = match &self.end {
            End::Converged { checkpoint, digest } => (Some(*checkpoint), Some(digest)),
            End::Apart(_) => (None, None),
        };
        let fields = json!({
            "keys": self.keys, "right": right, "lost": lost, "wrong": wrong, "checkpoint": checkpoint,
            "digest": digest, "panics": self.panics,
        });
        let Value::Object(fields) = fields else { unreachable!("it was written as an object") };
        fields
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { right, lost, wrong } = &self.comparison;
        let (keys, lost, wrong) = (self.keys, lost.len(), wrong.len());
        write!(f, "{keys} keys acknowledged; read back: {right} right, {wrong} wrong, {lost} lost")?;
        if let End::Converged { checkpoint, digest } = &self.end {
            write!(f, "\nall replicas have the same state at checkpoint {checkpoint}: {digest}")?;
        }
        self.failures().iter().try_for_each(|failure| write!(f, "\nFAILED: {failure}"))
    }
}

/// Adds the fields of the findings to those of a report.
pub(crate) fn merged(report: Value, findings: &Findings) -> Value {
    let Value::Object(mut fields) = report else { return report };
    fields.extend(findings.to_json());
    Value::Object(fields)
}

#[cfg(test)]
impl Findings {
    /// All as it should be.
    pub(crate) fn good() -> Self {
        let comparison = Comparison { right: 3, ..Comparison::default() };
        let end = End::Converged { checkpoint: 128, digest: "ab".to_owned() };
        Self { keys: 3, comparison, end, panics: Vec::new() }
    }
}

#[cfg(test)]
mod tests;

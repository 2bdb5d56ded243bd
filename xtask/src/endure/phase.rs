//! How writes went while something was the case.

use std::collections::BTreeMap;
use std::time::Duration;

/// A stretch of time in which nothing changed by our doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phase {
    /// What was the case, in a few words.
    pub(super) kind: String,
    /// How long.
    pub(super) time: Duration,
    /// How many writes were acknowledged.
    pub(super) acknowledged: u64,
    /// The longest time without an acknowledgement that was seen, also if it began before.
    pub(super) stall: Duration,
}

/// All phases of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// How many.
    pub(super) count: u64,
    /// How long together.
    pub(super) time: Duration,
    /// How many writes were acknowledged in them.
    pub(super) acknowledged: u64,
    /// The longest time without an acknowledgement.
    pub(super) stall: Duration,
}

impl Summary {
    /// Writes a second.
    pub(super) fn rate(&self) -> f64 {
        // Far fewer writes than a double holds exactly.
        if self.time.is_zero() { 0.0 } else { self.acknowledged as f64 / self.time.as_secs_f64() }
    }
}

/// The phases of each kind, taken together.
pub(super) fn summarize(phases: &[Phase]) -> BTreeMap<&str, Summary> {
    let mut summaries: BTreeMap<&str, Summary> = BTreeMap::new();
    for Phase { kind, time, acknowledged, stall } in phases {
        let summary = summaries.entry(kind).or_default();
        summary.count += 1;
        summary.time += *time;
        summary.acknowledged += acknowledged;
        summary.stall = summary.stall.max(*stall);
    }
    summaries
}

#[cfg(test)]
mod tests;

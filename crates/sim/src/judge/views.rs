//! View changes end: once everything is healed, no more views in a row go by without anything new being executed than
//! there can be liars among primaries, and than patience has to be doubled to suit the machines.

use super::{Rule, Violation};
use synod_kernel::{ReplicaId, View};

/// The views that go by.
#[derive(Clone, Debug)]
pub struct Views {
    max: u64,
    is_healed: bool,
    highest: View,
    /// When something was executed last, or everything healed: the highest view then.
    since: View,
}

impl Views {
    /// No more views in a row than this may go by.
    pub fn new(max: u64) -> Self {
        Self { max, is_healed: false, highest: View::default(), since: View::default() }
    }

    /// Everything heals.
    pub fn heal(&mut self) {
        self.is_healed = true;
        self.since = self.highest;
    }

    /// Something new is executed.
    pub fn executed(&mut self) {
        self.since = self.highest;
    }

    /// An honest replica is in this view, or wants to be.
    ///
    /// # Errors
    /// If too many have gone by.
    pub fn seen(&mut self, at: ReplicaId, view: View) -> Result<(), Violation> {
        self.highest = self.highest.max(view);
        let gone = self.highest.get() - self.since.get();
        if !self.is_healed || gone <= self.max {
            return Ok(());
        }
        let sentence = format!(
            "replica {at} is in view {view}, {gone} views after the last one in which anything was executed; at most \
             {} are due",
            self.max
        );
        Err(Violation::of(Rule::ViewsTerminate, sentence))
    }
}

#[cfg(test)]
mod tests;

//! Named timers: arming one again replaces it, and each fires once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// Longer waits are as good as this one, and an instant can still hold it.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Timers by name and by time.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    due: BTreeMap<T, Instant>,
    order: BTreeSet<(Instant, T)>,
}

impl<T: Copy + Ord> Timers<T> {
    /// None.
    pub(crate) fn new() -> Self {
        Self { due: BTreeMap::new(), order: BTreeSet::new() }
    }

    /// Sets a timer, replacing one of the same name.
    pub(crate) fn arm(&mut self, timer: T, now: Instant, after: Duration) {
        self.disarm(timer);
        let due = now + after.min(LONGEST);
        self.due.insert(timer, due);
        self.order.insert((due, timer));
    }

    /// Stops a timer, if there is one of this name.
    pub(crate) fn disarm(&mut self, timer: T) {
        if let Some(due) = self.due.remove(&timer) {
            self.order.remove(&(due, timer));
        }
    }

    /// When the next one fires.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.order.first().map(|(due, _)| *due)
    }

    /// Takes out the earliest that is due.
    pub(crate) fn fire(&mut self, now: Instant) -> Option<T> {
        let (due, timer) = *self.order.first()?;
        if due > now {
            return None;
        }
        self.disarm(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests;

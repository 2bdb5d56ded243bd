//! A rate that may not be exceeded for long.

use std::time::Duration;
use tokio::time::Instant;

/// Lets through so many events a second, and one second's worth at once.
#[derive(Debug)]
pub(crate) struct Bucket {
    interval: Duration,
    /// When the next event would be due if all came evenly.
    due: Instant,
}

const BURST: Duration = Duration::from_secs(1);

impl Bucket {
    /// A full bucket for `rate` events a second, at least one.
    pub(crate) fn new(rate: u32, now: Instant) -> Self {
        Self { interval: BURST / rate.max(1), due: now }
    }

    /// Takes one event, and says how long it has to wait.
    pub(crate) fn take(&mut self, now: Instant) -> Duration {
        self.due = self.due.max(now) + self.interval;
        (self.due - now).saturating_sub(BURST)
    }
}

#[cfg(test)]
mod tests;

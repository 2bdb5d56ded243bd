//! A rate that may not be exceeded for long.

use std::time::Duration;
use tokio::time::Instant;

/// Lets through so much a second, and one second's worth at once.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    /// When the next event would be due if all came evenly.
    due: Instant,
}

const BURST: Duration = Duration::from_secs(1);

impl Bucket {
    /// A full bucket for `rate` a second, at least one.
    pub(crate) fn new(rate: u32, now: Instant) -> Self {
        Self { per_second: f64::from(rate.max(1)), due: now }
    }

    /// Takes one, and says how long it has to wait.
    pub(crate) fn take(&mut self, now: Instant) -> Duration {
        self.take_many(1, now)
    }

    /// Takes so many, and says how long they have to wait.
    pub(crate) fn take_many(&mut self, count: u32, now: Instant) -> Duration {
        self.due = self.due.max(now) + Duration::from_secs_f64(f64::from(count) / self.per_second);
        (self.due - now).saturating_sub(BURST)
    }

    /// How long one more would have to wait.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.clone().take(now)
    }

    /// Whether it is full again: it might as well be new.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        self.due <= now
    }
}

#[cfg(test)]
mod tests;

//! A bound on how much one place in the program can log, because strangers may be able to make it do so.
//!
//! A line that is left out is counted, and the count is written before the next line of the same place. What an
//! operator asks for beyond `info` is not bounded. Memory is an entry for each place in the program.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::callsite::Identifier;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// How long the bound is for.
const WHILE: Duration = Duration::from_secs(10);
/// Lines of one place in a while, at most.
const LINES_MAX: u32 = 100;

/// Lets lines through, within the bound.
pub(super) struct Flood {
    places: Mutex<HashMap<Identifier, Place>>,
    /// Writes how many lines of which place were left out.
    tell: fn(u64, &Metadata<'_>),
}

/// One place in the program.
#[derive(Debug, Default)]
struct Place {
    /// When the present while began.
    since: Option<Instant>,
    written: u32,
    left_out: u64,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdict {
    is_written: bool,
    /// Lines left out in the while that is over.
    left_out: u64,
}

impl Place {
    fn judge(&mut self, now: Instant) -> Verdict {
        let mut left_out = 0;
        if self.since.is_none_or(|since| now.duration_since(since) >= WHILE) {
            left_out = std::mem::take(&mut self.left_out);
            (self.since, self.written) = (Some(now), 0);
        }
        let is_written = self.written < LINES_MAX;
        if is_written {
            self.written += 1;
        } else {
            self.left_out += 1;
        }
        Verdict { is_written, left_out }
    }
}

impl Flood {
    /// Nothing was logged yet.
    pub(super) fn new(tell: fn(u64, &Metadata<'_>)) -> Self {
        Self { places: Mutex::default(), tell }
    }
}

impl<S: Subscriber> Filter<S> for Flood {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let metadata = event.metadata();
        if *metadata.level() > Level::INFO {
            return true;
        }
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let Verdict { is_written, left_out } = places.entry(metadata.callsite()).or_default().judge(Instant::now());
        drop(places);
        if left_out > 0 {
            (self.tell)(left_out, metadata);
        }
        is_written
    }
}

#[cfg(test)]
mod tests;

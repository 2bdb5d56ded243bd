//! How fast operations are done, and how long they take: over the last second, and in all.
//!
//! Operations of one request take as long as the request does. Memory is an entry for each request of the last second.

use crate::latencies;
use hdrhistogram::Histogram;
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// What "now" means.
const RECENT: Duration = Duration::from_secs(1);

/// What was done so far.
#[derive(Debug)]
pub(crate) struct Pace {
    recent: VecDeque<(Instant, Done)>,
    all: Histogram<u64>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { recent: VecDeque::new(), all: latencies::histogram() }
    }
}

/// A request that was answered.
#[derive(Clone, Copy, Debug)]
struct Done {
    operations: usize,
    took: Duration,
}

/// Half of the operations, and all but a hundredth of them, took at most so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Latency {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// What was done in the last second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recent {
    operations: usize,
    latency: Option<Latency>,
}

impl Pace {
    /// So many operations were done at `now`, and had been asked for so long before.
    pub(crate) fn done(&mut self, now: Instant, operations: usize, took: Duration) {
        let done = Done { operations, took };
        done.record(&mut self.all);
        self.recent.push_back((now, done));
    }

    /// The last second.
    pub(crate) fn recent(&mut self, now: Instant) -> Recent {
        while self.recent.front().is_some_and(|(at, _)| now.duration_since(*at) > RECENT) {
            self.recent.pop_front();
        }
        let mut latencies = latencies::histogram();
        self.recent.iter().for_each(|(_, done)| done.record(&mut latencies));
        let operations = self.recent.iter().map(|(_, done)| done.operations).sum();
        Recent { operations, latency: latency(&latencies) }
    }

    /// How long everything took, if anything was done.
    pub(crate) fn latency(&self) -> Option<Latency> {
        latency(&self.all)
    }
}

impl Done {
    fn record(self, latencies: &mut Histogram<u64>) {
        latencies::record(latencies, self.took, self.operations as u64);
    }
}

fn latency(latencies: &Histogram<u64>) -> Option<Latency> {
    let quantile = |share| latencies::quantile(latencies, share).map(Duration::from_micros);
    Some(Latency { p50: quantile(0.5)?, p99: quantile(0.99)? })
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p50 {}, p99 {}", Short(self.p50), Short(self.p99))
    }
}

impl fmt::Display for Recent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} a second", self.operations)?;
        self.latency.map_or(Ok(()), |latency| write!(f, ", {latency}"))
    }
}

/// A duration with two or three digits.
struct Short(Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_secs_f64() * 1000.0;
        match milliseconds {
            few if few < 10.0 => write!(f, "{few:.1} ms"),
            some if some < 1000.0 => write!(f, "{some:.0} ms"),
            many => write!(f, "{:.1} s", many / 1000.0),
        }
    }
}

#[cfg(test)]
mod tests;

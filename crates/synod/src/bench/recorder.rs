//! Latencies and outcomes, as they come in, for the present second and for the measured interval.

use crate::latencies;
use hdrhistogram::Histogram;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What became of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// f+1 replicas signed its result.
    Acknowledged {
        /// Whether it was the first of its request, which is how requests are counted.
        first: bool,
    },
    /// The cluster, or the store, refused it.
    Refused,
    /// It was not executed, because it never left this machine.
    NotSent,
    /// It may or may not have been executed.
    Unknown,
    /// f+1 replicas signed what cannot be its result.
    Nonsense,
}

/// How many operations ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) acknowledged: u64,
    /// Requests that the acknowledged operations were in.
    pub(super) requests: u64,
    pub(super) refused: u64,
    pub(super) not_sent: u64,
    pub(super) unknown: u64,
    pub(super) nonsense: u64,
}

/// Outcomes of some time, with the latencies of what was acknowledged in it, in microseconds.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) latencies: Histogram<u64>,
    pub(super) counts: Counts,
}

impl Default for Tally {
    fn default() -> Self {
        Self { latencies: latencies::histogram(), counts: Counts::default() }
    }
}

impl Tally {
    fn record(&mut self, latency: Duration, ended: Ended) {
        let counts = &mut self.counts;
        match ended {
            Ended::Acknowledged { first } => {
                counts.acknowledged += 1;
                counts.requests += u64::from(first);
                latencies::record(&mut self.latencies, latency, 1);
            }
            Ended::Refused => counts.refused += 1,
            Ended::NotSent => counts.not_sent += 1,
            Ended::Unknown => counts.unknown += 1,
            Ended::Nonsense => counts.nonsense += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.latencies.add(&other.latencies).expect("both have the same bounds");
        let Counts { acknowledged, requests, refused, not_sent, unknown, nonsense } = other.counts;
        self.counts.acknowledged += acknowledged;
        self.counts.requests += requests;
        self.counts.refused += refused;
        self.counts.not_sent += not_sent;
        self.counts.unknown += unknown;
        self.counts.nonsense += nonsense;
    }

    fn clear(&mut self) {
        self.latencies.reset();
        self.counts = Counts::default();
    }

    /// The latency that this share of the acknowledged operations did not exceed; none if there are none.
    pub(super) fn quantile(&self, share: f64) -> Option<u64> {
        latencies::quantile(&self.latencies, share)
    }
}

/// Takes in outcomes from all tasks.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<Sections>);

#[derive(Debug, Default)]
struct Sections {
    /// What is not in `total` yet.
    present: Tally,
    /// Since the last restart.
    total: Tally,
}

impl Recorder {
    fn lock(&self) -> MutexGuard<'_, Sections> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One operation has ended.
    pub(super) fn record(&self, latency: Duration, ended: Ended) {
        self.lock().present.record(latency, ended);
    }

    /// Forgets everything: what is measured begins here.
    pub(super) fn restart(&self) {
        let mut sections = self.lock();
        sections.present.clear();
        sections.total.clear();
    }

    /// What came in since the last call.
    pub(super) fn cut(&self) -> Tally {
        let mut sections = self.lock();
        let Sections { present, total } = &mut *sections;
        let cut = present.clone();
        total.add(present);
        present.clear();
        cut
    }

    /// Everything since the last restart.
    pub(super) fn finish(&self) -> Tally {
        self.cut();
        self.lock().total.clone()
    }
}

#[cfg(test)]
mod tests;

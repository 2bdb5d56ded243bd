//! Where the time of a request goes: how long each stage of a replica works, and how long work waits for it.
//!
//! Clocks are read per frame, group or batch, never per operation; where even that would be much, a sample is timed.

use super::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use std::sync::atomic::AtomicU64;
use std::time::Instant;

/// A part of a replica that requests go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Decoding and checking signatures, on the verification threads.
    Verify,
    /// The protocol, on the main thread, signing included.
    Order,
    /// Appending and syncing, on the log's thread.
    Log,
    /// Tasks of the service, on the executor's thread.
    Execute,
    /// Hashing states and making them durable, on the checkpoints' thread.
    Save,
    /// Encoding and queueing what goes to other replicas, on the main thread.
    Send,
    /// Encoding and queueing answers to clients, on the main thread.
    Reply,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Order => "order",
            Self::Log => "log",
            Self::Execute => "execute",
            Self::Save => "save",
            Self::Send => "send",
            Self::Reply => "reply",
        }
    }
}

/// Which stage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct StageLabel {
    stage: &'static str,
}

/// Seconds of work, by stage.
pub(crate) type Busy = Family<StageLabel, Counter<f64, AtomicU64>>;
/// Seconds of waiting, by stage.
pub(crate) type Waits = Family<StageLabel, Histogram>;

/// Durations from 20 microseconds to 2.6 seconds; the last bucket holds what took longer.
pub(super) fn durations() -> Histogram {
    Histogram::new(exponential_buckets(20e-6, 2.0, 18))
}

/// Counts from 1 to 4096; the last bucket holds more.
pub(super) fn counts() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.0, 13))
}

/// A count as the histograms take it; what is beyond 32 bits is in the last bucket anyway.
pub(crate) fn count(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Durations by stage, nothing measured yet.
pub(super) fn waits() -> Waits {
    Family::new_with_constructor(durations)
}

/// The two metrics of one stage, looked up once.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    busy: Counter<f64, AtomicU64>,
    wait: Histogram,
}

impl Meter {
    /// Does some work of the stage.
    pub(crate) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.worked(begun);
        done
    }

    /// The stage worked from `begun` until now, which is returned: reading a clock may cost a tenth of a microsecond.
    pub(crate) fn worked(&self, begun: Instant) -> Instant {
        let now = Instant::now();
        self.busy.inc_by(now.duration_since(begun).as_secs_f64());
        now
    }

    /// Something waited for the stage from `since` to `now`, which is returned.
    pub(crate) fn waited(&self, since: Instant, now: Instant) -> Instant {
        self.wait.observe(now.saturating_duration_since(since).as_secs_f64());
        now
    }
}

impl Metrics {
    /// The metrics of a stage.
    pub(crate) fn stage(&self, stage: Stage) -> Meter {
        let label = StageLabel { stage: stage.name() };
        Meter {
            busy: self.stage_seconds.get_or_create_owned(&label),
            wait: self.stage_wait_seconds.get_or_create_owned(&label),
        }
    }
}

//! A line on standard error for each second of the load.

use super::recorder::Recorder;
use super::report::milliseconds;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const STEP: Duration = Duration::from_secs(1);

/// Tells how it goes.
pub(super) struct Progress {
    begun: Instant,
}

impl Progress {
    /// The load begins now.
    pub(super) fn new() -> Self {
        Self { begun: Instant::now() }
    }

    /// Tells for so long. `note` ends every line.
    pub(super) async fn run(&self, time: Duration, recorder: &Recorder, note: &str) {
        let end = Instant::now() + time;
        let mut last = Instant::now();
        while last < end {
            sleep_until(end.min(last + STEP)).await;
            let (cut, now) = (recorder.cut(), Instant::now());
            let rate = per_second(cut.counts.acknowledged, now - last);
            let [p50, p99] = [0.5, 0.99].map(|share| milliseconds(cut.quantile(share)));
            let unknown = match cut.counts.unknown {
                0 => String::new(),
                unknown => format!("  {unknown} UNKNOWN"),
            };
            let time = (now - self.begun).as_secs_f64();
            eprintln!("{time:6.1} s  {rate:9.0} ops/s  p50 {p50:>9} ms  p99 {p99:>9} ms{unknown}  {note}");
            last = now;
        }
    }
}

/// How many a second.
pub(super) fn per_second(count: u64, time: Duration) -> f64 {
    super::report::ratio(count, time.as_secs_f64()).unwrap_or(0.0)
}

//! Histograms of how long operations took, in microseconds, as the load generator and the demonstration keep them.

use hdrhistogram::Histogram;
use std::time::Duration;

/// The longest latency that is told apart, in microseconds: an hour. Longer ones count as that.
pub(crate) const LATENCY_MAX: u64 = 3_600_000_000;
/// Latencies are exact to three digits.
const DIGITS: u8 = 3;

/// An empty histogram.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_MAX, DIGITS).expect("the bounds make a histogram")
}

/// Notes that so many operations took so long.
pub(crate) fn record(latencies: &mut Histogram<u64>, latency: Duration, operations: u64) {
    latencies.saturating_record_n(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX), operations);
}

/// The latency that this share of the operations did not exceed; none if there are none.
pub(crate) fn quantile(latencies: &Histogram<u64>, share: f64) -> Option<u64> {
    (!latencies.is_empty()).then(|| latencies.value_at_quantile(share))
}

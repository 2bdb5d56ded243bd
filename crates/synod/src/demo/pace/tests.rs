//! Rates and latencies of requests of different sizes.

use super::*;

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn every_operation_counts_as_much_as_every_other() {
    let (mut pace, now) = (Pace::default(), Instant::now());
    assert_eq!(pace.latency(), None);
    pace.done(now, 98, milliseconds(2));
    pace.done(now, 1, milliseconds(900));
    pace.done(now, 1, milliseconds(30));
    assert_eq!(pace.latency(), Some(Latency { p50: milliseconds(2), p99: milliseconds(30) }));
    pace.done(now, 200, milliseconds(5));
    assert_eq!(pace.latency().map(|latency| latency.p50), Some(milliseconds(5)));
}

#[test]
fn only_the_last_second_is_recent() {
    let (mut pace, start) = (Pace::default(), Instant::now());
    pace.done(start, 10, milliseconds(1500));
    pace.done(start + milliseconds(900), 20, milliseconds(4));
    assert_eq!(pace.recent(start + milliseconds(1000)).to_string(), "30 a second, p50 4.0 ms, p99 1.5 s");
    assert_eq!(pace.recent(start + milliseconds(1001)).to_string(), "20 a second, p50 4.0 ms, p99 4.0 ms");
    assert_eq!(pace.recent(start + milliseconds(3000)).to_string(), "0 a second");
    assert_eq!(pace.latency().map(|latency| latency.p99), Some(milliseconds(1500)), "in all");
}

#[test]
fn durations_have_two_or_three_digits() {
    let shown = [0, 1, 9, 10, 345, 1000, 61_000].map(|number| Short(milliseconds(number)).to_string());
    assert_eq!(shown, ["0.0 ms", "1.0 ms", "9.0 ms", "10 ms", "345 ms", "1.0 s", "61.0 s"]);
}

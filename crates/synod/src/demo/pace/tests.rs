//! Rates and latencies of requests of different sizes.

use super::*;

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Whether these are the two, to three digits, which is what is kept of each.
#[track_caller]
fn assert_close(latency: Option<Latency>, p50: u64, p99: u64) {
    let Some(latency) = latency else { panic!("nothing was done") };
    for (found, expected) in [(latency.p50, p50), (latency.p99, p99)] {
        let expected = milliseconds(expected);
        assert!(found.abs_diff(expected) * 1000 <= expected, "{found:?} is not {expected:?}");
    }
}

#[test]
fn every_operation_counts_as_much_as_every_other() {
    let (mut pace, now) = (Pace::default(), Instant::now());
    assert_eq!(pace.latency(), None);
    pace.done(now, 98, milliseconds(2));
    pace.done(now, 1, milliseconds(900));
    pace.done(now, 1, milliseconds(30));
    assert_close(pace.latency(), 2, 30);
    pace.done(now, 200, milliseconds(5));
    assert_close(pace.latency(), 5, 5);
}

#[test]
fn only_the_last_second_is_recent() {
    let (mut pace, start) = (Pace::default(), Instant::now());
    pace.done(start, 10, milliseconds(1500));
    pace.done(start + milliseconds(900), 20, milliseconds(4));
    assert_eq!(pace.recent(start + milliseconds(1000)).to_string(), "30 a second, p50 4.0 ms, p99 1.5 s");
    assert_eq!(pace.recent(start + milliseconds(1001)).to_string(), "20 a second, p50 4.0 ms, p99 4.0 ms");
    assert_eq!(pace.recent(start + milliseconds(3000)).to_string(), "0 a second");
    assert_close(pace.latency(), 4, 1500);
}

#[test]
fn durations_have_two_or_three_digits() {
    let shown = [0, 1, 9, 10, 345, 1000, 61_000].map(|number| Short(milliseconds(number)).to_string());
    assert_eq!(shown, ["0.0 ms", "1.0 ms", "9.0 ms", "10 ms", "345 ms", "1.0 s", "61.0 s"]);
}

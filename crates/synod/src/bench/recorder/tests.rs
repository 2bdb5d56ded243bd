//! Counts and latencies land in the section they belong to.

use super::*;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[test]
fn only_acknowledged_operations_have_a_latency() {
    let recorder = Recorder::default();
    for latency in 1..=100 {
        recorder.record(millis(latency), Ended::Acknowledged { first: latency % 10 == 0 });
    }
    for ended in [Ended::Refused, Ended::NotSent, Ended::Unknown, Ended::Nonsense] {
        recorder.record(millis(5000), ended);
    }
    let tally = recorder.finish();
    let expected = Counts { acknowledged: 100, requests: 10, refused: 1, not_sent: 1, unknown: 1, nonsense: 1 };
    assert_eq!(tally.counts, expected);
    let quantiles = [0.5, 0.99, 1.0].map(|share| tally.quantile(share).map(|time| time / 1000));
    assert_eq!(quantiles, [Some(50), Some(99), Some(100)]);
}

#[test]
fn seconds_are_cut_off_and_add_up_and_a_restart_forgets() {
    let recorder = Recorder::default();
    recorder.record(millis(900), Ended::Acknowledged { first: true });
    assert_eq!(recorder.cut().counts.acknowledged, 1);
    recorder.record(millis(900), Ended::Unknown);
    recorder.restart();
    recorder.record(millis(1), Ended::Acknowledged { first: true });
    assert_eq!(recorder.cut().quantile(1.0), Some(1000));
    assert_eq!(recorder.cut().quantile(1.0), None, "nothing came in since");
    recorder.record(millis(2), Ended::Acknowledged { first: false });
    let total = recorder.finish();
    assert_eq!((total.counts.acknowledged, total.counts.requests, total.counts.unknown), (2, 1, 0));
    assert_eq!((total.quantile(0.5), total.quantile(1.0)), (Some(1000), Some(2000)));
}

#[test]
fn a_latency_beyond_all_bounds_is_counted_as_the_longest() {
    let recorder = Recorder::default();
    recorder.record(Duration::from_secs(10_000), Ended::Acknowledged { first: true });
    recorder.record(Duration::ZERO, Ended::Acknowledged { first: false });
    let tally = recorder.finish();
    assert!(tally.quantile(1.0).is_some_and(|longest| longest >= latencies::LATENCY_MAX));
    assert_eq!(tally.counts.acknowledged, 2);
}

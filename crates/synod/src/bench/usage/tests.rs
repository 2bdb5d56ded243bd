//! Differences of two moments, and what they leave open.

use super::*;

fn usage(cpu: u64, log: u64, batches: u64, requests: u64) -> Option<Usage> {
    let mut usage = Usage { cpu_microseconds: Some(cpu), uptime_microseconds: cpu, ..Usage::default() };
    usage.syncs.log = log;
    (usage.executed.batches, usage.executed.requests) = (batches, requests);
    Some(usage)
}

fn snapshot(own: u64, replicas: [Option<Usage>; 2]) -> Snapshot {
    Snapshot { own, replicas: replicas.to_vec() }
}

#[test]
fn what_all_replicas_used_is_added_up() {
    let before = snapshot(7, [usage(100, 1, 10, 100), usage(200, 2, 10, 100)]);
    let after = snapshot(10, [usage(150, 4, 20, 140), usage(260, 6, 30, 180)]);
    let expected =
        Used { own_cpu_us: 3, cpu_us: Some(110), syncs: Some(7), batches: 30, requests: 120, silent: vec![] };
    assert_eq!(between(&before, &after), expected);
}

#[test]
fn a_replica_that_is_silent_or_started_anew_leaves_the_sums_open() {
    let before = snapshot(0, [usage(100, 1, 10, 100), usage(200, 2, 10, 100)]);
    for last in [None, usage(20, 1, 5, 9)] {
        let used = between(&before, &snapshot(0, [usage(150, 4, 20, 140), last]));
        assert_eq!((used.cpu_us, used.syncs, used.silent), (None, None, vec![1]));
        assert_eq!((used.batches, used.requests), (10, 40), "means are those of the others");
    }
    let mut mute = usage(300, 3, 11, 101);
    mute.iter_mut().for_each(|usage| usage.cpu_microseconds = None);
    let used = between(&before, &snapshot(0, [usage(150, 4, 20, 140), mute]));
    assert_eq!((used.cpu_us, used.syncs), (None, Some(4)), "what it does not know is open, the rest is not");
}

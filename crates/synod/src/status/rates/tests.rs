//! Rates from two answers, honest ones and others, and how numbers are shown.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_node::status::{Syncs, Work};

fn usage(uptime_microseconds: u64, operations: u64, cpu: Option<u64>, log: u64) -> Usage {
    Usage {
        uptime_microseconds,
        cpu_microseconds: cpu,
        executed: Work { operations, ..Work::default() },
        syncs: Syncs { log, ..Syncs::default() },
        ..Usage::default()
    }
}

#[test]
fn rates_are_by_the_replica_s_own_clock() {
    let (earlier, later) = (usage(1_000_000, 100, Some(10), 3), usage(3_000_000, 300, Some(1_000_010), 13));
    let expected = Rates { operations: 100.0, cpu_percent: Some(50.0), syncs: 5.0 };
    assert_eq!(Rates::between(&earlier, &later), Some(expected));
    let unknown = Rates::between(&usage(0, 0, None, 0), &later).unwrap();
    assert_eq!(unknown.cpu_percent, None);
}

#[test]
fn a_restart_and_a_clock_that_stands_still_give_no_rates() {
    let usage = |uptime| usage(uptime, 5, None, 5);
    assert_eq!(Rates::between(&usage(9_000_000), &usage(1_000_000)), None);
    assert_eq!(Rates::between(&usage(9), &usage(9)), None);
}

#[test]
fn numbers_of_liars_are_shown_in_few_characters() {
    let lie = Rates::between(&usage(0, 0, Some(0), 0), &usage(1, u64::MAX, Some(u64::MAX), u64::MAX)).unwrap();
    for number in [lie.operations, lie.syncs, lie.cpu_percent.unwrap(), -1.0, f64::INFINITY, f64::NAN] {
        assert!(short(number).len() <= 6, "{}", short(number));
    }
    let back = Rates::between(&usage(0, 9, Some(9), 9), &usage(1_000_000, 0, Some(0), 0)).unwrap();
    assert_eq!((back.operations, back.cpu_percent, back.syncs), (0.0, Some(0.0), 0.0));
}

#[test]
fn numbers_keep_two_or_three_digits() {
    let shown = [0.0, 0.04, 7.26, 9.96, 42.4, 999.4, 999.6, 12_345.0, 123_456.0, 4_000_000.0].map(short);
    assert_eq!(shown, ["0", "0.0", "7.3", "10", "42", "999", "1.0k", "12.3k", "123k", "4.0M"]);
    assert_eq!([0, 1023, 1024, 55_000_000, u64::MAX].map(size), ["0 B", "1023 B", "1 KiB", "52 MiB", "15 EiB"]);
}

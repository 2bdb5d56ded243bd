//! The report says what was measured, what could not be, and what went wrong.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::bench::probe::Probe;
use crate::bench::recorder::{Ended, Recorder};
use crate::cli::{Cli, Command};
use clap::Parser;

fn arguments(more: &[&str]) -> Bench {
    let line = [&["synod", "bench"], more].concat();
    let Command::Bench(arguments) = Cli::try_parse_from(line).unwrap().command else { panic!("it is bench") };
    arguments
}

/// Ten operations of 4 ms in two requests, in half a second.
fn report(more: &[&str], failed: &[Ended], used: Used) -> Report {
    let recorder = Recorder::default();
    for number in 0..10 {
        recorder.record(Duration::from_millis(4), Ended::Acknowledged { first: number % 5 == 0 });
    }
    failed.iter().for_each(|ended| recorder.record(Duration::from_secs(1), *ended));
    let probes = Probes { before: Probe { p50_us: 100 }, beside: Probe { p50_us: 1000 } };
    let place = (Path::new("somewhere"), probes);
    Report::new(&arguments(more), 4, &recorder.finish(), Duration::from_millis(500), used, place)
}

fn used() -> Used {
    Used { own_cpu_us: 50, cpu_us: Some(450), syncs: Some(5), batches: 4, requests: 8, silent: vec![] }
}

fn json(report: &Report) -> serde_json::Value {
    serde_json::to_value(report).unwrap()
}

#[test]
fn everything_is_for_each_acknowledged_operation() {
    let report = json(&report(&[], &[], used()));
    let close = |key: &str, expected: f64| {
        let found = report[key].as_f64().unwrap_or_else(|| panic!("no number {key} in {report}"));
        assert!((found - expected).abs() < expected * 0.002, "{key} is {found}, not {expected}");
    };
    close("ops_per_second", 20.0);
    close("cpu_us_per_op", 50.0);
    close("cpu_us_per_op_client", 5.0);
    close("fsyncs_per_op", 0.5);
    close("batch_mean", 2.0);
    close("bundle_mean", 5.0);
    for key in ["p50_us", "p99_us", "p999_us"] {
        close(key, 4000.0);
    }
    close("fsync_p50_us", 1000.0);
    close("fsync_idle_p50_us", 100.0);
    assert_eq!((&report["errors"], &report["unknown"]), (&0.into(), &0.into()));
}

#[test]
fn what_a_silent_replica_used_is_null_and_the_text_names_it() {
    let report = report(&[], &[], Used { cpu_us: None, syncs: None, silent: vec![2], ..used() });
    let value = json(&report);
    assert_eq!([&value["cpu_us_per_op"], &value["fsyncs_per_op"]], [&serde_json::Value::Null; 2]);
    assert_eq!(value["silent_replicas"], serde_json::json!([2]));
    let text = report.text();
    assert!(text.contains("What replicas 2 used is not known"), "{text}");
}

#[test]
fn what_went_wrong_is_said() {
    let report = report(&[], &[Ended::Refused, Ended::NotSent, Ended::NotSent, Ended::Unknown], used());
    let value = json(&report);
    assert_eq!((&value["errors"], &value["unknown"]), (&3.into(), &1.into()));
    let text = report.text();
    for words in ["1 operations WERE REFUSED", "2 operations WERE NEVER SENT", "1 operations HAVE AN UNKNOWN OUTCOME"] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
}

#[test]
fn one_operation_alone_is_compared_with_the_disk() {
    let alone = ["--clients", "1", "--outstanding", "1"];
    let text = report(&alone, &[], used()).text();
    assert!(text.contains("as long as 4.0 syncs; within the aim of 3 syncs and 2 ms, which is 5.00 ms"), "{text}");
    assert!(!report(&["--clients", "2", "--outstanding", "1"], &[], used()).text().contains("Alone"));
}

#[test]
fn columns_are_aligned() {
    let text = report(&[], &[], used()).text();
    assert!(text.starts_with("4 replicas; 1 client with 64 outstanding each; puts, 256-byte values"), "{text}");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("  ")).collect();
    assert!(rows.len() >= 9, "{text}");
    // A name, a number that ends where every other ends, and a unit that begins where every other begins.
    let offsets = rows.iter().map(|row| {
        let gap = row.trim_end().rfind("  ").unwrap();
        (row[..gap].trim_end().len(), row.len() - row[gap..].trim_start().len())
    });
    let offsets: Vec<_> = offsets.collect();
    assert!(offsets.iter().all(|offset| *offset == offsets[0]), "{offsets:?} in\n{text}");
    assert!(rows[0].starts_with("  rate     "), "{text}");
}

//! Measuring a real cluster for a second: the numbers are there and fit together.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Cluster, synod, text};

fn bench(cluster: &Cluster, more: &[&str]) -> support::Ended {
    let dir = cluster.path("client");
    synod(&[&["bench", "--dir", text(&dir), "--seconds", "1", "--warmup", "0s"], more].concat())
}

#[test]
fn a_load_is_measured() {
    let cluster = Cluster::new();
    let _running = cluster.run();
    let ended = bench(&cluster, &["--clients", "2", "--outstanding", "8", "--read-percent", "25", "--json"]);
    let report = ended.expect(0, &["ops/s"]).json();
    let positive =
        ["ops_per_second", "cpu_us_per_op", "fsyncs_per_op", "batch_mean", "bundle_mean", "acknowledged", "seconds"];
    for key in positive {
        assert!(report[key].as_f64().is_some_and(|value| value > 0.0), "{key} in {report:#}");
    }
    // A clock may be too coarse for these, and a disk too fast.
    for key in ["p50_us", "p99_us", "p999_us", "fsync_p50_us", "fsync_idle_p50_us"] {
        assert!(report[key].is_u64(), "{key} in {report:#}");
    }
    assert_eq!((&report["errors"], &report["unknown"]), (&0.into(), &0.into()), "{report:#}");
    assert_eq!(
        (&report["clients"], &report["outstanding"], &report["value_size"]),
        (&2.into(), &8.into(), &256.into())
    );
    assert!(report["p50_us"].as_u64() <= report["p99_us"].as_u64());
    let bundle = report["bundle_mean"].as_f64().unwrap();
    assert!((1.0..=8.0).contains(&bundle), "a client has 8 operations to put into a request: {bundle}");

    let told = bench(&cluster, &["--outstanding", "1"]).expect(0, &[]).output;
    assert!(told.contains("Alone, an operation takes as long as"), "{told}");
}

#[test]
fn without_replicas_nothing_is_measured() {
    let cluster = Cluster::new();
    let dir = cluster.path("client");
    let ended = synod(&["bench", "--dir", text(&dir), "--timeout", "1s"]);
    assert_eq!(ended.expect(3, &["0 of 4 replicas can be reached, 3 are needed"]).output, "");
    synod(&["bench", "--dir", text(&dir), "--clients", "0"]).expect(64, &["0 is not in 1..=63"]);
}

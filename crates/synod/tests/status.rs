//! The status of a cluster of which one replica is gone, once and again and again.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use support::{Cluster, Running, command, synod, text};

#[test]
fn a_replica_that_is_gone_is_named_and_the_others_tell_what_they_do() {
    let cluster = Cluster::new();
    let _running = [0, 1, 2].map(|id| Running::start(&cluster, &format!("replica-{id}"), "runs"));
    let dir = cluster.path("client");
    synod(&["kv", "--dir", text(&dir), "put", "key", "value"]).expect(0, &[]);
    let status = synod(&["status", "--dir", text(&dir), "--timeout", "20s", "--json"]).expect(0, &[]).json();
    assert_eq!((&status["tolerates"], &status["answering"]), (&0.into(), &3.into()), "{status:#}");
    let replicas = status["replicas"].as_array().unwrap();
    assert!(replicas[3]["unreachable"].as_str().unwrap().contains("refused"), "{status:#}");
    assert_eq!((&replicas[0]["primary"], &replicas[1]["primary"]), (&true.into(), &false.into()), "{status:#}");
    for replica in &replicas[..3] {
        let usage = &replica["usage"];
        assert!(usage["uptime_seconds"].as_f64() > Some(0.0) && usage["cpu_seconds"].as_f64() > Some(0.0), "{usage:#}");
        assert!(usage["log_syncs"].as_u64() > Some(0), "{usage:#}");
        assert!(usage["operations_per_second"].as_f64() >= Some(0.0), "{usage:#}");
    }
    let executed = |replica: &Value| replica["usage"]["operations"].as_u64().unwrap();
    assert!(replicas[..3].iter().filter(|replica| executed(replica) == 1).count() >= 2, "{status:#}");

    let mut watching = command(&["status", "--dir", text(&dir), "--watch", "--interval", "200ms", "--json"]);
    let mut watching = watching.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut samples = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    // Some may come too early for an answer, and the first has nothing to compare with.
    let has_rates = |sample: &Value| sample["replicas"][0]["usage"]["syncs_per_second"].is_f64();
    assert!(samples.by_ref().take(100).any(|sample| has_rates(&sample)), "no rates in a hundred samples");
    drop(samples);
    // Its reader is gone, and so it ends by itself.
    assert!(watching.wait().unwrap().success());
}

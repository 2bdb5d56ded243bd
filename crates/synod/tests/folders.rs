//! What a replica and a client refuse to start with, and with which code.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use support::{Cluster, Running, start, synod, text};

#[test]
fn keys_that_are_missing_exposed_or_foreign_are_refused() {
    let cluster = Cluster::new();
    let key = |name: &str| cluster.path(name).join("voting.key");
    fs::remove_file(key("replica-0")).unwrap();
    start(&cluster, "replica-0").expect(78, &["voting.key", "missing"]);
    fs::set_permissions(key("replica-1"), Permissions::from_mode(0o644)).unwrap();
    start(&cluster, "replica-1").expect(78, &["voting.key", "mode 644", "chmod 600"]);
    fs::copy(key("replica-3"), key("replica-2")).unwrap();
    start(&cluster, "replica-2").expect(78, &["voting.key", "voting key of replica 2"]);
    fs::write(key("replica-3"), "not a key\n").unwrap();
    start(&cluster, "replica-3").expect(78, &["voting.key", "not a key file"]);
    fs::remove_file(cluster.path("client").join("client.key")).unwrap();
    let client = cluster.path("client");
    synod(&["kv", "--dir", text(&client), "get", "key"]).expect(78, &["client.key", "missing"]);
}

#[test]
fn a_descriptor_that_was_changed_or_is_none_is_refused() {
    let cluster = Cluster::new();
    let descriptor = cluster.path("replica-0").join("descriptor.toml");
    let content = fs::read_to_string(&descriptor).unwrap();
    fs::write(&descriptor, content.replace("faults = 1", "faults = 0")).unwrap();
    start(&cluster, "replica-0").expect(78, &["descriptor.toml", "operator dev", "changed after signing"]);
    fs::write(&descriptor, content.replace("faults = 1", "fault = 1")).unwrap();
    start(&cluster, "replica-0").expect(78, &["descriptor.toml", "fault"]);
    fs::write(&descriptor, "what is this").unwrap();
    start(&cluster, "replica-0").expect(78, &["descriptor.toml", "line 1"]);
}

#[test]
fn a_folder_that_is_not_a_replicas_is_refused() {
    let cluster = Cluster::new();
    start(&cluster, "nowhere").expect(78, &["nowhere", "missing"]);
    start(&cluster, "client").expect(78, &["replica.toml", "missing"]);
    let replica = cluster.path("replica-0");
    synod(&["status", "--dir", text(&replica)]).expect(78, &["client.key", "missing"]);
}

#[test]
fn one_folder_runs_once_and_only_with_its_log() {
    let cluster = Cluster::new();
    let running = Running::start(&cluster, "replica-0", "waiting: 1 of 3 needed");
    start(&cluster, "replica-0").expect(78, &["another process runs on this folder"]);
    drop(running);
    fs::remove_dir_all(cluster.path("replica-0").join("data")).unwrap();
    start(&cluster, "replica-0").expect(78, &["has voted before", "log is gone"]);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let cluster = Cluster::new();
    let report = fs::read_to_string(cluster.path("replica-0").join("descriptor.toml")).unwrap();
    let address = report.split('"').find(|word| word.starts_with("127.0.0.1:")).unwrap().to_owned();
    let _listener = std::net::TcpListener::bind(&address).unwrap();
    start(&cluster, "replica-0").expect(74, &[&address, "cannot listen"]);
}

#[test]
fn a_replica_ends_in_order_when_its_standard_input_closes() {
    let cluster = Cluster::new();
    let mut running = Running::start(&cluster, "replica-0", "waiting: 1 of 3 needed");
    drop(running.0.stdin.take());
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn a_replica_of_a_real_cluster_does_not_lie() {
    let cluster = Cluster::new();
    support::sign_again(&cluster, "replica-0", |descriptor| descriptor.dev = false);
    let dir = cluster.path("replica-0");
    synod(&["start", "--dir", text(&dir), "--lie", "silent"]).expect(78, &["--lie silent", "must not lie"]);
}

#[test]
fn nobody_there_is_told_apart_from_an_unknown_outcome() {
    let cluster = Cluster::new();
    let client = cluster.path("client");
    let put = |more: &[&str]| synod(&[&["kv", "--dir", text(&client), "--timeout", "1s"], more].concat());
    put(&["put", "key", "value"]).expect(3, &["no replica could be reached", "nothing was written"]);
    let status = synod(&["status", "--dir", text(&client), "--timeout", "500ms"]).expect(3, &[]);
    assert!(status.output.starts_with("no quorum: 0 of 4 replicas answer and 3 are needed"), "{status:#?}");
    let _alone = Running::start(&cluster, "replica-0", "waiting: 1 of 3 needed");
    put(&["put", "key", "value"]).expect(3, &["THE OUTCOME IS UNKNOWN", "may have happened"]);
    let read = put(&["get", "key", "--json"]).expect(3, &["nothing was read"]);
    assert_eq!(read.json()["outcome"], "unknown");
}

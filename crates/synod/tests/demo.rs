//! The demonstration, end to end: processes, TLS, disks, attacks.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use support::{command, free_ports, synod, text};
use tempfile::TempDir;

fn demo(attack: &str, more: &[&str]) -> Value {
    let arguments = [&["demo", "--ops", "200", "--exit", "--json", "--attack", attack], more].concat();
    let report = synod(&arguments).expect(0, &[]).json();
    assert_eq!(report["acknowledged"], 200, "{report:#}");
    for zero in ["lost", "wrong", "unread", "unacknowledged"] {
        assert_eq!(report[zero], 0, "{report:#}");
    }
    assert!(report["ops_per_second"].as_f64().unwrap() > 0.0, "{report:#}");
    let (p50, p99) = (report["p50_us"].as_u64().unwrap(), report["p99_us"].as_u64().unwrap());
    assert!(p50 <= p99, "{report:#}");
    report
}

#[test]
fn an_honest_cluster_survives_a_kill() {
    let report = demo("none", &[]);
    assert_eq!(report["killed"], 3, "{report:#}");
    assert_eq!(report["recovered"], true, "{report:#}");
    assert_eq!(report["evidence"], 0, "{report:#}");
}

#[test]
fn a_silent_primary_is_replaced_and_not_accused() {
    let report = demo("silent", &[]);
    assert!(report["view_changes"].as_u64().unwrap() >= 1, "{report:#}");
    assert_eq!(report["evidence"], 0, "{report:#}");
    assert_eq!(report["killed"], Value::Null, "one liar and one dead are more than four replicas tolerate: {report:#}");
}

#[test]
fn an_equivocating_primary_is_replaced_and_proved_to_have_lied() {
    let report = demo("equivocate", &[]);
    assert!(report["view_changes"].as_u64().unwrap() >= 1, "{report:#}");
    assert!(report["evidence"].as_u64().unwrap() >= 1, "{report:#}");
    let accused = report["accused"].as_array().unwrap();
    assert_eq!(accused.len(), 1, "{report:#}");
    assert_eq!(accused[0]["replica"], 0, "{report:#}");
}

/// A demonstration that stays up, the port of its first replica, and where its temporary folder is.
fn stay_up() -> (Child, u16, TempDir) {
    let port = free_ports(8);
    let folder = tempfile::tempdir().unwrap();
    let mut child = command(&["demo", "--ops", "10", "--base-port", &port.to_string()])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("stays up until Ctrl-C")), "it ended with {:?}", child.wait());
    thread::spawn(move || lines.for_each(drop));
    (child, port, folder)
}

/// Waits until nobody holds the log of any replica of the demonstration in this folder: a process that ends lets go.
fn wait_until_replicas_are_gone(folder: &Path) {
    let place = folder.read_dir().unwrap().next().unwrap().unwrap().path();
    let locks: Vec<_> = (0..4).map(|id| place.join(format!("cluster/replica-{id}/data/log.lock"))).collect();
    let (sender, gone) = mpsc::channel();
    for lock in locks {
        let (file, sender) = (File::open(&lock).unwrap(), sender.clone());
        thread::spawn(move || sender.send(file.lock()));
    }
    for _ in 0..4 {
        gone.recv_timeout(Duration::from_secs(20)).expect("a replica outlives its demonstration").unwrap();
    }
}

#[test]
fn a_demonstration_that_is_killed_takes_its_replicas_with_it() {
    let (mut demo, _, folder) = stay_up();
    demo.kill().unwrap();
    demo.wait().unwrap();
    wait_until_replicas_are_gone(folder.path());
    assert_eq!(folder.path().read_dir().unwrap().count(), 1, "nobody was left to remove the folder");
    let mut next = command(&["demo", "--ops", "1", "--replicas", "1", "--exit"]);
    let next = next.env("TMPDIR", folder.path()).output().unwrap();
    assert!(next.status.success(), "{next:?}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the next one removes it");
}

#[test]
fn a_demonstration_ends_in_order_when_it_is_told_to() {
    let (mut demo, port, folder) = stay_up();
    let told = Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(demo.wait().unwrap().success());
    let listens = |port: &u16| TcpStream::connect(("127.0.0.1", *port)).is_ok();
    assert_eq!((port..port + 4).find(listens), None, "it waits for its replicas");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "a temporary folder goes in the end");
}

#[test]
fn a_folder_that_was_asked_for_stays_with_its_logs() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("kept");
    demo("none", &["--dir", text(&dir), "--replicas", "1"]);
    assert!(dir.join("replica-0.log").is_file() && dir.join("replica-0").join("data").is_dir());
    synod(&["demo", "--exit", "--dir", text(&dir)]).expect(78, &["already exists and is not empty"]);
}

//! Writing many keys: what is printed is written, and what is wrong in the input is named.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::process::Stdio;
use support::{Cluster, Ended, command, synod, text};

fn import(cluster: &Cluster, input: &str, more: &[&str]) -> Ended {
    let dir = cluster.path("client");
    let mut child = command(&[&["kv", "--dir", text(&dir), "import"], more].concat());
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn what_is_printed_is_written_and_can_be_read_as_it_was_given() {
    let cluster = Cluster::new();
    let _running = cluster.run();
    let line = |number| format!("key-{number:03}\tvalue {number}\n");
    let input: String = (0..200).map(line).collect();
    let printed = import(&cluster, &input, &["--timeout", "60s"]).expect(0, &[]).output;
    let mut keys: Vec<&str> = printed.lines().collect();
    keys.sort_unstable();
    assert_eq!(keys, (0..200).map(|number| format!("key-{number:03}")).collect::<Vec<_>>());
    let dir = cluster.path("client");
    assert_eq!(synod(&["kv", "--dir", text(&dir), "range", ""]).expect(0, &[]).output, input);

    let printed = import(&cluster, "a\t1\nb\t2\nno tab\nc\t3\n", &["--json"]);
    let printed = printed.expect(64, &["line 3: no tab", "2 keys were written"]).output;
    let keys: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!([&keys[0]["key"], &keys[1]["key"]], ["a", "b"]);
    assert!(keys[0]["revision"].as_u64() < keys[1]["revision"].as_u64());
}

#[test]
fn without_replicas_nothing_is_printed_and_the_end_is_3() {
    let cluster = Cluster::new();
    let ended = import(&cluster, "a\t1\n", &["--timeout", "1s"]);
    assert_eq!(ended.expect(3, &["no replica could be reached", "0 keys were written"]).output, "");
}

#[test]
fn a_value_from_a_file_is_written_byte_by_byte_up_to_the_largest() {
    let cluster = Cluster::new();
    let _running = cluster.run();
    let (dir, file) = (cluster.path("client"), cluster.path("value"));
    let largest: String = "-1\t\n ".chars().cycle().take(1 << 20).collect();
    std::fs::write(&file, &largest).unwrap();
    let kv = |arguments: &[&str]| synod(&[&["kv", "--dir", text(&dir), "--timeout", "60s"], arguments].concat());
    kv(&["put", "large", "--file", text(&file)]).expect(0, &[]);
    assert_eq!(kv(&["get", "large", "--json"]).expect(0, &[]).json()["entry"]["value"], largest);
    kv(&["put", "below zero", "-5"]).expect(0, &[]);
    assert_eq!(kv(&["get", "below zero"]).expect(0, &[]).output, "-5\n");
}

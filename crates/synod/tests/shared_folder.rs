//! Several commands at once with one client's folder: each is told the truth about its own operation.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::{Child, Stdio};
use support::{Cluster, Ended, command, synod, text};

/// Commands that run at once. Those of all four rounds together are fewer than the sessions that replicas remember.
const TOGETHER: u32 = 10;

fn kv(cluster: &Cluster, arguments: &[&str]) -> Child {
    let dir = cluster.path("client");
    let mut child = command(&[&["kv", "--dir", text(&dir), "--timeout", "60s"], arguments].concat());
    child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn end(children: Vec<Child>) -> Vec<Ended> {
    children.into_iter().map(|child| child.wait_with_output().unwrap().into()).collect()
}

#[test]
fn commands_that_share_a_folder_take_no_answer_for_their_own_that_is_another_s() {
    let cluster = Cluster::new();
    let _replicas = cluster.run();
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        let keys: Vec<String> = (0..TOGETHER).map(|number| format!("key-{round}-{number}")).collect();
        let ended = end(keys.iter().map(|key| kv(&cluster, &["put", key, key])).collect());
        for (key, ended) in keys.into_iter().zip(ended) {
            assert_eq!(ended.code, 0, "none of them ends the session of another: {ended:#?}");
            acknowledged.push(key);
        }
    }
    let dir = cluster.path("client");
    let there = synod(&["kv", "--dir", text(&dir), "range", "key-"]).expect(0, &[]).output;
    let there: Vec<&str> = there.lines().filter_map(|line| line.split('\t').next()).collect();
    assert!(acknowledged.iter().all(|key| there.contains(&key.as_str())), "{acknowledged:?} but {there:?}");

    for round in 0..4 {
        let lock = format!("lock-{round}");
        let ended = end((0..TOGETHER).map(|_| kv(&cluster, &["cas", &lock, "--absent", "mine"])).collect());
        let winners = ended.iter().filter(|ended| ended.code == 0).count();
        assert_eq!(winners, 1, "so many hold {lock}: {ended:#?}");
    }
}

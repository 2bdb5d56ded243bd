//! What an operation's end means, for itself and for how the command ends; and what is asked.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::bench::load::judge;
use crate::bench::recorder::Ended;
use crate::bench::workload::{Sort, Workload};
use bytes::Bytes;
use std::collections::BTreeSet;
use synod_kv::Operation;
use synod_node::CallError;

fn operations(workload: &mut Workload, count: usize) -> Vec<(Sort, Bytes)> {
    (0..count).map(|_| workload.next()).collect()
}

#[test]
fn a_workload_is_the_same_each_time_and_another_for_each_task() {
    let make = |task| Workload::new(task, 50, 0, 256);
    let first = operations(&mut make(1), 500);
    assert_eq!(first, operations(&mut make(1), 500));
    assert_ne!(first, operations(&mut make(2), 500));
    let mut keys = BTreeSet::new();
    let mut values = BTreeSet::new();
    for (sort, encoded) in first {
        let Operation::Put { key, value } = Operation::parse(&encoded).unwrap() else { panic!("no reads were wanted") };
        assert_eq!((sort, value.len()), (Sort::Put, 256));
        keys.insert(key);
        values.insert(value);
    }
    assert_eq!((keys.len(), values.len()), (50, 500), "all keys, and never the same value");
}

#[test]
fn so_many_of_a_hundred_are_gets() {
    let count = |percent| {
        let all = operations(&mut Workload::new(7, 10, percent, 0), 2000);
        for (sort, encoded) in &all {
            let is_get = matches!(Operation::parse(encoded).unwrap(), Operation::Get { .. });
            assert_eq!(is_get, *sort == Sort::Get);
        }
        all.iter().filter(|(sort, _)| *sort == Sort::Get).count()
    };
    assert_eq!((count(0), count(100)), (0, 2000));
    assert!((500..700).contains(&count(30)));
}

#[test]
fn the_most_clients_and_the_observer_may_all_be_connected() {
    let connections = usize::try_from(arguments::CLIENTS_MAX + 1).unwrap();
    assert_eq!(connections, synod_node::Limits::default().connections_per_client);
}

#[test]
fn what_was_not_submitted_is_not_unknown() {
    assert_eq!(judge(Sort::Put, Err(CallError::Ended)), Ended::NotSent);
}

#[test]
fn the_end_is_good_only_if_something_was_acknowledged_and_everything_made_sense() {
    let code = |counts| verdict(counts).err().map_or(0, |failure| failure.cause().code());
    let counts = Counts::default();
    assert_eq!(code(counts), 3);
    assert_eq!(code(Counts { unknown: 5, ..counts }), 3);
    assert_eq!(code(Counts { refused: 5, ..counts }), 1);
    assert_eq!(code(Counts { acknowledged: 1, refused: 5, unknown: 1, ..counts }), 0);
    assert_eq!(code(Counts { acknowledged: 1, nonsense: 1, ..counts }), 4);
}

#[test]
fn the_disk_is_measured_where_the_replicas_are_if_that_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let client = folder.path().join("client");
    std::fs::create_dir_all(&client).unwrap();
    assert_eq!(probe::near(&client), std::env::current_dir().unwrap());
    std::fs::create_dir_all(folder.path().join("replica-0").join("data")).unwrap();
    let near = probe::near(&client);
    assert_eq!(near, folder.path().canonicalize().unwrap());
    let before = std::fs::read_dir(&near).unwrap().count();
    let (alone, beside) = (Probe::run(&near).unwrap(), Beside::start(&near).unwrap().end().unwrap());
    assert!(alone.p50_us > 0 && beside.p50_us > 0);
    assert_eq!(std::fs::read_dir(&near).unwrap().count(), before, "nothing is left behind");
}

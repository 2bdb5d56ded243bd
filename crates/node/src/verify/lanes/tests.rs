//! Neither lane starves the other, and closing lets everybody go.

use super::*;
use std::sync::Arc;
use std::thread;

#[test]
fn lanes_take_turns() {
    let lanes = Lanes::new();
    (0..100).for_each(|item| lanes.push(Lane::Clients, ("client", item)));
    (0..3).for_each(|item| lanes.push(Lane::Replicas, ("replica", item)));
    let taken = lanes.take(1, 6);
    let replicas: Vec<_> = taken.iter().filter(|(lane, _)| *lane == "replica").map(|(_, item)| *item).collect();
    assert_eq!(replicas, [0, 1, 2], "{taken:?}");
    assert_eq!(lanes.take(1, 1000).len(), 97, "an empty lane gives its turn away");
}

#[test]
fn a_reader_takes_its_share() {
    let lanes = Lanes::new();
    (0..10).for_each(|item| lanes.push(Lane::Replicas, item));
    assert_eq!(lanes.take(4, 32), [0, 1, 2]);
    assert_eq!(lanes.take(1, 4), [3, 4, 5, 6]);
}

#[test]
fn closing_wakes_whoever_waits() {
    let lanes = Arc::new(Lanes::<u8>::new());
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let lanes = lanes.clone();
            thread::spawn(move || lanes.take(3, 1))
        })
        .collect();
    lanes.close();
    for reader in readers {
        assert_eq!(reader.join().expect("a reader that was let go"), Vec::<u8>::new());
    }
}

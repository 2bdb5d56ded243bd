//! No lane starves the other, no peer its neighbours, and closing lets everybody go.

use super::*;
use std::thread;
use synod_kernel::{ClientId, ReplicaId};

fn replica(position: u16) -> Address {
    Address::Replica(ReplicaId::new(position))
}

fn client(number: u8) -> Address {
    Address::Client(ClientId::new([number; 32]))
}

#[test]
fn lanes_take_turns() {
    let lanes = Lanes::new();
    (0..50).for_each(|item| lanes.push(client(1), ("client", item)));
    (0..3).for_each(|item| lanes.push(replica(1), ("replica", item)));
    let taken = lanes.take(1, 6);
    let replicas: Vec<_> = taken.iter().filter(|(lane, _)| *lane == "replica").map(|(_, item)| *item).collect();
    assert_eq!(replicas, [0, 1, 2], "{taken:?}");
    assert_eq!(lanes.take(1, 1000).len(), 47, "an empty lane gives its turn away");
}

#[test]
fn a_peer_that_floods_delays_its_neighbours_by_one_item_each() {
    for (flooding, other) in [(client(1), client(2)), (replica(1), replica(2))] {
        let lanes = Lanes::new();
        (0..10_000).for_each(|item| lanes.push(flooding, ("flood", item)));
        (0..3).for_each(|item| lanes.push(other, ("other", item)));
        let taken = lanes.take(1, 6);
        let others: Vec<_> = taken.iter().filter(|(who, _)| *who == "other").map(|(_, item)| *item).collect();
        assert_eq!(others, [0, 1, 2], "{taken:?}");
    }
}

#[test]
fn what_is_taken_and_not_done_is_bounded_for_each_peer_and_for_all_clients() {
    let lanes = Arc::new(Lanes::new());
    (0..1000).for_each(|item| lanes.push(client(1), item));
    let mut turns: Vec<_> = lanes.take(1, 1000).iter().map(|_| Turn::new(&lanes, client(1))).collect();
    assert_eq!(turns.len(), OF_CLIENT);
    lanes.push(client(2), 7);
    assert_eq!(lanes.take(1, 1000), [7], "that is no matter to others");
    drop(Turn::new(&lanes, client(2)));
    turns.truncate(OF_CLIENT - 5);
    assert_eq!(lanes.take(1, 1000).len(), 5, "as many as were done");

    let lanes = Arc::new(Lanes::new());
    for number in 0..=255 {
        (0..10).for_each(|item| lanes.push(client(number), item));
    }
    assert_eq!(lanes.take(1, 10_000).len(), OF_CLIENTS);
    (0..1000).for_each(|item| lanes.push(replica(1), item));
    assert_eq!(lanes.take(1, 10_000).len(), OF_REPLICA, "clients take no room of replicas");
    drop(Turn::new(&lanes, client(0)));
    assert_eq!(lanes.take(1, 10_000).len(), 1);
}

#[test]
fn being_done_wakes_who_waits_for_it() {
    let lanes = Arc::new(Lanes::new());
    (0..=OF_CLIENT).for_each(|item| lanes.push(client(1), item));
    assert_eq!(lanes.take(1, 1000).len(), OF_CLIENT);
    let reader = thread::spawn({
        let lanes = lanes.clone();
        move || lanes.take(1, 1000)
    });
    drop(Turn::new(&lanes, client(1)));
    assert_eq!(reader.join().expect("a reader that was woken"), [OF_CLIENT]);
}

#[test]
fn who_has_nothing_there_is_forgotten() {
    let lanes = Arc::new(Lanes::new());
    lanes.push(client(1), 1);
    assert_eq!(lanes.take(1, 10), [1]);
    drop(Turn::new(&lanes, client(1)));
    assert!(lanes.inner().clients.peers.is_empty());
}

#[test]
fn a_reader_takes_its_share() {
    let lanes = Lanes::new();
    (0..10).for_each(|item| lanes.push(replica(1), item));
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

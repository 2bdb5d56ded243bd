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

fn ticket(peer: Address) -> Ticket {
    let way = if matches!(peer, Address::Replica(_)) { Way::Messages } else { Way::Clients };
    Ticket { way, peer, bytes: 10 }
}

fn push<T>(lanes: &Lanes<T>, peer: Address, item: T) {
    assert!(lanes.push(ticket(peer), item));
}

#[test]
fn lanes_take_turns() {
    let lanes = Lanes::new(usize::MAX);
    (0..50).for_each(|item| push(&lanes, client(1), ("client", item)));
    (0..3).for_each(|item| push(&lanes, replica(1), ("replica", item)));
    let taken = lanes.take(1, 6);
    let replicas: Vec<_> = taken.iter().filter(|(lane, _)| *lane == "replica").map(|(_, item)| *item).collect();
    assert_eq!(replicas, [0, 1, 2], "{taken:?}");
    assert_eq!(lanes.take(1, 1000).len(), 47, "an empty lane gives its turn away");
}

#[test]
fn what_replicas_say_has_every_second_turn() {
    let lanes = Lanes::new(usize::MAX);
    for item in 0..100 {
        push(&lanes, client(1), ("client", item));
        lanes.push(Ticket { way: Way::Relayed, ..ticket(replica(1)) }, ("relayed", item));
        push(&lanes, replica(1), ("message", item));
    }
    let taken = lanes.take(1, 80);
    let count = |lane| taken.iter().filter(|(found, _)| *found == lane).count();
    assert_eq!((count("message"), count("relayed"), count("client")), (40, 20, 20));
}

#[test]
fn what_a_replica_hands_on_takes_no_room_of_what_it_says() {
    let lanes = Arc::new(Lanes::new(50));
    let relayed = Ticket { way: Way::Relayed, ..ticket(replica(1)) };
    assert_eq!((0..7).filter(|item| lanes.push(relayed, *item)).count(), 5);
    push(&lanes, replica(1), 7);
    assert!(lanes.push(Ticket { peer: replica(2), ..relayed }, 8), "nor of what another does");
    assert_eq!(lanes.take(1, 100).len(), 7);
    assert!(!lanes.push(relayed, 9), "what the protocol has not seen counts");
    drop(Turn::new(&lanes, relayed));
    assert!(lanes.push(relayed, 10));
    assert!(lanes.push(Ticket { peer: replica(3), bytes: 1000, ..relayed }, 11), "one always gets in");
}

/// The peer whose items have many signatures gets as many checked as the others, while these have something waiting.
#[test]
fn turns_are_paid_for_in_signatures() {
    let lanes = Arc::new(Lanes::new(usize::MAX));
    for item in 0..100 {
        push(&lanes, replica(1), ("costly", item));
        push(&lanes, replica(2), ("cheap", item));
    }
    let mut order = Vec::new();
    for _ in 0..30 {
        let [(who, _)] = lanes.take(1, 1)[..] else { panic!("one at a time") };
        order.push(who);
        let (peer, checks) = if who == "costly" { (1, 11 * TURN_CHECKS) } else { (2, 1) };
        Turn::new(&lanes, ticket(replica(peer))).charge(checks);
    }
    assert_eq!(order.iter().filter(|who| **who == "costly").count(), 3, "{order:?}");
    // When nobody else has anything, what was owed keeps nobody waiting.
    let is_there = |peer| lanes.inner().lane(Way::Messages).peers.contains_key(&peer);
    while is_there(replica(2)) {
        let [(who, _)] = lanes.take(1, 1)[..] else { panic!("one at a time") };
        drop(Turn::new(&lanes, ticket(replica(if who == "costly" { 1 } else { 2 }))));
    }
    assert_eq!(lanes.take(1, 10).len(), 10);
}

#[test]
fn what_is_owed_is_forgotten_when_nobody_waits() {
    let lanes = Arc::new(Lanes::new(usize::MAX));
    push(&lanes, replica(1), 1);
    assert_eq!(lanes.take(1, 1), [1]);
    Turn::new(&lanes, ticket(replica(1))).charge(usize::MAX / 2);
    assert_eq!(lanes.inner().lane(Way::Messages).debts[&replica(1)], DEBT_MAX);
    push(&lanes, replica(1), 2);
    push(&lanes, replica(2), 3);
    assert_eq!(lanes.take(1, 2), [2, 3]);
}

#[test]
fn large_frames_are_not_taken_together() {
    let lanes = Lanes::new(usize::MAX);
    (0..5).for_each(|item| assert!(lanes.push(Ticket { bytes: BYTES_AT_ONCE / 2, ..ticket(replica(1)) }, item)));
    assert_eq!(lanes.take(1, 32), [0, 1]);
    assert!(lanes.push(Ticket { bytes: 10 * BYTES_AT_ONCE, ..ticket(replica(2)) }, 5));
    assert_eq!(lanes.take(1, 32), [2, 5]);
}

#[test]
fn a_peer_that_floods_delays_its_neighbours_by_one_item_each() {
    for (flooding, other) in [(client(1), client(2)), (replica(1), replica(2))] {
        let lanes = Lanes::new(usize::MAX);
        (0..10_000).for_each(|item| push(&lanes, flooding, ("flood", item)));
        (0..3).for_each(|item| push(&lanes, other, ("other", item)));
        let taken = lanes.take(1, 6);
        let others: Vec<_> = taken.iter().filter(|(who, _)| *who == "other").map(|(_, item)| *item).collect();
        assert_eq!(others, [0, 1, 2], "{taken:?}");
    }
}

#[test]
fn what_is_taken_and_not_done_is_bounded_for_each_peer_and_for_all_clients() {
    let lanes = Arc::new(Lanes::new(usize::MAX));
    (0..1000).for_each(|item| push(&lanes, client(1), item));
    let mut turns: Vec<_> = lanes.take(1, 1000).iter().map(|_| Turn::new(&lanes, ticket(client(1)))).collect();
    assert_eq!(turns.len(), OF_CLIENT);
    push(&lanes, client(2), 7);
    assert_eq!(lanes.take(1, 1000), [7], "that is no matter to others");
    drop(Turn::new(&lanes, ticket(client(2))));
    turns.truncate(OF_CLIENT - 5);
    assert_eq!(lanes.take(1, 1000).len(), 5, "as many as were done");

    let lanes = Arc::new(Lanes::new(usize::MAX));
    for number in 0..=255 {
        (0..10).for_each(|item| push(&lanes, client(number), item));
    }
    assert_eq!(lanes.take(1, 10_000).len(), OF_CLIENTS);
    (0..1000).for_each(|item| push(&lanes, replica(1), item));
    assert_eq!(lanes.take(1, 10_000).len(), OF_REPLICA, "clients take no room of replicas");
    drop(Turn::new(&lanes, ticket(client(0))));
    assert_eq!(lanes.take(1, 10_000).len(), 1);
}

#[test]
fn being_done_wakes_who_waits_for_it() {
    let lanes = Arc::new(Lanes::new(usize::MAX));
    (0..=OF_CLIENT).for_each(|item| push(&lanes, client(1), item));
    assert_eq!(lanes.take(1, 1000).len(), OF_CLIENT);
    let reader = thread::spawn({
        let lanes = lanes.clone();
        move || lanes.take(1, 1000)
    });
    drop(Turn::new(&lanes, ticket(client(1))));
    assert_eq!(reader.join().expect("a reader that was woken"), [OF_CLIENT]);
}

#[test]
fn who_has_nothing_there_is_forgotten() {
    let lanes = Arc::new(Lanes::new(usize::MAX));
    push(&lanes, client(1), 1);
    assert_eq!(lanes.take(1, 10), [1]);
    drop(Turn::new(&lanes, ticket(client(1))));
    assert!(lanes.inner().lane(Way::Clients).peers.is_empty());
}

#[test]
fn a_reader_takes_its_share() {
    let lanes = Lanes::new(usize::MAX);
    (0..10).for_each(|item| push(&lanes, replica(1), item));
    assert_eq!(lanes.take(4, 32), [0, 1, 2]);
    assert_eq!(lanes.take(1, 4), [3, 4, 5, 6]);
}

#[test]
fn closing_wakes_whoever_waits() {
    let lanes = Arc::new(Lanes::<u8>::new(usize::MAX));
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

//! Clients take turns, each with its oldest request, whatever is pushed and removed between.
#![allow(clippy::unwrap_used)]

use super::*;
use alloc::vec::Vec;
use synod_kernel::{RequestId, SessionId};

fn key(client: u8, id: u64) -> RequestKey {
    RequestKey { client: ClientId::new([client; 32]), session: SessionId::new(1), id: RequestId::new(id) }
}

/// Takes everything, and says of whom and which.
fn drain(queue: &mut Queue) -> Vec<(u8, u64)> {
    let mut taken = Vec::new();
    while let Some(RequestKey { client, id, .. }) = queue.first() {
        taken.push((client.as_bytes()[0], id.get()));
        queue.pop_first();
    }
    taken
}

#[test]
fn a_client_with_one_request_waits_for_one_of_every_other() {
    let mut queue = Queue::default();
    (1..=128).for_each(|id| {
        queue.push(key(5, id), 1);
    });
    queue.push(key(1, 1), 1);
    queue.push(key(9, 1), 1);
    let taken = drain(&mut queue);
    assert_eq!(taken.len(), 130);
    assert_eq!(&taken[..4], [(1, 1), (5, 1), (9, 1), (5, 2)]);
}

#[test]
fn turns_go_on_where_they_stopped() {
    let mut queue = Queue::default();
    for client in [3, 1, 2] {
        queue.push(key(client, 1), 1);
        queue.push(key(client, 2), 1);
    }
    queue.pop_first();
    queue.pop_first();
    // Somebody whose turn has passed does not get another one by coming back.
    queue.push(key(0, 1), 1);
    assert_eq!(drain(&mut queue), [(3, 1), (0, 1), (1, 2), (2, 2), (3, 2)]);
}

#[test]
fn a_clients_own_requests_keep_their_order_of_arrival() {
    let mut queue = Queue::default();
    queue.push(key(1, 9), 1);
    (1..=3).for_each(|id| {
        queue.push(key(1, id), 1);
    });
    assert_eq!(drain(&mut queue), [(1, 9), (1, 1), (1, 2), (1, 3)], "later ones never overtake");
}

#[test]
fn what_is_removed_is_not_proposed() {
    let mut queue = Queue::default();
    let places: Vec<Place> = [(1, 1), (1, 2), (2, 1)].map(|(client, id)| queue.push(key(client, id), 1)).into();
    queue.remove(places[0]);
    queue.remove(places[0]);
    assert_eq!(drain(&mut queue), [(1, 2), (2, 1)]);
    queue.push(key(1, 1), 1);
    queue.clear();
    assert_eq!(queue.first(), None);
}

//! Whoever leaves most unread gives way, and nothing that was taken up stays taken.
#![allow(clippy::unwrap_used)]

use super::super::queue::Weight;
use super::*;
use bytes::Bytes;

fn frame(bytes: usize) -> Bytes {
    Bytes::from(vec![0; bytes])
}

#[test]
fn the_largest_gives_way() {
    let room = Room::new(100);
    let [greedy, modest, late] = [(); 3].map(|()| room.queue(1000, 1000));
    for _ in 0..8 {
        greedy.push(frame(10), Weight::Essential);
    }
    modest.push(frame(10), Weight::Essential);
    assert_eq!(room.bytes(), 90);
    assert_eq!(late.push(frame(30), Weight::Essential), 0);
    assert_eq!(greedy.closing(), Some(Closing::TooSlow));
    assert_eq!((modest.closing(), late.closing(), room.bytes()), (None, None, 40));
}

#[tokio::test]
async fn what_is_being_written_counts_until_it_is() {
    let room = Room::new(100);
    let queue = room.queue(1000, 1000);
    queue.push(frame(60), Weight::Essential);
    let mut batch = Vec::new();
    queue.next_batch(1000, &mut batch).await.unwrap();
    assert_eq!((room.bytes(), queue.held()), (60, 60));
    queue.push(frame(10), Weight::Essential);
    queue.next_batch(1000, &mut batch).await.unwrap();
    assert_eq!((room.bytes(), queue.held()), (10, 10));
    drop(queue);
    assert_eq!(room.bytes(), 0);
}

#[tokio::test]
async fn what_is_closed_gives_everything_back_once() {
    let room = Room::new(100);
    let (queue, other) = (room.queue(1000, 1000), room.queue(1000, 1000));
    other.push(frame(5), Weight::Essential);
    queue.push(frame(20), Weight::Essential);
    queue.next_batch(10, &mut Vec::new()).await.unwrap();
    queue.push(frame(30), Weight::Essential);
    queue.close(Closing::Replaced);
    queue.close(Closing::Replaced);
    assert_eq!(room.bytes(), 5);
    drop(queue);
    assert_eq!(room.bytes(), 5);
}

#[test]
fn one_frame_larger_than_the_room_gets_in() {
    let room = Room::new(10);
    let queue = room.queue(1000, 10);
    assert_eq!(queue.push(frame(50), Weight::Essential), 0);
    assert_eq!((queue.closing(), room.bytes()), (None, 50));
    assert_eq!(room.queue(1000, 10).push(frame(1), Weight::Essential), 0);
    assert_eq!(queue.closing(), Some(Closing::TooSlow));
}

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

/// A queue is dropped just while the room compares it with the others, so it is the room that lets go of it last.
#[test]
fn queues_may_go_while_room_is_made() {
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for round in 0..600 {
            let room = Room::new(500);
            let leaving = room.queue(1000, 1000);
            leaving.push(frame(10), Weight::Essential);
            let others: Vec<_> = (0..200).map(|_| room.queue(1000, 1000)).collect();
            for queue in &others {
                queue.push(frame(1), Weight::Essential);
            }
            let largest = room.queue(1000, 1000);
            largest.push(frame(250), Weight::Essential);
            let start = Arc::new(std::sync::Barrier::new(2));
            let ready = start.clone();
            let leaver = std::thread::spawn(move || {
                ready.wait();
                // Sooner and later, so that some rounds meet.
                (0..round % 200 * 20).for_each(|_| std::hint::spin_loop());
                drop(leaving);
            });
            start.wait();
            others[0].push(frame(50), Weight::Essential);
            leaver.join().unwrap();
            assert_eq!(largest.closing(), (room.bytes() == 250).then_some(Closing::TooSlow));
        }
        done.send(())
    });
    assert_eq!(is_done.recv_timeout(std::time::Duration::from_secs(30)), Ok(()));
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

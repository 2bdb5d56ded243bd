//! Order, bounds, and what is dropped when there is no room.
#![allow(clippy::unwrap_used)]

use super::*;
use std::sync::Arc;

fn frame(name: &str, length: usize) -> Bytes {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(length, b'.');
    Bytes::from(bytes)
}

fn names(batch: &[Bytes]) -> Vec<String> {
    batch.iter().map(|frame| String::from_utf8_lossy(frame).trim_end_matches('.').to_owned()).collect()
}

async fn drain(queue: &SendQueue) -> Vec<String> {
    let mut batch = Vec::new();
    queue.next_batch(usize::MAX, &mut batch).await.unwrap();
    names(&batch)
}

#[tokio::test]
async fn frames_leave_in_the_order_they_came() {
    let queue = SendQueue::new(1000, 100, Overflow::DropOldest);
    for (name, weight) in [("a", Weight::Expendable), ("b", Weight::Essential), ("c", Weight::Expendable)] {
        assert_eq!(queue.push(frame(name, 10), weight), 0);
    }
    assert_eq!(queue.bytes(), 30);
    assert_eq!(drain(&queue).await, ["a", "b", "c"]);
    assert_eq!(queue.bytes(), 0);
}

#[tokio::test]
async fn the_oldest_expendable_frame_goes_first() {
    let queue = SendQueue::new(40, 100, Overflow::DropOldest);
    queue.push(frame("vow1", 10), Weight::Essential);
    queue.push(frame("hint1", 10), Weight::Expendable);
    queue.push(frame("hint2", 10), Weight::Expendable);
    queue.push(frame("vow2", 10), Weight::Essential);
    assert_eq!(queue.push(frame("vow3", 10), Weight::Essential), 1);
    assert_eq!(queue.push(frame("vow4", 20), Weight::Essential), 2, "one hint and then the oldest vow");
    assert_eq!(drain(&queue).await, ["vow2", "vow3", "vow4"]);
}

#[tokio::test]
async fn of_a_backlog_the_newest_frames_are_kept() {
    let queue = SendQueue::new(100, 100, Overflow::DropOldest);
    for (name, weight) in [("a", Weight::Essential), ("b", Weight::Expendable), ("c", Weight::Essential)] {
        queue.push(frame(name, 20), weight);
    }
    assert_eq!(queue.keep_newest(60), 0);
    assert_eq!(queue.keep_newest(59), 1, "whatever it weighs");
    assert_eq!(queue.bytes(), 40);
    assert_eq!(drain(&queue).await, ["b", "c"]);
    assert_eq!(queue.keep_newest(0), 0);
}

#[tokio::test]
async fn the_number_of_frames_is_bounded_too() {
    let queue = SendQueue::new(usize::MAX, 3, Overflow::DropOldest);
    let dropped: usize = (0..10).map(|n| queue.push(frame(&format!("{n}"), 5), Weight::Expendable)).sum();
    assert_eq!(dropped, 7);
    assert_eq!(drain(&queue).await, ["7", "8", "9"]);
}

#[tokio::test]
async fn one_large_frame_always_fits() {
    let queue = SendQueue::new(10, 3, Overflow::DropOldest);
    queue.push(frame("small", 5), Weight::Essential);
    assert_eq!(queue.push(frame("large", 500), Weight::Essential), 1);
    assert_eq!(drain(&queue).await, ["large"]);
    let closing = SendQueue::new(10, 3, Overflow::Close);
    assert_eq!(closing.push(frame("large", 500), Weight::Essential), 0);
    assert_eq!(closing.closing(), None);
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_cut_off() {
    let queue = SendQueue::new(20, 100, Overflow::Close);
    queue.push(frame("a", 15), Weight::Essential);
    assert_eq!(queue.push(frame("b", 15), Weight::Essential), 1);
    queue.closed().await;
    assert_eq!(queue.cut().await, Closing::TooSlow);
    assert_eq!(queue.bytes(), 0, "what nobody will read takes no memory");
    assert_eq!(queue.next_batch(100, &mut Vec::new()).await, Err(Closing::TooSlow));
    assert_eq!(queue.push(frame("c", 1), Weight::Essential), 1, "a closed queue takes nothing");
}

#[tokio::test]
async fn finishing_sends_what_is_queued() {
    let queue = SendQueue::new(100, 100, Overflow::Close);
    queue.push(frame("last", 10), Weight::Essential);
    queue.close(Closing::Finished);
    assert_eq!(drain(&queue).await, ["last"]);
    assert_eq!(queue.next_batch(100, &mut Vec::new()).await, Err(Closing::Finished));
    queue.close(Closing::Replaced);
    queue.close(Closing::TooSlow);
    assert_eq!(queue.closing(), Some(Closing::Replaced), "the first reason but an orderly end stands");
}

#[tokio::test]
async fn a_batch_ends_where_it_is_large_enough() {
    let queue = SendQueue::new(1000, 100, Overflow::DropOldest);
    (0..5).for_each(|n| assert_eq!(queue.push(frame(&format!("{n}"), 10), Weight::Essential), 0));
    let mut batch = Vec::new();
    queue.next_batch(25, &mut batch).await.unwrap();
    assert_eq!(names(&batch), ["0", "1", "2"]);
}

#[tokio::test]
async fn a_waiting_writer_is_woken() {
    let queue = Arc::new(SendQueue::new(100, 100, Overflow::DropOldest));
    let waiting = tokio::spawn({
        let queue = queue.clone();
        async move { drain(&queue).await }
    });
    tokio::task::yield_now().await;
    queue.push(frame("now", 10), Weight::Essential);
    assert_eq!(waiting.await.unwrap(), ["now"]);
}

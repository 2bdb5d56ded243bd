//! The end of the network thread waits for nobody.
#![allow(clippy::unwrap_used)]

use super::*;
use std::sync::mpsc;
use std::time::Duration;

#[test]
fn what_the_system_does_not_answer_is_not_waited_for() {
    let network = Network::start().unwrap();
    let (answer, question) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    // As names are looked up: on a thread of its own, for as long as the system takes.
    network.enter(async {
        drop(tokio::task::spawn_blocking(move || {
            begun.send(()).unwrap();
            question.recv()
        }));
    });
    has_begun.recv().unwrap();
    let (ended, has_ended) = mpsc::channel();
    let ending = thread::spawn(move || {
        drop(network);
        ended.send(())
    });
    let result = has_ended.recv_timeout(Duration::from_secs(10));
    drop(answer);
    ending.join().unwrap().unwrap();
    assert_eq!(result, Ok(()));
}

#[test]
fn what_runs_there_ends_with_it() {
    let network = Network::start().unwrap();
    let (held, is_held) = mpsc::channel::<()>();
    network.enter(async {
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
    });
    drop(network);
    assert_eq!(is_held.try_recv(), Err(mpsc::TryRecvError::Disconnected));
}

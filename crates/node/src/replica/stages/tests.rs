//! What is timed is timed once, and no more of it than there is room for.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_kernel::{ClientId, RequestId, SessionId};

fn key(id: u64) -> RequestKey {
    RequestKey { client: ClientId::new([1; 32]), session: SessionId::new(1), id: RequestId::new(id) }
}

/// How many waits a stage has seen.
fn waits(metrics: &Metrics, stage: &str) -> u64 {
    let start = format!("synod_stage_wait_seconds_count{{stage=\"{stage}\"}} ");
    metrics.render().lines().find_map(|line| line.strip_prefix(&start)?.parse().ok()).unwrap()
}

#[test]
fn a_batch_is_timed_up_to_its_first_reply() {
    let metrics = Metrics::default();
    let mut stages = Stages::new(&metrics);
    stages.replied(Seq::new(1));
    assert_eq!(waits(&metrics, "reply"), 0, "nothing is known of that batch");
    stages.executed(Seq::new(2), Instant::now());
    stages.replied(Seq::new(2));
    stages.replied(Seq::new(2));
    assert_eq!(waits(&metrics, "reply"), 1);
}

#[test]
fn no_more_is_timed_at_once_than_there_is_room_for() {
    let metrics = Metrics::default();
    let mut stages = Stages::new(&metrics);
    for number in 1..=2 * SAMPLES_MAX as u64 {
        stages.enters(key(number));
        stages.executed(Seq::new(number), Instant::now());
    }
    assert_eq!((stages.entered.len(), stages.executed.len()), (SAMPLES_MAX, SAMPLES_MAX));
    stages.decided(&Batch::null());
    assert_eq!(waits(&metrics, "order"), 0, "none of them is in this batch");
    stages.replied(Seq::new(1));
    assert_eq!(waits(&metrics, "reply"), 0, "the oldest batch made room");
}

//! State transfer and decisions that are shown: how a replica that lags gets there. [PBFT-TOCS02]

use crate::support::{Cluster, hint, id, vow};
use bytes::Bytes;
use synod_kernel::descriptor::Parameters;
use synod_kernel::process::Report;
use synod_kernel::{Effect, Input, Message, Seq};
use synod_protocols::pbft::{Hint, Replica, Rule, Timer, Vow};

fn is_chunk(message: &Message<Replica>) -> bool {
    matches!(hint(message), Some(Hint::Chunk { .. }))
}

#[test]
fn pbft_tocs_a_replica_that_lags_learns_decisions() {
    let mut cluster = Cluster::new(4, 1);
    cluster.isolate(3);
    cluster.run(1..=3);
    cluster.heal();
    cluster.tick(2);
    cluster.assert_executed([3], &[1, 2, 3]);
    assert_eq!((cluster.applied(3, Rule::LearnDecision), cluster.applied(3, Rule::StartTransfer)), (3, 0));
}

#[test]
fn pbft_tocs_a_replica_that_lags_further_fetches_the_state() {
    for (n, f) in [(4, 1), (5, 1), (7, 2)] {
        let mut cluster = Cluster::new(n, f);
        cluster.isolate(n - 1);
        cluster.run(1..=22);
        cluster.heal();
        cluster.tick(4);
        cluster.assert_executed([n - 1], &(1..=22).collect::<Vec<_>>());
        assert_eq!(cluster.applied(n - 1, Rule::FinishTransfer), 1);
        assert_eq!(cluster.status(n - 1).checkpoint, Seq::new(20));
        assert_eq!(cluster.status(n - 1).pending, 0, "what waited here was executed elsewhere, and is answered");
        cluster.run(23..=30);
        cluster.assert_executed(0..n, &(1..=30).collect::<Vec<_>>());
        cluster.reboot(n - 1);
        cluster.tick(3);
        cluster.assert_executed([n - 1], &(1..=30).collect::<Vec<_>>());
    }
}

fn lagging() -> Cluster {
    let mut cluster = Cluster::new(4, 1);
    cluster.isolate(3);
    cluster.run(1..=22);
    cluster.heal();
    cluster
}

#[test]
fn pbft_tocs_a_peer_with_a_bad_piece_is_left() {
    let mut cluster = lagging();
    cluster.lose(|from, _, message| from == 0 && is_chunk(message));
    cluster.tick(4);
    assert_eq!(cluster.status(3).state, "transfer");
    let chunk = Some(Bytes::from_static(b"not the state"));
    let lie = Message::Hint(Hint::Chunk { seq: Seq::new(20), from_key: Bytes::new(), chunk });
    cluster.hand(0, 3, &lie);
    assert_eq!(cluster.applied(3, Rule::LeavePeer), 1);
    cluster.deliver_all();
    assert_eq!(cluster.applied(3, Rule::FinishTransfer), 1);
    cluster.tick(2);
    cluster.assert_executed([3], &(1..=22).collect::<Vec<_>>());
}

#[test]
fn pbft_tocs_a_peer_with_no_piece_or_no_answer_is_left() {
    let mut cluster = lagging();
    cluster.lose(|from, _, message| from < 2 && is_chunk(message));
    cluster.tick(4);
    let none = Message::Hint(Hint::Chunk { seq: Seq::new(20), from_key: Bytes::new(), chunk: None });
    cluster.hand(0, 3, &none);
    cluster.deliver_all();
    assert_eq!(cluster.status(3).state, "transfer");
    cluster.fire(3, Timer::Transfer(Seq::new(20)));
    cluster.deliver_all();
    assert_eq!((cluster.applied(3, Rule::LeavePeer), cluster.applied(3, Rule::FinishTransfer)), (2, 1));
}

#[test]
fn pbft_tocs_nobody_is_asked_in_circles() {
    let mut cluster = lagging();
    cluster.lose(|_, _, message| is_chunk(message));
    cluster.tick(4);
    assert_eq!(cluster.status(3).state, "transfer");
    // The others go on, and what replica 3 asks for is nowhere any more; nor does it hear of anything newer.
    cluster.isolate(3);
    cluster.run(23..=30);
    cluster.heal();
    cluster.fire(3, Timer::Transfer(Seq::new(20)));
    cluster.deliver_all();
    assert_eq!(cluster.status(3).state, "transfer");
    assert!(cluster.nodes[3].timers.contains_key(&Timer::Transfer(Seq::new(20))), "it waits before it asks again");
    cluster.tick(3);
    cluster.fire(3, Timer::Transfer(Seq::new(20)));
    cluster.deliver_all();
    cluster.tick(3);
    cluster.assert_executed([3], &(1..=30).collect::<Vec<_>>());
}

#[test]
fn pbft_tocs_one_piece_at_a_time_is_read_for_a_peer() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=4);
    let seq = cluster.status(0).checkpoint;
    let ask = |from| {
        let message = Message::Hint(Hint::FetchChunk { seq, from_key: Bytes::new() });
        Input::Deliver { from: id(from), message }
    };
    let reads = |effects: &[Effect<Replica>]| effects.iter().filter(|effect| matches!(effect, Effect::Ask(_))).count();
    assert_eq!(reads(&cluster.effects_of(0, ask(3))), 1);
    assert_eq!(reads(&cluster.effects_of(0, ask(3))), 0, "the first is not done yet");
    assert_eq!(reads(&cluster.effects_of(0, ask(2))), 1, "nobody waits for somebody else");
    let read = Report::ChunkRead { to: id(3), seq, from_key: Bytes::new(), chunk: None };
    cluster.step(0, Input::Done(read));
    assert_eq!(reads(&cluster.effects_of(0, ask(3))), 1);
}

#[test]
fn pbft_tocs_a_state_that_was_lost_is_fetched_and_a_replica_alone_waits() {
    for (n, f, executed) in [(4, 1, 6), (1, 0, 0)] {
        let mut cluster = Cluster::new(n, f);
        cluster.run(1..=6);
        assert!(cluster.status(0).checkpoint > Seq::default());
        cluster.nodes[0].service = Default::default();
        cluster.reboot(0);
        cluster.tick(4);
        assert_eq!(cluster.status(0).executed, Seq::new(executed), "of {n}");
    }
}

#[test]
fn pbft_tocs_pieces_nobody_asked_for_are_ignored() {
    let mut cluster = lagging();
    let chunk = Some(Bytes::from_static(b"anything"));
    let lie = Message::Hint(Hint::Chunk { seq: Seq::new(20), from_key: Bytes::new(), chunk });
    cluster.hand(2, 3, &lie);
    assert_eq!(cluster.applied(3, Rule::IgnoreUnwanted), 1);
}

#[test]
fn pbft_tocs_a_replica_whose_state_is_wrong_takes_the_right_one() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=3);
    let wrong = cluster.request(99).key();
    cluster.node(3).service.state.history.push((Seq::new(3), wrong));
    cluster.run(4..=6);
    assert_eq!(cluster.applied(3, Rule::Diverged), 1);
    cluster.tick(2);
    cluster.run(7..=13);
    cluster.assert_executed(0..4, &(1..=13).collect::<Vec<_>>());
    assert_eq!(cluster.status(3).checkpoint, Seq::new(12));
    cluster.reboot(3);
    cluster.tick(3);
    cluster.assert_executed([3], &(1..=13).collect::<Vec<_>>());
}

#[test]
fn pbft_tocs_a_report_of_progress_may_claim_anything() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=3);
    for (view, number) in [(0, u64::MAX), (u64::MAX, 0), (u64::MAX, u64::MAX)] {
        let progress = synod_protocols::pbft::Progress {
            view: synod_kernel::View::new(view),
            active: true,
            stable: Seq::new(number),
            ordered: Seq::new(number),
            stuck: true,
        };
        cluster.hand(3, 0, &Message::Hint(Hint::Progress(progress)));
    }
    cluster.deliver_all();
    cluster.run([4]);
    cluster.assert_executed(0..4, &[1, 2, 3, 4]);
}

#[test]
fn pbft_tocs_lost_votes_are_repeated() {
    for kind in 0..3 {
        let mut cluster = Cluster::new(4, 1);
        cluster.lose(move |_, _, message| match vow(message) {
            Some(Vow::PrePrepare(_)) => kind == 0,
            Some(Vow::Prepare(_)) => kind == 1,
            Some(Vow::Commit(_)) => kind == 2,
            _ => false,
        });
        cluster.run(1..=3);
        cluster.assert_executed(0..4, &[]);
        cluster.heal();
        cluster.tick(3);
        cluster.assert_executed(0..4, &[1, 2, 3]);
        assert!((0..4).all(|at| cluster.applied(at, Rule::LeaveView) == 0));
    }
}

#[test]
fn pbft_tocs_a_batch_nobody_named_is_not_kept() {
    let mut cluster = Cluster::new(4, 1);
    let batch = Message::Hint(Hint::Body(cluster.batch(&[5])));
    let records = cluster.nodes[1].records.len();
    cluster.hand(3, 1, &batch);
    assert_eq!(cluster.nodes[1].records.len(), records);
    assert_eq!(cluster.applied(1, Rule::IgnoreUnwanted), 1);
}

#[test]
fn pbft_tocs_who_is_helped_asks_for_more_at_once() {
    let parameters = Parameters { checkpoint_interval: 100, window: 200, pipeline: 4, ..Parameters::default() };
    let mut cluster = Cluster::with(4, 1, parameters);
    cluster.isolate(3);
    cluster.run(1..=80);
    cluster.heal();
    cluster.tick(1);
    cluster.assert_executed([3], &(1..=80).collect::<Vec<_>>());
}

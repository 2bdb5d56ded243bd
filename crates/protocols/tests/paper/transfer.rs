//! State transfer and decisions that are shown: how a replica that lags gets there. [PBFT-TOCS02]

use crate::support::{Cluster, hint, id, vow};
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use synod_kernel::descriptor::Parameters;
use synod_kernel::process::{KeyRange, Report};
use synod_kernel::{Effect, Input, Message, Seq, Task};
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
    let lie = Message::Hint(Hint::Chunk { seq: Seq::new(20), range: KeyRange::all(), chunk });
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
    let none = Message::Hint(Hint::Chunk { seq: Seq::new(20), range: KeyRange::all(), chunk: None });
    cluster.hand(0, 3, &none);
    cluster.deliver_all();
    assert_eq!(cluster.status(3).state, "transfer");
    cluster.fire(3, Timer::Piece(Seq::new(20), id(1)));
    cluster.deliver_all();
    assert_eq!((cluster.applied(3, Rule::LeavePeer), cluster.applied(3, Rule::FinishTransfer)), (2, 1));
}

#[test]
fn pbft_tocs_nobody_is_asked_in_circles() {
    let mut cluster = lagging();
    cluster.lose(|_, _, message| matches!(hint(message), Some(Hint::FetchChunk { .. })));
    cluster.tick(4);
    assert_eq!(cluster.status(3).state, "transfer");
    // The others go on, and what replica 3 asks for is nowhere any more; nor does it hear of anything newer.
    cluster.isolate(3);
    cluster.run(23..=34);
    cluster.heal();
    cluster.fire(3, Timer::Piece(Seq::new(20), id(0)));
    cluster.deliver_all();
    assert_eq!(cluster.status(3).state, "transfer");
    assert!(cluster.nodes[3].timers.contains_key(&Timer::Transfer(Seq::new(20))), "it waits before it asks again");
    cluster.tick(3);
    cluster.fire(3, Timer::Transfer(Seq::new(20)));
    cluster.deliver_all();
    cluster.tick(3);
    cluster.assert_executed([3], &(1..=34).collect::<Vec<_>>());
}

/// A replica asks for all of a state.
fn fetch_chunk(from: u16, seq: Seq) -> Input<Replica> {
    Input::Deliver { from: id(from), message: Message::Hint(Hint::FetchChunk { seq, range: KeyRange::all() }) }
}

#[test]
fn pbft_tocs_one_piece_at_a_time_is_read_for_a_peer() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=4);
    let seq = cluster.status(0).checkpoint;
    let ask = |from| fetch_chunk(from, seq);
    let reads = |effects: &[Effect<Replica>]| effects.iter().filter(|effect| matches!(effect, Effect::Ask(_))).count();
    assert_eq!(reads(&cluster.effects_of(0, ask(3))), 1);
    assert_eq!(reads(&cluster.effects_of(0, ask(3))), 0, "the first is not done yet");
    assert_eq!(reads(&cluster.effects_of(0, ask(2))), 1, "nobody waits for somebody else");
    let read = Report::ChunkRead { to: id(3), seq, range: KeyRange::all(), chunk: None };
    cluster.step(0, Input::Done(read));
    assert_eq!(reads(&cluster.effects_of(0, ask(3))), 1);
}

/// Notes who is asked for which range of keys.
type Asked = Rc<RefCell<Vec<(u16, KeyRange)>>>;

/// Loses what `loses` says, by who sends what to whom, and notes who is asked.
fn watch(cluster: &mut Cluster, loses: impl Fn(u16, u16, &Hint) -> bool + 'static) -> Asked {
    let asked = Asked::default();
    let noted = asked.clone();
    cluster.lose(move |from, to, message| match hint(message) {
        Some(Hint::FetchChunk { range, .. }) => {
            noted.borrow_mut().push((to, range.clone()));
            false
        }
        Some(hint) => loses(from, to, hint),
        None => false,
    });
    asked
}

/// Whether it is a piece, but not the first, which is asked for without bounds.
fn is_later_piece(hint: &Hint) -> bool {
    matches!(hint, Hint::Chunk { range, .. } if *range != KeyRange::all())
}

#[test]
fn pbft_tocs_pieces_are_fetched_from_several_peers_at_once() {
    let mut cluster = lagging();
    let asked = watch(&mut cluster, |_, _, hint| is_later_piece(hint));
    cluster.tick(4);
    let first = asked.borrow_mut().remove(0);
    assert_eq!(first, (0, KeyRange::all()), "the first piece tells how the others are cut");
    let peers: BTreeSet<u16> = asked.borrow().iter().map(|(peer, _)| *peer).collect();
    let ranges: BTreeSet<KeyRange> = asked.borrow().iter().map(|(_, range)| range.clone()).collect();
    assert_eq!((peers.len(), ranges.len(), asked.borrow().len()), (3, 3, 3), "everybody for something else");
    assert_eq!(cluster.status(3).state, "transfer");
}

#[test]
fn pbft_tocs_what_a_slow_or_lying_peer_was_asked_for_comes_from_the_others() {
    let mut cluster = lagging();
    let asked = watch(&mut cluster, |from, _, hint| from == 1 && is_later_piece(hint));
    cluster.tick(4);
    assert_eq!((cluster.status(3).state.as_str(), cluster.nodes[3].service.stored), ("transfer", 3));
    let range = asked.borrow().iter().find(|(peer, _)| *peer == 1).unwrap().1.clone();
    let lie = Message::Hint(Hint::Chunk { seq: Seq::new(20), range, chunk: Some(Bytes::from_static(b"lie")) });
    asked.borrow_mut().clear();
    cluster.hand(1, 3, &lie);
    cluster.deliver_all();
    assert_eq!(cluster.applied(3, Rule::FinishTransfer), 1);
    assert!(asked.borrow().iter().all(|(peer, _)| *peer != 1), "it is not asked again");
}

#[test]
fn pbft_tocs_a_transfer_survives_a_crash_anywhere() {
    let mut before = lagging();
    // Nothing of the transfer has happened when replica 3 is about to ask.
    before.lose(|_, _, message| matches!(hint(message), Some(Hint::FetchChunk { .. })));
    before.tick(4);
    before.heal();
    before.fire(3, Timer::Piece(Seq::new(20), id(0)));
    for delivered in 0.. {
        let mut cluster = before.clone();
        let is_over = (0..delivered).any(|_| !cluster.deliver_one());
        let stored = cluster.nodes[3].service.stored;
        cluster.reboot(3);
        cluster.tick(4);
        cluster.assert_executed([3], &(1..=22).collect::<Vec<_>>());
        let again = cluster.nodes[3].service.stored - stored;
        assert_eq!(stored + again, 4, "no piece is fetched twice: {delivered}");
        if is_over {
            return assert!(delivered > 8);
        }
    }
}

#[test]
fn pbft_tocs_newer_checkpoints_are_not_chased() {
    let parameters = Parameters { checkpoint_interval: 4, window: 8, pipeline: 4, ..Parameters::default() };
    let mut cluster = Cluster::with_history(4, 1, parameters, 1 << 20);
    cluster.isolate(3);
    cluster.run(1..=22);
    cluster.heal();
    let asked = watch(&mut cluster, |from, to, hint| match hint {
        Hint::Decided { .. } => to == 3 && from != 3,
        hint => is_later_piece(hint),
    });
    cluster.tick(4);
    assert_eq!(cluster.status(3).state, "transfer");
    // It hears of newer ones all the time, while the pieces take theirs.
    for number in 23..=33 {
        cluster.run([number]);
        cluster.tick(1);
    }
    cluster.heal();
    for (peer, range) in asked.take().into_iter().filter(|(_, range)| *range != KeyRange::all()) {
        let seq = Seq::new(20);
        let read = Task::ReadChunk { to: id(3), seq, range };
        let answer = cluster.nodes[usize::from(peer)].service.clone().perform(read);
        let Some(Report::ChunkRead { range, chunk: Some(chunk), .. }) = answer else { panic!("kept: {answer:?}") };
        cluster.hand(peer, 3, &Message::Hint(Hint::Chunk { seq, range, chunk: Some(chunk) }));
    }
    cluster.deliver_all();
    cluster.tick(4);
    assert_eq!((cluster.applied(3, Rule::StartTransfer), cluster.applied(3, Rule::FinishTransfer)), (1, 1));
    cluster.assert_executed([3], &(1..=33).collect::<Vec<_>>());
}

#[test]
fn pbft_tocs_a_checkpoint_is_kept_for_a_peer_while_it_fetches_and_no_longer() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=4);
    let seq = cluster.status(0).checkpoint;
    let ask = |cluster: &mut Cluster| {
        cluster.step(0, fetch_chunk(3, seq));
        cluster.nodes[0].last.iter().any(|effect| matches!(effect, Effect::Ask(Task::ReadChunk { .. })))
    };
    let is_released = |cluster: &Cluster| {
        cluster.nodes[0].last.iter().any(|effect| *effect == Effect::Ask(Task::Release { to: id(3) }))
    };
    let mut released = 0;
    for _ in 0..3_000 {
        assert!(ask(&mut cluster), "a peer that asks is answered");
        cluster.fire(0, Timer::Status);
        released += usize::from(is_released(&cluster));
    }
    assert_eq!(released, 1, "not for ever, whatever the peer does");
    let waited = (1..100).find(|_| {
        cluster.fire(0, Timer::Status);
        is_released(&cluster)
    });
    assert!(waited.is_some_and(|waited| (4..40).contains(&waited)), "{waited:?}");
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
    let lie = Message::Hint(Hint::Chunk { seq: Seq::new(20), range: KeyRange::all(), chunk });
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

/// Those who lag may be the ones without whom nothing later becomes stable, and the last stable state is the only one
/// that can be proved to them: so whoever has a later one keeps that, too, through a crash.
#[test]
fn pbft_osdi99_4_3_the_stable_checkpoint_is_kept_until_the_next_is_stable() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=2);
    cluster.isolate(2);
    cluster.run(3..=9);
    cluster.lose(|from, _, message| from == 3 && matches!(vow(message), Some(Vow::Checkpoint(_))));
    cluster.run(10..=12);
    let stable_and_executed = |cluster: &Cluster, at| (cluster.status(at).checkpoint, cluster.status(at).executed);
    assert_eq!([0, 1].map(|at| stable_and_executed(&cluster, at)), [(Seq::new(8), Seq::new(12)); 2]);
    cluster.crash(3);
    (0..=1).for_each(|at| cluster.reboot(at));
    cluster.heal();
    cluster.tick(4);
    // Some are asked who are not there.
    while cluster.fire_first(2, |timer| matches!(timer, Timer::Piece(..))) {
        cluster.deliver_all();
    }
    cluster.tick(4);
    cluster.assert_executed(0..=2, &(1..=12).collect::<Vec<_>>());
    assert_eq!(cluster.status(2).checkpoint, Seq::new(12));
    cluster.run(13..=14);
    cluster.assert_executed(0..=2, &(1..=14).collect::<Vec<_>>());
}

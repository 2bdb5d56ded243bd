//! Decisions, votes and batches that are shown to replicas that lag, and what one peer can make a replica send.
//! [PBFT-TOCS02]

use crate::support::{Cluster, hint, id, vow};
use bytes::Bytes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use synod_kernel::descriptor::Parameters;
use synod_kernel::process::{KeyRange, Report};
use synod_kernel::{Effect, Encode, Input, Message, Seq, Task, View};
use synod_protocols::pbft::{Hint, Progress, Replica, Rule, Timer, Vow};

/// A checkpoint every 4 batches and a window of 8, with a history.
fn remembering() -> Cluster {
    let parameters = Parameters { checkpoint_interval: 4, window: 8, pipeline: 4, ..Parameters::default() };
    Cluster::with_history(4, 1, parameters, 64 << 20)
}

#[test]
fn pbft_tocs_a_replica_that_lags_by_many_checkpoints_learns_decisions() {
    let mut cluster = remembering();
    cluster.isolate(3);
    cluster.run(1..=122);
    cluster.heal();
    cluster.tick(2);
    cluster.assert_executed([3], &(1..=122).collect::<Vec<_>>());
    assert!((122..150).contains(&cluster.applied(3, Rule::LearnDecision)), "each is shown about once");
    assert_eq!(cluster.applied(3, Rule::StartTransfer), 0);
    assert_eq!(cluster.status(3).checkpoint, cluster.status(0).checkpoint, "its window moved along");
    cluster.run(123..=125);
    assert!(cluster.applied(3, Rule::Prepared) > 0, "it votes again");
    cluster.assert_executed(0..4, &(1..=125).collect::<Vec<_>>());
}

#[test]
fn pbft_tocs_a_history_is_bounded_and_a_replica_behind_it_fetches_the_state() {
    let parameters = Parameters { checkpoint_interval: 4, window: 8, pipeline: 4, ..Parameters::default() };
    let mut cluster = Cluster::with_history(4, 1, parameters, 20 << 10);
    cluster.isolate(3);
    cluster.run(1..=122);
    cluster.heal();
    cluster.tick(4);
    cluster.assert_executed([3], &(1..=122).collect::<Vec<_>>());
    assert_eq!((cluster.applied(3, Rule::StartTransfer), cluster.applied(3, Rule::FinishTransfer)), (1, 1));
}

#[test]
fn pbft_tocs_a_replica_that_the_primary_keeps_in_the_dark_stays_near() {
    let mut cluster = remembering();
    cluster.lose(|from, to, _| (from, to) == (0, 3));
    for number in 1..=1_000 {
        cluster.run([number]);
        if number % 4 == 0 {
            cluster.tick(1);
        }
        let behind = cluster.status(0).executed.get() - cluster.status(3).executed.get();
        assert!(behind <= 12, "{behind} batches behind at {number}");
    }
    assert_eq!(cluster.applied(3, Rule::StartTransfer), 0);
    assert!((0..4).all(|at| cluster.applied(at, Rule::LeaveView) == 0));
}

/// Replica 3 has a request that it does not see executed, and says that the primary is to blame.
fn blames(cluster: &mut Cluster, reports: &[(u16, u64)]) -> usize {
    for &(from, ordered) in reports {
        let (stable, ordered) = (Seq::default(), Seq::new(ordered));
        let report = Progress { view: View::default(), active: true, stable, ordered, stuck: false };
        cluster.hand(from, 3, &Message::Hint(Hint::Progress(report)));
    }
    cluster.time_out([3]);
    cluster.applied(3, Rule::Suspect)
}

#[test]
fn pbft_tocs_a_replica_behind_others_does_not_blame_the_primary() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, _, _| true);
    cluster.lose_forwards(true);
    cluster.submit(3, 1);
    assert_eq!(blames(&mut cluster.clone(), &[]), 1, "nobody has executed it");
    assert_eq!(blames(&mut cluster.clone(), &[(1, 1_000)]), 1, "one may lie");
    let two = [(1, 1_000), (2, 900)];
    for _ in 0..100 {
        assert_eq!(blames(&mut cluster, &two), 0, "one of them is correct");
    }
    let near = [(1, 2), (2, 3)];
    assert_eq!(blames(&mut cluster, &near), 0, "what waited while it was far behind is given time anew");
    (0..10).for_each(|_| cluster.fire(3, Timer::Status));
    let patience = (0..100).find(|_| blames(&mut cluster, &near) > 0);
    assert!(patience.is_some_and(|patience| (2..60).contains(&patience)), "who is near does in the end: {patience:?}");
}

#[test]
fn pbft_tocs_who_lags_asks_one_peer_after_the_other_for_what_is_decided() {
    let mut cluster = remembering();
    cluster.isolate(3);
    cluster.run(1..=40);
    cluster.heal();
    let asked = Rc::new(RefCell::new(BTreeMap::<u16, usize>::new()));
    let noted = asked.clone();
    cluster.lose(move |from, to, message| {
        let is_stuck = matches!(hint(message), Some(Hint::Progress(Progress { stuck: true, .. })));
        if is_stuck && from == 3 {
            *noted.borrow_mut().entry(to).or_default() += 1;
        }
        to == 3 && !matches!(hint(message), Some(Hint::Progress(_)))
    });
    cluster.tick(1);
    asked.borrow_mut().clear();
    cluster.tick(6);
    assert_eq!(*asked.borrow(), BTreeMap::from([(0, 2), (1, 2), (2, 2)]), "a liar costs one interval in three");
    cluster.heal();
    cluster.tick(2);
    cluster.assert_executed([3], &(1..=40).collect::<Vec<_>>());
}

#[test]
fn pbft_tocs_a_batch_is_asked_for_again_and_garbage_does_not_help() {
    let mut cluster = Cluster::new(4, 1);
    // Replica 3 hears how everybody votes, but not about what, and those it asks first say nothing.
    cluster.lose(|from, to, message| match (vow(message), hint(message)) {
        (Some(Vow::PrePrepare(_)), _) => to == 3,
        (_, Some(Hint::Body(_))) => from != 0,
        (_, Some(Hint::Proposal(_) | Hint::Decided { .. })) => to == 3,
        _ => false,
    });
    cluster.run([1]);
    assert_eq!(cluster.executed(3), [], "it knows that something was decided");
    for liar in 0..3 {
        let garbage = Message::Hint(Hint::Body(cluster.batch(&[9])));
        cluster.hand(liar, 3, &garbage);
    }
    assert_eq!(cluster.executed(3), []);
    cluster.tick(2);
    cluster.assert_executed([3], &[1]);
}

/// What a step makes a replica send, in bytes.
fn sent(effects: &[Effect<Replica>]) -> usize {
    let bytes = |effect: &Effect<Replica>| match effect {
        Effect::Send { message, .. } => message.to_bytes().len(),
        _ => 0,
    };
    effects.iter().map(bytes).sum()
}

/// The most that one peer gets in a status interval among four, and the largest thing it may get last.
const SHARE: usize = (16 << 20) + (2 << 20);

/// A cluster that has decided large batches.
fn heavy() -> Cluster {
    let parameters = Parameters { checkpoint_interval: 100, window: 200, pipeline: 4, ..Parameters::default() };
    let mut cluster = Cluster::with(4, 1, parameters);
    let operation: &'static [u8] = Vec::leak(vec![7; 200_000]);
    for number in 1..=20 {
        let request = cluster.request_with(number, operation);
        let from = synod_kernel::Address::Client(crate::support::CLIENT);
        cluster.step(0, Input::Request { from, request });
        cluster.deliver_all();
    }
    assert_eq!(cluster.status(0).executed, Seq::new(20));
    cluster
}

fn stuck() -> Message<Replica> {
    let (stable, ordered) = (Seq::default(), Seq::default());
    Message::Hint(Hint::Progress(Progress { view: View::default(), active: true, stable, ordered, stuck: true }))
}

#[test]
fn pbft_tocs_a_peer_that_repeats_itself_gets_its_share_and_no_more() {
    let mut cluster = heavy();
    let digest = cluster.nodes[1].service.batches[4].1.digest();
    for message in [stuck(), Message::Hint(Hint::Fetch(digest))] {
        for interval in 0..3 {
            let mut bytes = if interval == 0 { 0 } else { sent(&cluster.nodes[0].last) };
            for _ in 0..2_000 {
                let input = Input::Deliver { from: id(3), message: message.clone() };
                bytes += sent(&cluster.effects_of(0, input));
            }
            assert!(bytes > SHARE / 2, "honest peers get along: {bytes}");
            assert!(bytes <= SHARE, "{bytes} bytes in interval {interval}");
            let others = sent(&cluster.effects_of(0, Input::Deliver { from: id(2), message: message.clone() }));
            assert!(others > 0, "shares are apart");
            cluster.fire(0, Timer::Status);
        }
        cluster.fire(0, Timer::Status);
        cluster.fire(0, Timer::Status);
    }
    assert!(cluster.applied(0, Rule::DeferHelp) == 0, "rules of steps that were only looked at are not noted");
}

#[test]
fn pbft_tocs_who_used_up_its_share_is_answered_in_the_next_interval() {
    let mut cluster = heavy();
    let ask = |cluster: &mut Cluster| {
        let input = Input::Deliver { from: id(3), message: stuck() };
        sent(&cluster.effects_of(0, input))
    };
    while ask(&mut cluster) > 0 {}
    cluster.fire(0, Timer::Status);
    assert!(sent(&cluster.nodes[0].last) > 1 << 20, "without being asked again");
    cluster.fire(0, Timer::Status);
    assert!(sent(&cluster.nodes[0].last) < 1 << 10, "once");
}

#[test]
fn pbft_tocs_a_peer_that_asks_for_pieces_without_end_has_a_bounded_number_read() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=4);
    let seq = cluster.status(0).checkpoint;
    let piece = Bytes::from(vec![0; 512 << 10]);
    let mut reads = 0;
    for _ in 0..1_000 {
        let message = Message::Hint(Hint::FetchChunk { seq, range: KeyRange::all() });
        let effects = cluster.effects_of(0, Input::Deliver { from: id(3), message });
        let is_read = |effect: &&Effect<Replica>| matches!(effect, Effect::Ask(Task::ReadChunk { .. }));
        if effects.iter().any(|effect| is_read(&effect)) {
            reads += 1;
            let (to, range, chunk) = (id(3), KeyRange::all(), Some(piece.clone()));
            cluster.effects_of(0, Input::Done(Report::ChunkRead { to, seq, range, chunk }));
        }
    }
    assert!((16..=34).contains(&reads), "{reads} pieces of half a megabyte");
}

#[test]
fn pbft_tocs_a_report_of_progress_may_claim_anything() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=3);
    for (view, number) in [(0, u64::MAX), (u64::MAX, 0), (u64::MAX, u64::MAX)] {
        let progress = Progress {
            view: View::new(view),
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

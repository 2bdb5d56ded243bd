//! §4.1 and §4.5.2: old requests. Nobody who repeats them has replicas leave a view, order, work or send for nothing.

use crate::support::{CLIENT, Cluster, HUGE_FROM, LARGE_FROM, id};
use synod_kernel::{Address, Batch, Input, Message, Reply, Request, Seq, View};
use synod_protocols::pbft::{Replica, Rule, Timer};

fn waits(cluster: &Cluster, at: usize) -> usize {
    cluster.nodes[at].timers.keys().filter(|timer| matches!(timer, Timer::Request(..))).count()
}

/// Replica 3 hands a request on to another.
fn relay(cluster: &mut Cluster, at: u16, request: Request) {
    cluster.step(at, Input::Request { from: Address::Replica(id(3)), request });
}

fn ask(cluster: &mut Cluster, at: u16, request: Request) {
    cluster.step(at, Input::Request { from: Address::Client(CLIENT), request });
}

fn take_replies(cluster: &mut Cluster, at: u16) -> Vec<Reply> {
    std::mem::take(&mut cluster.node(at).replies)
}

/// A cluster that executed requests 1 to 12, remembers four of them, and whose replica `restarted` has forgotten what
/// it answered.
fn forgetful(restarted: u16) -> Cluster {
    let mut cluster = Cluster::new(4, 1);
    cluster.forget_behind(4);
    cluster.run(1..=12);
    cluster.assert_executed(0..4, &(1..=12).collect::<Vec<_>>());
    cluster.reboot(restarted);
    cluster.deliver_all();
    take_replies(&mut cluster, restarted);
    cluster.nodes.iter_mut().for_each(|node| node.rules.clear());
    cluster
}

#[test]
fn pbft_4_5_2_no_timer_starts_for_what_will_never_be_executed() {
    let mut cluster = forgetful(2);
    let stale = cluster.request(1);
    relay(&mut cluster, 2, stale.clone());
    ask(&mut cluster, 2, stale);
    assert_eq!((waits(&cluster, 2), cluster.status(2).pending), (0, 0));
    assert_eq!(cluster.in_flight(), 0, "there is no reason to hand it on");
    let replies = take_replies(&mut cluster, 2);
    assert_eq!(replies.len(), 1, "the client is refused, the liar is not heard");
    assert_eq!((replies[0].answer().seq, replies[0].result().unwrap().as_ref()), (Seq::default(), &b"stale"[..]));
}

#[test]
fn pbft_4_5_2_replicas_that_refuse_without_ordering_convince_the_client() {
    let mut cluster = forgetful(1);
    cluster.reboot(2);
    cluster.deliver_all();
    take_replies(&mut cluster, 2);
    let stale = cluster.request(3);
    ask(&mut cluster, 1, stale.clone());
    ask(&mut cluster, 2, stale.clone());
    let answers = [1, 2].map(|at| *take_replies(&mut cluster, at)[0].answer());
    assert_eq!(answers[0], answers[1]);
    // The window moves on, and so does what they say: nothing is answered from memory.
    cluster.run(13..=14);
    take_replies(&mut cluster, 1);
    ask(&mut cluster, 1, stale);
    assert_eq!((take_replies(&mut cluster, 1).len(), cluster.applied(1, Rule::RepeatReply)), (1, 0));
}

#[test]
fn pbft_4_5_2_nobody_waits_for_what_an_installed_state_settles() {
    let mut cluster = Cluster::new(4, 1);
    cluster.forget_behind(4);
    cluster.isolate(3);
    cluster.submit(3, 1);
    assert_eq!(waits(&cluster, 3), 1);
    for number in 2..=20 {
        (0..3).for_each(|at| cluster.submit(at, number));
        cluster.deliver_all();
    }
    cluster.heal();
    cluster.tick(6);
    assert_ne!(cluster.applied(3, Rule::FinishTransfer), 0);
    assert_eq!((waits(&cluster, 3), cluster.status(3).pending), (0, 0));
}

#[test]
fn pbft_4_5_2_the_service_is_asked_once_more_before_the_primary_is_blamed() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose_forwards(true);
    (1..4).for_each(|at| cluster.submit(at, 1));
    cluster.run(2..=12);
    // As when a session is evicted: no outcome of a batch tells that request 1 is over.
    cluster.forget_behind(4);
    assert_eq!((waits(&cluster, 1), waits(&cluster, 2)), (1, 1));
    cluster.time_out([1, 2, 3]);
    for at in 0..4 {
        assert_eq!((cluster.status(at).view, cluster.status(at).pending), (View::new(0), 0), "replica {at}");
    }
}

#[test]
fn pbft_4_1_the_primary_orders_nothing_old_that_is_handed_on() {
    let mut cluster = forgetful(0);
    for number in [1, 2, 11, 12] {
        let old = cluster.request(number);
        relay(&mut cluster, 0, old);
    }
    assert_eq!((cluster.applied(0, Rule::Propose), cluster.status(0).pending), (0, 0));
    assert_eq!(take_replies(&mut cluster, 0), [], "its client did not ask");
    let new = cluster.request(13);
    relay(&mut cluster, 0, new);
    assert_eq!(cluster.applied(0, Rule::Propose), 1);
}

#[test]
fn pbft_4_1_only_the_client_is_answered_again() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run([1]);
    (0..4).for_each(|at| drop(take_replies(&mut cluster, at)));
    let request = cluster.request(1);
    for at in 0..3 {
        relay(&mut cluster, at, request.clone());
        assert_eq!(take_replies(&mut cluster, at), []);
        ask(&mut cluster, at, request.clone());
        assert_eq!(take_replies(&mut cluster, at).len(), 1);
    }
    // Nor does it matter whether this replica remembers or its service.
    cluster.run(2..=4);
    cluster.reboot(2);
    take_replies(&mut cluster, 2);
    relay(&mut cluster, 2, request.clone());
    assert_eq!(take_replies(&mut cluster, 2), []);
    ask(&mut cluster, 2, request);
    assert_eq!(take_replies(&mut cluster, 2).len(), 1);
}

#[test]
fn pbft_4_1_a_client_is_answered_again_out_of_a_share() {
    let mut cluster = Cluster::new(4, 1);
    let first = HUGE_FROM.get();
    cluster.run(first..first + 4);
    take_replies(&mut cluster, 1);
    for _ in 0..10 {
        for number in first..first + 4 {
            let request = cluster.request(number);
            ask(&mut cluster, 1, request);
        }
    }
    assert_eq!(take_replies(&mut cluster, 1).len(), 2, "two megabytes");
    assert_eq!(cluster.applied(1, Rule::DeferReply), 38);
    // What it asked for and did not get comes with the next intervals, once each.
    for left in [2, 2, 0] {
        cluster.fire(1, Timer::Status);
        assert_eq!(take_replies(&mut cluster, 1).len(), left);
    }
}

#[test]
fn pbft_4_1_small_answers_are_repeated_at_once() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=64);
    take_replies(&mut cluster, 1);
    for _ in 0..10 {
        (1..=64).for_each(|number| cluster.submit(1, number));
    }
    assert_eq!(take_replies(&mut cluster, 1).len(), 640);
}

#[test]
fn pbft_4_1_a_liar_that_orders_old_requests_has_no_large_results_sent() {
    let mut cluster = Cluster::new(4, 1);
    let large = LARGE_FROM.get();
    cluster.run([large]);
    cluster.corrupt.insert(0);
    cluster.crash(0);
    (1..4).for_each(|at| drop(take_replies(&mut cluster, at)));
    let batch = Batch::new(vec![cluster.request(large)]);
    let request = cluster.request(large);
    let proposal: Message<Replica> = cluster.pre_prepare(0, 0, 2, batch);
    (1..4).for_each(|backup| cluster.hand(0, backup, &proposal));
    cluster.deliver_all();
    for at in 1..4 {
        assert!(take_replies(&mut cluster, at).iter().all(|reply| reply.result().is_none()), "replica {at}");
        // Nor does it make anybody forget what the client may ask for.
        ask(&mut cluster, at, request.clone());
        assert!(take_replies(&mut cluster, at)[0].result().is_some());
    }
}

#[test]
fn pbft_4_5_2_what_is_refused_is_no_work() {
    static HALF: [u8; 1 << 19] = [0; 1 << 19];
    let mut cluster = Cluster::new(4, 1);
    cluster.forget_behind(4);
    cluster.run(1..=8);
    cluster.corrupt.insert(0);
    cluster.crash(0);
    (1..4).for_each(|at| cluster.submit(at, 9));
    assert_eq!(waits(&cluster, 1), 1);
    // The primary is idle, and fills batches with one stale request.
    for seq in 9..=14 {
        let batch = Batch::new(vec![cluster.request_with(1, &HALF)]);
        let proposal: Message<Replica> = cluster.pre_prepare(0, 0, seq, batch);
        (1..4).for_each(|backup| cluster.hand(0, backup, &proposal));
        cluster.deliver_all();
    }
    assert_eq!(cluster.status(1).executed, Seq::new(14));
    cluster.time_out([1, 2, 3]);
    assert_eq!((cluster.applied(1, Rule::GrantTime), cluster.status(1).view), (0, View::new(1)));
}

#[test]
fn pbft_4_1_what_was_refused_as_too_far_ahead_is_executed_when_its_turn_comes() {
    let mut cluster = Cluster::new(4, 1);
    cluster.forget_behind(4);
    cluster.run([6]);
    cluster.assert_executed(0..4, &[]);
    assert_eq!(cluster.nodes[1].replies[0].result().unwrap().as_ref(), b"too far ahead");
    cluster.run([1, 2, 6]);
    cluster.assert_executed(0..4, &[1, 2, 6]);
    assert_eq!(cluster.nodes[1].replies.last().unwrap().result().unwrap().as_ref(), b"done");
}

fn forwards(cluster: &Cluster) -> usize {
    cluster.in_flight_requests()
}

#[test]
fn pbft_4_1_what_its_client_repeats_is_handed_on_once() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    (0..5).for_each(|_| cluster.submit(2, 1));
    assert_eq!(forwards(&cluster), 1);
}

#[test]
fn pbft_4_1_the_primary_is_reminded_ever_more_rarely() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    cluster.submit(2, 1);
    let mut reminders = Vec::new();
    for interval in 1..=16 {
        let before = forwards(&cluster);
        cluster.fire(2, Timer::Status);
        if forwards(&cluster) > before {
            reminders.push(interval);
        }
    }
    assert_eq!(reminders, [1, 3, 7, 15]);
}

#[test]
fn pbft_4_1_everything_that_waits_has_its_turn_to_be_reminded_of() {
    static LARGE: [u8; 1 << 20] = [0; 1 << 20];
    let mut cluster = Cluster::new(4, 1);
    cluster.lose_forwards(true);
    for number in 1..=6 {
        let request = cluster.request_with(number, &LARGE);
        ask(&mut cluster, 2, request);
    }
    cluster.lose_forwards(false);
    // Four megabytes in each interval.
    cluster.fire(2, Timer::Status);
    assert_eq!(forwards(&cluster), 4);
    cluster.fire(2, Timer::Status);
    assert_eq!(forwards(&cluster), 6);
    cluster.deliver_all();
    cluster.assert_executed(0..4, &[1, 2, 3, 4, 5, 6]);
}

#[test]
fn pbft_4_1_who_suspects_alone_goes_on_reminding() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose_forwards(true);
    cluster.submit(2, 1);
    cluster.time_out([2]);
    assert_eq!((cluster.applied(2, Rule::Suspect), cluster.status(2).view), (1, View::new(0)));
    cluster.lose_forwards(false);
    cluster.tick(1);
    cluster.assert_executed(0..4, &[1]);
}

#[test]
fn pbft_4_5_2_what_is_over_by_now_is_no_reason_to_suspect() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose_forwards(true);
    cluster.submit(2, 1);
    cluster.time_out([2]);
    cluster.run(2..=12);
    assert_eq!((cluster.applied(2, Rule::Suspect), cluster.status(2).pending), (1, 1));
    cluster.forget_behind(4);
    cluster.tick(1);
    assert_eq!(cluster.status(2).pending, 0);
}

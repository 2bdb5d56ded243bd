//! §4.1 and §4.5.2: who is answered, who is waited for, and for how long.

use crate::support::{CLIENT, Cluster, hint, id};
use bytes::Bytes;
use synod_kernel::process::Report;
use synod_kernel::{Address, Effect, Executed, Fate, Input, RequestId, Seq, View};
use synod_protocols::pbft::{Hint, Rule, Timer, Vow};

fn waits(cluster: &Cluster, at: usize) -> usize {
    cluster.nodes[at].timers.keys().filter(|timer| matches!(timer, Timer::Request(..))).count()
}

#[test]
fn pbft_4_1_a_client_that_reaches_one_backup_only_is_served() {
    let mut cluster = Cluster::new(4, 1);
    cluster.submit(2, 1);
    assert_eq!(waits(&cluster, 2), 1);
    cluster.deliver_all();
    cluster.assert_executed(0..4, &[1]);
    assert_eq!(waits(&cluster, 2), 0);
    assert_eq!(cluster.status(2).view, View::new(0));
}

#[test]
fn pbft_4_1_a_lost_forward_is_repeated() {
    let mut cluster = Cluster::new(4, 1);
    cluster.cut(2, 0);
    cluster.submit(2, 1);
    cluster.deliver_all();
    cluster.heal();
    cluster.tick(1);
    cluster.assert_executed(0..4, &[1]);
    assert_eq!(cluster.applied(2, Rule::LeaveView), 0);
}

#[test]
fn pbft_4_1_what_a_liar_hands_to_backups_reaches_the_primary() {
    let mut cluster = Cluster::new(4, 1);
    let request = cluster.request(1);
    for at in [1, 2] {
        let from = Address::Replica(id(3));
        cluster.step(at, Input::Request { from, request: request.clone() });
    }
    cluster.deliver_all();
    cluster.assert_executed(0..4, &[1]);
    assert_eq!((waits(&cluster, 1), waits(&cluster, 2)), (0, 0));
}

#[test]
fn pbft_4_1_a_liar_that_repeats_a_request_costs_one_message() {
    let mut cluster = Cluster::new(4, 1);
    let request = cluster.request(1);
    for _ in 0..3 {
        let from = Address::Replica(id(3));
        cluster.step(2, Input::Request { from, request: request.clone() });
        assert_eq!(cluster.in_flight_requests(), 1);
    }
}

#[test]
fn pbft_4_1_a_repeated_request_is_answered_and_not_executed_again() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run([1, 1]);
    cluster.assert_executed(0..4, &[1]);
    for at in 0..4 {
        assert_eq!(cluster.applied(at, Rule::RepeatReply), 1);
        let replies = &cluster.nodes[usize::from(at)].replies;
        assert_eq!(replies.len(), 2);
        assert_eq!(replies[0], replies[1]);
        assert_eq!(replies[0].answer().seq, Seq::new(1));
    }
}

#[test]
fn pbft_4_5_2_no_timer_starts_for_what_was_executed() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=4);
    // A crash forgets the replies; the service has not forgotten.
    cluster.reboot(2);
    cluster.cut(2, 0);
    cluster.submit(2, 1);
    assert_eq!((waits(&cluster, 2), cluster.status(2).pending), (0, 0));
    assert_eq!(cluster.nodes[2].replies.len(), 5);
}

#[test]
fn pbft_4_5_2_a_client_that_repeats_itself_does_not_stop_the_timer() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    cluster.submit(2, 1);
    for _ in 0..3 {
        cluster.submit(2, 1);
        let armed = cluster.nodes[2].last.iter().any(|effect| matches!(effect, Effect::Arm { .. }));
        assert!(!armed, "armed again, it would never fire");
    }
    assert_eq!(waits(&cluster, 2), 1);
}

#[test]
fn pbft_4_5_2_timers_stop_whatever_body_was_executed() {
    let mut cluster = Cluster::new(4, 1);
    let other = cluster.request_with(1, b"another body");
    cluster.lose_forwards(true);
    cluster.step(2, Input::Request { from: Address::Client(CLIENT), request: other });
    assert_eq!(waits(&cluster, 2), 1);
    cluster.run([1]);
    assert_eq!(waits(&cluster, 2), 0);
    assert!(cluster.applied(2, Rule::IgnoreDifferentBody) > 0);
}

#[test]
fn pbft_4_5_2_timers_stop_for_what_will_never_be_executed() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    (1..=3).for_each(|number| cluster.submit(2, number));
    assert_eq!(waits(&cluster, 2), 3);
    let key = cluster.request(9).key();
    let (fate, result) = (Fate::Executed, Bytes::from_static(b"done"));
    let outcome = Executed { request: key, fate, seq: Seq::new(1), result, floor: RequestId::new(2) };
    cluster.step(2, Input::Done(Report::Executed { seq: Seq::new(1), outcomes: vec![outcome] }));
    let left: Vec<Timer> = cluster.nodes[2].timers.keys().copied().collect();
    assert_eq!(left, [Timer::Request(cluster.request(3).key(), View::new(0)), Timer::Status]);
}

#[test]
fn pbft_4_5_2_a_primary_that_ignores_one_client_is_replaced() {
    let mut cluster = Cluster::new(4, 1);
    // The primary serves everything but request 1, which never reaches it.
    cluster.lose_forwards(true);
    (1..4).for_each(|at| cluster.submit(at, 1));
    for number in 2..=10 {
        cluster.submit(0, number);
        cluster.deliver_all();
    }
    assert!(cluster.executed(1).contains(&10) && !cluster.executed(1).contains(&1));
    cluster.time_out([1, 2]);
    cluster.lose_forwards(false);
    cluster.tick(1);
    for at in 0..4 {
        assert!(cluster.executed(at).contains(&1), "replica {at}");
        assert_eq!(cluster.status(at).view, View::new(1));
    }
}

#[test]
fn pbft_4_4_the_new_primary_is_given_what_waits() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    cluster.submit(2, 1);
    cluster.submit(3, 1);
    cluster.deliver_all();
    cluster.time_out([2, 3]);
    assert_eq!(cluster.status(1).view, View::new(1));
    cluster.tick(1);
    cluster.assert_executed(1..4, &[1]);
}

#[test]
fn pbft_4_1_one_client_cannot_fill_the_memory() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    (1..=130).for_each(|number| cluster.submit(2, number));
    assert_eq!((cluster.status(2).pending, cluster.applied(2, Rule::IgnoreFlood)), (128, 2));
}

#[test]
fn pbft_4_5_2_a_client_that_floods_the_primary_cannot_have_it_turn_backups_away() {
    let mut cluster = Cluster::new(4, 1);
    (1..4).for_each(|at| cluster.crash(at));
    (1..=130).for_each(|number| cluster.submit(0, number));
    assert_eq!((cluster.status(0).pending, cluster.applied(0, Rule::IgnoreFlood)), (128, 2));
    // Backups wait for these and will blame the primary if it does not propose them.
    for (backup, number) in [(1, 131), (2, 132), (3, 133)] {
        let request = cluster.request(number);
        cluster.step(0, Input::Request { from: Address::Replica(id(backup)), request });
    }
    assert_eq!((cluster.status(0).pending, cluster.applied(0, Rule::IgnoreFlood)), (131, 2));
}

#[test]
fn pbft_4_1_a_liar_cannot_fill_the_memory_with_a_clients_requests() {
    let mut cluster = Cluster::new(4, 1);
    (1..4).for_each(|at| cluster.crash(at));
    for number in 1..=1000 {
        let request = cluster.request(number);
        cluster.step(0, Input::Request { from: Address::Replica(id(3)), request });
    }
    assert_eq!((cluster.status(0).pending, cluster.applied(0, Rule::IgnoreFlood)), (512, 488));
    cluster.submit(0, 1001);
    assert_eq!(cluster.status(0).pending, 513, "its client still has its own room");
}

#[test]
fn pbft_4_1_large_requests_take_the_room_of_many() {
    static LARGE: [u8; 1 << 20] = [0; 1 << 20];
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    for number in 1..=20 {
        let request = cluster.request_with(number, &LARGE);
        cluster.step(2, Input::Request { from: Address::Client(CLIENT), request });
    }
    assert_eq!((cluster.status(2).pending, cluster.applied(2, Rule::IgnoreFlood)), (7, 13));
}

#[test]
fn pbft_4_5_2_a_replica_that_fetches_state_does_not_blame_the_primary() {
    let mut cluster = Cluster::new(4, 1);
    cluster.isolate(3);
    cluster.run(1..=20);
    cluster.heal();
    cluster.lose(|_, to, message| to == 3 && matches!(hint(message), Some(Hint::Chunk { .. })));
    cluster.tick(4);
    assert_eq!(cluster.status(3).state, "transfer");
    let before = waits(&cluster, 3);
    assert!(before > 0);
    cluster.time_out([3]);
    assert_eq!(cluster.status(3).view, View::new(0));
    assert_eq!(waits(&cluster, 3), before, "it waits once more");
    assert!(cluster.vows(3).iter().all(|vow| !matches!(vow, Vow::ViewChange(_))));
}

/// Has the cluster execute so many batches that are full, of requests that only the primary was sent.
fn execute_full_batches(cluster: &mut Cluster, first: u64, count: u64) {
    static HALF: [u8; 1 << 19] = [0; 1 << 19];
    for number in first..first + count {
        let request = cluster.request_with(number, &HALF);
        cluster.step(0, Input::Request { from: Address::Client(CLIENT), request });
        cluster.deliver_all();
    }
}

#[test]
fn pbft_4_5_2_a_primary_that_works_as_hard_as_it_can_is_given_time() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose_forwards(true);
    // What the backups wait for has not had its turn at the primary: it never got it.
    (1..4).for_each(|at| cluster.submit(at, 1));
    let mut next = 2;
    for granted in 1..=8 {
        execute_full_batches(&mut cluster, next, 4);
        next += 4;
        cluster.time_out([1, 2, 3]);
        assert_eq!(cluster.applied(1, Rule::GrantTime), granted);
        assert_eq!((cluster.status(1).view, waits(&cluster, 1)), (View::new(0), 1));
    }
    // However hard it works, it does not ignore a request for ever.
    execute_full_batches(&mut cluster, next, 4);
    cluster.time_out([1, 2, 3]);
    assert_eq!(cluster.status(1).view, View::new(1));
}

#[test]
fn pbft_4_5_2_a_primary_that_does_less_than_it_can_is_given_no_time() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose_forwards(true);
    (1..4).for_each(|at| cluster.submit(at, 1));
    execute_full_batches(&mut cluster, 2, 3);
    cluster.run(5..=20);
    cluster.time_out([1, 2, 3]);
    assert_eq!((cluster.status(1).view, cluster.applied(1, Rule::GrantTime)), (View::new(1), 0));
}

#[test]
fn pbft_4_1_replies_name_the_view_and_the_place() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    cluster.submit_all(1);
    cluster.time_out(1..4);
    let reply = &cluster.nodes[3].replies[0];
    assert_eq!(reply.view(), View::new(1));
    let statement = reply.answer();
    assert_eq!((statement.request, statement.seq), (cluster.request(1).key(), Seq::new(1)));
}

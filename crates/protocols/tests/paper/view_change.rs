//! §4.4 and §4.5.2: leaving a view, what the next one starts with, and when to be patient.

use super::new_view::before_new_view;
use crate::support::{Cluster, hint, id, vow};
use bytes::Bytes;
use std::time::Duration;
use synod_kernel::process::Chapter;
use synod_kernel::{Encode, Input, Malformed, Message, Seq, Unverified, View};
use synod_protocols::pbft::{Departure, Evidence, Hint, Prepare, Replica, Rule, Suspect, Timer, ViewChange, Vow};

pub fn is_commit(message: &Message<Replica>) -> bool {
    matches!(vow(message), Some(Vow::Commit(_)))
}

pub fn asks_for(cluster: &Cluster, from: u16, view: u64) -> Message<Replica> {
    let report = ViewChange::new(View::new(view), None, Vec::new(), &cluster.scope.membership).unwrap();
    cluster.departure(from, report)
}

fn new_view_timer(cluster: &Cluster, at: usize) -> Option<(Timer, Duration)> {
    let timers = cluster.nodes[at].timers.iter().map(|(&timer, &after)| (timer, after));
    timers.into_iter().find(|(timer, _)| matches!(timer, Timer::NewView(_)))
}

#[test]
fn pbft_4_4_a_primary_that_crashed_is_replaced() {
    for (n, f) in [(4, 1), (5, 1), (7, 2)] {
        let mut cluster = Cluster::new(n, f);
        cluster.run(1..=5);
        cluster.crash(0);
        cluster.submit_all(6);
        cluster.time_out(1..n);
        cluster.assert_executed(1..n, &[1, 2, 3, 4, 5, 6]);
        for at in 1..n {
            assert_eq!(cluster.status(at).view, View::new(1));
        }
        cluster.reboot(0);
        cluster.deliver_all();
        cluster.tick(3);
        cluster.run(7..=12);
        cluster.assert_executed(0..n, &(1..=12).collect::<Vec<_>>());
        assert_eq!(cluster.status(0).view, View::new(1));
    }
}

#[test]
fn pbft_4_4_one_replica_alone_changes_nothing_and_goes_on_voting() {
    let mut cluster = Cluster::new(4, 1);
    cluster.cut(3, 0);
    cluster.submit(3, 1);
    cluster.time_out([3]);
    assert_eq!((cluster.applied(3, Rule::Suspect), cluster.applied(3, Rule::LeaveView)), (1, 0));
    cluster.heal();
    cluster.run(2..=30);
    cluster.tick(8);
    for at in 0..4 {
        assert_eq!((cluster.status(at).view, cluster.applied(at, Rule::LeaveView)), (View::new(0), 0));
        assert_eq!(cluster.executed(at), cluster.executed(0));
    }
    let votes = cluster.vows(3).into_iter().filter(|vow| matches!(vow, Vow::Commit(_)));
    assert!(votes.count() > 0, "it suspects, and votes");
}

/// A suspicion of the primary of view 0.
fn suspicion(cluster: &Cluster, from: u16) -> Message<Replica> {
    Message::Hint(Hint::Suspect(cluster.sign(from, Suspect { view: View::new(0) })))
}

#[test]
fn pbft_4_5_2_f_plus_1_who_suspect_make_everybody_leave() {
    for (n, f) in [(4, 1), (7, 2)] {
        let mut cluster = Cluster::new(n, f);
        for from in 1..=f {
            let message = suspicion(&cluster, from);
            (0..2).for_each(|_| cluster.hand(from, 0, &message));
        }
        assert_eq!(cluster.status(0).view, View::new(0), "f may all be liars, however often they say so");
        let (last, elsewhere) = (suspicion(&cluster, f + 1), cluster.sign(f + 1, Suspect { view: View::new(1) }));
        cluster.hand(f + 1, 0, &Message::Hint(Hint::Suspect(elsewhere)));
        assert_eq!(cluster.status(0).view, View::new(0), "of another view");
        cluster.hand(f + 1, 0, &last);
        assert_eq!((cluster.status(0).view, cluster.applied(0, Rule::LeaveView)), (View::new(1), 1));
        // Nobody else heard of it, and everybody follows.
        cluster.deliver_all();
        for at in 1..n {
            assert_eq!((cluster.status(at).view, cluster.applied(at, Rule::JoinViewChange)), (View::new(1), 1));
        }
        assert!(cluster.positions().all(|at| cluster.applied(at, Rule::EnterView) == 1));
    }
}

#[test]
fn pbft_4_5_2_moments_of_slowness_do_not_add_up() {
    let mut cluster = Cluster::new(4, 1);
    let message = suspicion(&cluster, 1);
    cluster.hand(1, 0, &message);
    cluster.tick(8);
    let late = suspicion(&cluster, 2);
    let mut sooner = cluster.clone();
    sooner.hand(2, 0, &late);
    assert_eq!(sooner.status(0).view, View::new(1), "eight status intervals later it still counts");
    cluster.tick(1);
    cluster.hand(2, 0, &late);
    assert_eq!(cluster.status(0).view, View::new(0));
}

#[test]
fn pbft_4_5_2_who_still_suspects_says_so_again() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    cluster.lose(|_, _, message| matches!(hint(message), Some(Hint::Suspect(_))));
    cluster.submit_all(1);
    cluster.time_out(1..4);
    assert!((1..4).all(|at| cluster.status(at).view == View::new(0)));
    cluster.heal();
    cluster.tick(1);
    cluster.assert_executed(1..4, &[1]);
}

#[test]
fn pbft_4_4_a_departure_shows_why() {
    let cluster = Cluster::new(4, 1);
    let report = || ViewChange::new(View::new(2), None, Vec::new(), &cluster.scope.membership).unwrap();
    let leave = |view| Departure::new(cluster.sign(1, report()), cluster.suspicion(View::new(view)));
    assert!(leave(1).is_ok());
    assert!(leave(0).is_err() && leave(2).is_err(), "because of another view");
    let good = Message::<Replica>::Vow(Vow::ViewChange(leave(1).unwrap())).to_bytes();
    let decodes = |bytes: Vec<u8>| Unverified::<Message<Replica>>::decode(bytes.into(), &cluster.scope).is_ok();
    assert!(decodes(good.clone()));
    // One suspicion less: the count of signers comes before them, and each takes 2 and 64 bytes.
    let mut fewer = good[..good.len() - 66].to_vec();
    let count = fewer.len() - 66 - 4;
    fewer[count..count + 4].copy_from_slice(&1_u32.to_le_bytes());
    assert!(!decodes(fewer), "f suspicions prove nothing");
}

#[test]
fn pbft_4_5_2_a_departure_is_followed_at_once() {
    let mut cluster = Cluster::new(7, 2);
    for (from, view) in [(1, 2), (2, 5), (3, 4)] {
        let message = asks_for(&cluster, from, view);
        cluster.hand(from, 0, &message);
    }
    assert_eq!((cluster.status(0).view, cluster.applied(0, Rule::JoinViewChange)), (View::new(5), 2));
}

#[test]
fn pbft_4_5_2_the_timer_for_the_new_view_waits_for_a_strong_quorum() {
    let mut cluster = Cluster::new(4, 1);
    cluster.isolate(1);
    cluster.crash(0);
    cluster.submit_all(1);
    cluster.time_out([2]);
    assert_eq!(new_view_timer(&cluster, 2), None, "two of three");
    cluster.time_out([3]);
    assert_eq!(new_view_timer(&cluster, 2), None);
    let message = asks_for(&cluster, 1, 1);
    cluster.hand(1, 2, &message);
    assert_eq!(new_view_timer(&cluster, 2), Some((Timer::NewView(View::new(1)), Duration::from_secs(2))));
}

#[test]
fn pbft_4_5_2_patience_doubles_and_returns_to_its_base() {
    let mut cluster = Cluster::new(7, 2);
    // The primaries of views 0 and 1 are gone: view 2 takes two timeouts.
    cluster.crash(0);
    cluster.crash(1);
    cluster.submit_all(1);
    cluster.time_out(2..7);
    for at in 2..7 {
        assert_eq!(new_view_timer(&cluster, at).unwrap().1, Duration::from_secs(2));
    }
    for at in 2..7 {
        cluster.fire(at, Timer::NewView(View::new(1)));
    }
    let longer = cluster.nodes[3].last.iter().any(|effect| {
        matches!(effect, synod_kernel::Effect::Arm { timer: Timer::NewView(_), after } if after.as_secs() == 4)
    });
    cluster.deliver_all();
    assert!(longer || cluster.nodes[3].rules.contains(&Rule::EnterView));
    cluster.assert_executed(2..7, &[1]);
    let request = cluster.request(2);
    cluster.submit(3, 2);
    let armed = cluster.nodes[3].timers[&Timer::Request(request.key(), View::new(2))];
    assert_eq!(armed, Duration::from_secs(1), "a request was executed in this view");
}

#[test]
fn pbft_4_4_nobody_votes_in_a_view_it_left() {
    let mut cluster = Cluster::new(4, 1);
    cluster.isolate(3);
    let left = asks_for(&cluster, 2, 1);
    cluster.hand(2, 3, &left);
    cluster.deliver_all();
    let before = cluster.vows(3);
    let message = cluster.pre_prepare(0, 0, 1, cluster.batch(&[7]));
    cluster.hand(0, 3, &message);
    assert_eq!(cluster.vows(3), before);
    assert_eq!(cluster.applied(3, Rule::IgnoreOtherView), 1);
    cluster.reboot(3);
    cluster.hand(0, 3, &message);
    assert_eq!(cluster.vows(3), before, "nor after a crash");
}

#[test]
fn pbft_4_4_two_reports_of_one_replica_are_evidence() {
    let (mut cluster, message) = before_new_view();
    let genuine = message.view_changes().iter().find(|report| report.signer() == id(3)).unwrap().clone();
    cluster.heal();
    let empty = asks_for(&cluster, 3, 1);
    let genuine = Departure::new(genuine, cluster.suspicion(View::new(0))).unwrap();
    cluster.hand(3, 2, &Message::Vow(Vow::ViewChange(genuine)));
    cluster.hand(3, 2, &empty);
    assert!(matches!(cluster.nodes[2].core.evidence().next(), Some(Evidence::ViewChange(_))));
}

#[test]
fn pbft_4_4_lost_reports_are_repeated() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    cluster.lose(|_, _, message| matches!(vow(message), Some(Vow::ViewChange(_) | Vow::NewView(_))));
    cluster.submit_all(1);
    cluster.time_out(1..4);
    cluster.heal();
    cluster.tick(3);
    cluster.assert_executed(1..4, &[1]);
}

#[test]
fn pbft_4_4_a_stale_firing_is_ignored() {
    let mut cluster = Cluster::new(4, 1);
    let key = cluster.request(1).key();
    let seq = Seq::new(4);
    let (piece, transfer) = (Timer::Piece(seq, id(1)), Timer::Transfer(seq));
    for timer in [Timer::Request(key, View::new(0)), Timer::NewView(View::new(0)), piece, transfer] {
        cluster.step(1, Input::Timeout(timer));
    }
    assert_eq!(cluster.applied(1, Rule::IgnoreStaleTimer), 4);
    assert_eq!(cluster.status(1).view, View::new(0));
}

#[test]
fn pbft_4_4_a_report_is_valid_by_itself() {
    let cluster = Cluster::new(4, 1);
    let prepared = |view: u64, seq: u64, signers: &[u16]| {
        let statement = Prepare { view: View::new(view), seq: Seq::new(seq), digest: cluster.batch(&[seq]).digest() };
        cluster.certificate(signers, statement)
    };
    let report = |certificates| ViewChange::new(View::new(2), None, certificates, &cluster.scope.membership);
    let good = prepared(1, 4, &[0, 1, 2]);
    assert!(report(vec![prepared(0, 3, &[0, 1, 2]), good.clone()]).is_ok());
    assert!(report(vec![prepared(1, 4, &[0, 2, 3])]).is_err(), "without the word of the primary of its view");
    assert!(report(vec![prepared(2, 4, &[0, 1, 2])]).is_err(), "of a view that is not left yet");
    assert!(report(vec![good.clone(), good.clone()]).is_err(), "twice");
    assert!(report(vec![good, prepared(0, 3, &[0, 1, 2])]).is_err(), "not ascending");
    assert!(report(vec![prepared(0, 0, &[0, 1, 2])]).is_err(), "not above the checkpoint");
}

#[test]
fn pbft_4_4_a_report_of_more_than_a_window_does_not_decode() {
    let cluster = Cluster::new(4, 1);
    let members = cluster.scope.membership;
    let digest = cluster.batch(&[9]).digest();
    let prepared = |seq| cluster.certificate(&[0, 2, 3], Prepare { view: View::new(0), seq: Seq::new(seq), digest });
    let decoded = |count| {
        let report = ViewChange::new(View::new(1), None, (1..=count).map(prepared).collect(), &members).unwrap();
        Unverified::<ViewChange>::decode(Bytes::from(report.to_bytes()), &cluster.scope).map(drop)
    };
    // Kept or passed on, a collection of old certificates would make messages and records too large for everybody.
    let (length, maximum) = (cluster.scope.window + 1, cluster.scope.window);
    assert_eq!(decoded(maximum), Ok(()));
    assert_eq!(decoded(length), Err(Malformed::TooLong { what: "prepared certificates", length, maximum }));
}

#[test]
fn a_view_change_reads_as_one_story() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=5);
    cluster.crash(0);
    cluster.submit_all(6);
    cluster.time_out(1..4);
    cluster.assert_executed(1..4, &[1, 2, 3, 4, 5, 6]);
    let notes = &cluster.nodes[1].notes;
    assert!(notes.iter().all(|note| note.topic == "view change"));
    let chapters: Vec<Chapter> = notes.iter().map(|note| note.chapter).collect();
    assert_eq!((chapters.first(), chapters.last()), (Some(&Chapter::GoesOn), Some(&Chapter::Ends)));
    let told: Vec<&str> = notes.iter().map(|note| note.sentence.as_str()).collect();
    assert!(told[0].starts_with("suspecting replica 0, the primary of view 0: it did not get request 6 of client "));
    for sentence in [
        "3 of 4 replicas have left: this replica has 2s to start view 1",
        "this replica, its primary, starts view 1 on the word of replicas 1, 2 and 3: it carries over batch 5, \
         0 of them null, from checkpoint 4",
        "batch 6 is executed, the first that view 1 has decided",
    ] {
        assert!(told.contains(&sentence), "{sentence} is not in {told:#?}");
    }
}

#[test]
fn who_joins_a_view_change_says_after_whom() {
    let mut cluster = Cluster::new(4, 1);
    for from in [2, 3] {
        let message = asks_for(&cluster, from, 1);
        cluster.inject(from, 1, &message);
    }
    cluster.deliver_all();
    let told: Vec<&str> = cluster.nodes[1].notes.iter().map(|note| note.sentence.as_str()).collect();
    assert_eq!(told[0], "replica 2 asks for view 1: that makes 1, and 3 are needed");
    let shown = "replica 2 shows that replicas 0 and 1 suspect replica 0, the primary of view 0";
    assert_eq!(told[1], format!("leaving view 0 for view 1: {shown}"));
}

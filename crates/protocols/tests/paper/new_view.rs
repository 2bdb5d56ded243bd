//! §4.4: what a new view starts with, and what is refused as one.

use super::view_change::{asks_for, is_commit};
use crate::support::{Cluster, hint, id, vow};
use synod_kernel::{Batch, Encode, Message, Record, Scope, Seq, Unverified, View};
use synod_protocols::pbft::{Commit, Fact, Hint, NewView, Prepare, Replica, Rule, Timer, ViewChange, Vow};

#[test]
fn pbft_4_4_what_committed_anywhere_is_proposed_again() {
    let mut cluster = Cluster::deep(4, 1);
    // Replica 1 alone hears commits; then the primary is gone.
    cluster.lose(|_, to, message| to != 1 && is_commit(message));
    cluster.run(1..=3);
    cluster.assert_executed([1], &[1, 2, 3]);
    cluster.assert_executed([2, 3], &[]);
    cluster.heal();
    cluster.crash(0);
    cluster.time_out(2..4);
    cluster.assert_executed(1..4, &[1, 2, 3]);
}

#[test]
fn pbft_4_4_gaps_get_the_null_request() {
    let mut cluster = Cluster::deep(4, 1);
    // The proposal for 2 is lost on every way, the one for 3 prepares everywhere.
    cluster.lose(|_, _, message| match vow(message) {
        Some(Vow::PrePrepare(proposal)) => proposal.vote().statement().seq == Seq::new(2),
        Some(Vow::Commit(_)) => true,
        _ => false,
    });
    (1..=3).for_each(|number| cluster.submit(0, number));
    cluster.deliver_all();
    cluster.heal();
    cluster.crash(0);
    cluster.submit_all(4);
    cluster.time_out(1..4);
    cluster.assert_executed(1..4, &[1, 3, 4]);
    let batches = &cluster.nodes[1].service.batches;
    assert!(batches[1].1.is_null());
    assert_eq!(cluster.applied(1, Rule::ExecuteNull), 1);
}

#[test]
fn pbft_4_4_the_new_view_starts_from_the_highest_stable_checkpoint() {
    let mut cluster = Cluster::new(4, 1);
    // Replica 3 does not get to know that the checkpoint at 4 is stable.
    cluster.lose(|_, to, message| to == 3 && matches!(vow(message), Some(Vow::Checkpoint(_))));
    cluster.run(1..=5);
    assert_eq!((cluster.status(3).checkpoint, cluster.status(1).checkpoint), (Seq::new(0), Seq::new(4)));
    cluster.heal();
    cluster.crash(0);
    cluster.submit_all(6);
    cluster.time_out(1..4);
    let message = new_view_of(&cluster, 1);
    let proposed: Vec<u64> = message.proposals().iter().map(|proposal| proposal.statement().seq.get()).collect();
    assert_eq!(proposed, [5]);
    assert_eq!(cluster.status(3).checkpoint, Seq::new(4), "learned from V");
    cluster.assert_executed(1..4, &[1, 2, 3, 4, 5, 6]);
}

fn new_view_of(cluster: &Cluster, at: u16) -> NewView {
    let is_new_view = |vow: Vow| match vow {
        Vow::NewView(message) => Some(message.statement().clone()),
        _ => None,
    };
    cluster.vows(at).into_iter().find_map(is_new_view).expect("it started a view")
}

/// A cluster in which view 1 is about to start with a batch, a gap and a batch.
pub fn before_new_view() -> (Cluster, NewView) {
    let mut cluster = Cluster::deep(4, 1);
    cluster.lose(|_, _, message| match vow(message) {
        Some(Vow::PrePrepare(proposal)) => proposal.vote().statement().seq == Seq::new(2),
        Some(Vow::Commit(_)) => true,
        _ => false,
    });
    (1..=3).for_each(|number| cluster.submit(0, number));
    cluster.deliver_all();
    cluster.heal();
    cluster.crash(0);
    cluster.submit_all(4);
    cluster.isolate(2);
    let mut after = cluster.clone();
    after.heal();
    after.time_out(1..4);
    let message = new_view_of(&after, 1);
    (cluster, message)
}

#[test]
fn pbft_4_4_a_new_view_that_is_not_what_follows_is_refused() {
    let (cluster, message) = before_new_view();
    let members = cluster.scope.membership;
    let (v, o) = (message.view_changes().to_vec(), message.proposals().to_vec());
    assert_eq!(o.len(), 3);
    let make = |v: &[_], o: &[_]| NewView::new(View::new(1), v.to_vec(), o.to_vec(), &members);
    assert!(make(&v, &o).is_ok());
    let other = Batch::new(vec![cluster.request(9)]).digest();
    for place in 0..o.len() {
        let statement = *o[place].statement();
        let mut wrong = vec![
            Prepare { digest: other, ..statement },
            Prepare { view: View::new(2), ..statement },
            Prepare { seq: statement.seq.next(), ..statement },
        ];
        if statement.digest != Batch::null().digest() {
            wrong.push(Prepare { digest: Batch::null().digest(), ..statement });
        }
        for statement in wrong {
            let mut edited = o.clone();
            edited[place] = cluster.sign(1, statement);
            assert!(make(&v, &edited).is_err(), "{statement:?}");
        }
        let mut missing = o.clone();
        missing.remove(place);
        assert!(make(&v, &missing).is_err());
        let mut foreign = o.clone();
        foreign[place] = cluster.sign(3, statement);
        assert!(make(&v, &foreign).is_err(), "signed by another");
    }
    let mut longer = o.clone();
    longer.push(cluster.sign(1, Prepare { view: View::new(1), seq: Seq::new(4), digest: other }));
    assert!(make(&v, &longer).is_err());
    for place in 0..v.len() {
        let mut fewer = v.clone();
        fewer.remove(place);
        assert!(make(&fewer, &o).is_err(), "V below a strong quorum");
        let mut twice = v.clone();
        twice[place] = v[(place + 1) % v.len()].clone();
        assert!(make(&twice, &o).is_err(), "one signer twice");
    }
    let empty = ViewChange::new(View::new(1), None, Vec::new(), &members).unwrap();
    let silent: Vec<_> = (1..4).map(|at| cluster.sign(at, empty.clone())).collect();
    assert!(make(&silent, &o).is_err(), "O from another V");
}

#[test]
fn pbft_4_4_every_damaged_byte_of_a_new_view_is_refused() {
    let (cluster, message) = before_new_view();
    let genuine = Message::<Replica>::Vow(Vow::NewView(cluster.sign(1, message)));
    let bytes = genuine.to_bytes();
    let scope: Scope = cluster.scope;
    let read = |bytes: Vec<u8>| {
        let unverified = Unverified::<Message<Replica>>::decode(bytes.into(), &scope).ok()?;
        unverified.verify(cluster.referee()).ok()
    };
    assert_eq!(read(bytes.clone()), Some(genuine));
    // The first two bytes say what kind of message it is; what follows is all signed or counted.
    for place in 2..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        assert!(read(damaged).is_none(), "byte {place} of {}", bytes.len());
    }
}

#[test]
fn pbft_4_4_a_new_view_of_a_replica_that_is_not_its_primary_is_ignored() {
    let (mut cluster, message) = before_new_view();
    // V and O are genuine, the outer signature is replica 2's.
    let stolen = Message::Vow(Vow::NewView(cluster.sign(2, message)));
    cluster.hand(2, 3, &stolen);
    assert_eq!(cluster.applied(3, Rule::EnterView), 0);
    assert_eq!(cluster.applied(3, Rule::IgnoreOldView), 1);
}

#[test]
fn pbft_4_4_a_lost_new_view_is_shown_again() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    cluster.lose(|_, to, message| to == 3 && matches!(vow(message), Some(Vow::NewView(_))));
    cluster.submit_all(1);
    cluster.time_out(1..4);
    assert_eq!(cluster.status(3).state, "view-change");
    cluster.tick(2);
    assert_eq!((cluster.status(3).state.as_str(), cluster.status(3).view), ("normal", View::new(1)));
    cluster.assert_executed(1..4, &[1]);
}

#[test]
fn pbft_4_4_a_batch_missing_in_the_new_view_is_fetched() {
    let mut cluster = Cluster::new(4, 1);
    // Replica 3 sees votes but no batch.
    cluster.lose(|_, to, message| match vow(message) {
        Some(Vow::PrePrepare(_)) => to == 3,
        Some(Vow::Commit(_)) => true,
        _ => false,
    });
    cluster.submit(0, 1);
    cluster.deliver_all();
    cluster.heal();
    cluster.crash(0);
    cluster.lose(|_, to, message| to == 3 && matches!(vow(message), Some(Vow::PrePrepare(_))));
    cluster.submit_all(2);
    cluster.time_out(1..4);
    cluster.heal();
    cluster.tick(3);
    cluster.assert_executed(1..4, &[1, 2]);
}

#[test]
fn pbft_4_4_a_batch_that_only_a_liar_has_does_not_stall_the_new_view() {
    let mut cluster = Cluster::new(4, 1);
    // 0 and 2 prepared it once with the liar 3, and have forgotten it since; 3 shows it to nobody.
    let statement = Prepare { view: View::new(0), seq: Seq::new(1), digest: cluster.batch(&[9]).digest() };
    let certificate = cluster.certificate(&[0, 2, 3], statement);
    let report = ViewChange::new(View::new(1), None, vec![certificate], &cluster.scope.membership).unwrap();
    let report = cluster.departure(3, report);
    cluster.hand(3, 1, &report);
    for (at, started) in [(0, 0), (2, 1)] {
        let message = asks_for(&cluster, at, 1);
        cluster.hand(at, 1, &message);
        assert_eq!(cluster.applied(1, Rule::SendNewView), started, "0, 1 and 3 are not enough; 0, 1 and 2 are");
    }
    assert!(new_view_of(&cluster, 1).proposals().is_empty());
}

#[test]
fn pbft_4_4_a_new_primary_fetches_the_batches_it_needs_from_who_reports_them() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, to, message| to == 1 || is_commit(message));
    cluster.submit(0, 1);
    cluster.deliver_all();
    cluster.heal();
    cluster.crash(0);
    cluster.lose(|_, _, message| matches!(hint(message), Some(Hint::Body(_))));
    cluster.submit_all(2);
    cluster.time_out(1..4);
    assert_eq!(cluster.applied(1, Rule::SendNewView), 0, "the batch is not here yet");
    cluster.heal();
    cluster.tick(2);
    assert_eq!(cluster.applied(1, Rule::SendNewView), 1);
    cluster.assert_executed(1..4, &[1, 2]);
}

#[test]
fn pbft_4_4_what_a_new_view_proposes_beyond_reach_is_taken_up_when_it_comes_within() {
    let mut cluster = Cluster::new(4, 1);
    cluster.isolate(3);
    cluster.run(1..=20);
    cluster.lose(|_, _, message| is_commit(message));
    cluster.run(21..=22);
    cluster.heal();
    // Replica 3, at h = 0, enters the view with the others, and O is about 21 and 22. It is told once.
    cluster.crash(0);
    cluster.lose(|_, to, message| {
        let is_proposal = matches!(vow(message), Some(Vow::PrePrepare(_)));
        to == 3 && (is_proposal || matches!(hint(message), Some(Hint::Proposal(_))))
    });
    cluster.time_out(1..4);
    assert_eq!(cluster.status(3).view, View::new(1));
    assert_eq!(cluster.executed(1).len(), 20);
    cluster.tick(3);
    // Replica 0 is asked for the state first.
    cluster.fire(3, Timer::Piece(Seq::new(20), id(0)));
    cluster.deliver_all();
    cluster.tick(4);
    cluster.assert_executed(1..4, &(1..=22).collect::<Vec<_>>());
}

#[test]
fn pbft_4_4_votes_that_overtake_the_new_view_count() {
    let mut cluster = Cluster::new(4, 1);
    cluster.crash(0);
    cluster.submit_all(1);
    let mut elsewhere = cluster.clone();
    elsewhere.time_out(1..4);
    let digest = elsewhere.nodes[1].service.batches[0].1.digest();
    cluster.lose(|_, to, message| to == 3 && !matches!(vow(message), Some(Vow::ViewChange(_))));
    cluster.time_out(1..4);
    assert_eq!(cluster.status(3).state, "view-change");
    let (view, seq) = (View::new(1), Seq::new(1));
    let proposal = cluster.pre_prepare(1, 1, 1, cluster.batch(&[1]));
    cluster.hand(1, 3, &proposal);
    for peer in [1, 2] {
        let commit = Message::Vow(Vow::Commit(cluster.sign(peer, Commit { view, seq, digest })));
        cluster.hand(peer, 3, &commit);
    }
    let prepare = Message::Vow(Vow::Prepare(cluster.sign(2, Prepare { view, seq, digest })));
    cluster.hand(2, 3, &prepare);
    assert_eq!(cluster.applied(3, Rule::KeepEarlyVote), 4);
    cluster.heal();
    let message = Message::Vow(Vow::NewView(cluster.sign(1, new_view_of(&elsewhere, 1))));
    cluster.hand(1, 3, &message);
    cluster.assert_executed([3], &[1]);
}

#[test]
fn pbft_4_4_what_nobody_reported_is_forgotten_with_its_view() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, _, message| matches!(vow(message), Some(Vow::Prepare(_))));
    cluster.submit(0, 1);
    cluster.deliver_all();
    cluster.heal();
    let body = Record::Fact(Fact::Body(cluster.batch(&[1])));
    assert!(cluster.nodes[2].records.contains(&body));
    cluster.crash(0);
    cluster.submit_all(2);
    cluster.time_out(1..4);
    assert_eq!(cluster.status(2).view, View::new(1));
    assert!(!cluster.nodes[2].records.contains(&body));
    assert!(cluster.executed(2).contains(&2));
}

#[test]
fn pbft_4_4_the_certificate_of_the_highest_view_wins() {
    let cluster = Cluster::new(4, 1);
    let (members, seq) = (cluster.scope.membership, Seq::new(1));
    let [early, late] = [1, 2].map(|number| cluster.batch(&[number]).digest());
    let first = cluster.certificate(&[0, 1, 2], Prepare { view: View::new(0), seq, digest: early });
    let second = cluster.certificate(&[1, 2, 3], Prepare { view: View::new(1), seq, digest: late });
    let report =
        |at: u16, prepared| cluster.sign(at, ViewChange::new(View::new(2), None, vec![prepared], &members).unwrap());
    // Whoever reports it, and in whatever order.
    for lucky in 0..3 {
        let reports = (0..3).map(|at| report(at, if at == lucky { second.clone() } else { first.clone() }));
        let reports: Vec<_> = reports.collect();
        let start = |digest| {
            let proposal = cluster.sign(2, Prepare { view: View::new(2), seq, digest });
            NewView::new(View::new(2), reports.clone(), vec![proposal], &members)
        };
        assert!(start(late).is_ok());
        assert!(start(early).is_err());
    }
}

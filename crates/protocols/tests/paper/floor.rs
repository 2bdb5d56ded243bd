//! What stands before a view begins, or is decided, is not voted on: §4.4 sets h to min-s where NEW-VIEW is accepted.

use crate::support::{Cluster, vow};
use synod_kernel::descriptor::Parameters;
use synod_kernel::{Batch, Message, Seq, View};
use synod_protocols::pbft::{Commit, Hint, Prepare, Replica, Rule, Vow};

/// Replicas 0 to 2 decide eight batches; 1 proves the checkpoint at 4, 2 misses the proof and restarts from its own
/// checkpoint at 8, 3 misses everything. Then 1, which lies from now on, begins view 1 with 2 and 3.
fn begun_above_what_two_have_forgotten() -> Cluster {
    let mut cluster = Cluster::new(4, 1);
    cluster.isolate(3);
    cluster.lose(|_, to, message| match vow(message) {
        Some(Vow::Checkpoint(vote)) => to == 2 || vote.statement().seq == Seq::new(8),
        _ => false,
    });
    cluster.run(1..=8);
    cluster.reboot(2);
    cluster.crash(0);
    cluster.heal();
    // What is decided is kept from 3, which the network may do for a while.
    cluster
        .lose(|_, _, message| !is_suspicion(message) && matches!(message, Message::Hint(_)) || is_checkpoint(message));
    cluster.corrupt.insert(1);
    cluster.submit_all(9);
    cluster.time_out(1..4);
    let lows: Vec<_> = (1..4).map(|at| (cluster.status(at).view, cluster.status(at).checkpoint)).collect();
    assert_eq!(lows, [4, 0, 0].map(|low| (View::new(1), Seq::new(low))));
    cluster
}

fn is_suspicion(message: &Message<Replica>) -> bool {
    matches!(message, Message::Hint(Hint::Suspect(_)))
}

fn is_checkpoint(message: &Message<Replica>) -> bool {
    matches!(vow(message), Some(Vow::Checkpoint(_)))
}

/// Replica 1 says in view 1 that another batch is the first, in every way it can.
fn propose_another_first_batch(cluster: &mut Cluster) {
    let batch = Batch::new(vec![cluster.request(99)]);
    let proposal = cluster.pre_prepare(1, 1, 1, batch.clone());
    let statement = Commit { view: View::new(1), seq: Seq::new(1), digest: batch.digest() };
    let commit = Message::Vow(Vow::Commit(cluster.sign(1, statement)));
    let prepare = Prepare { view: View::new(1), seq: Seq::new(1), digest: batch.digest() };
    let shown = Message::Hint(Hint::Proposal(cluster.sign(1, prepare)));
    for message in [&shown, &proposal, &commit] {
        [2, 3].into_iter().for_each(|at| cluster.hand(1, at, message));
    }
    cluster.deliver_all();
}

#[test]
fn pbft_4_4_below_what_a_view_begins_with_nothing_is_voted_on() {
    let mut cluster = begun_above_what_two_have_forgotten();
    propose_another_first_batch(&mut cluster);
    for at in [2, 3] {
        let is_vote = |vow: &Vow| {
            matches!(vow, Vow::Prepare(vote) if vote.statement().view == View::new(1)
            && vote.statement().seq == Seq::new(1))
        };
        assert!(!cluster.vows(at).iter().any(is_vote), "{at} has bound itself");
        assert!(cluster.applied(at, Rule::IgnoreOutsideWindow) > 0);
    }
    // A restart forgets nothing of that.
    [2, 3].into_iter().for_each(|at| cluster.reboot(at));
    propose_another_first_batch(&mut cluster);
    cluster.assert_executed([3], &[]);
    cluster.heal();
    cluster.tick(3);
    cluster.assert_executed([2, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn pbft_4_2_what_is_decided_is_not_voted_against() {
    let mut cluster = Cluster::new(4, 1);
    let (decided, other) = (cluster.batch(&[1]), cluster.batch(&[2]));
    let statement = Commit { view: View::new(0), seq: Seq::new(1), digest: decided.digest() };
    let mut tally = synod_kernel::Tally::<Commit>::default();
    [0, 1, 3].into_iter().for_each(|signer| tally.cast(cluster.sign(signer, statement)).unwrap());
    let certificate = tally.certificate(&statement, &cluster.scope.membership).unwrap();
    let hint = Message::Hint(Hint::Decided { certificate, batch: decided, more: false });
    cluster.hand(3, 2, &hint);
    let proposal = cluster.pre_prepare(0, 0, 1, other);
    cluster.hand(0, 2, &proposal);
    assert_eq!(cluster.applied(2, Rule::KeepDecision), 1);
    assert!(!cluster.vows(2).iter().any(|vow| matches!(vow, Vow::Prepare(_))));
}

#[test]
fn pbft_4_4_a_primary_that_is_behind_what_its_view_begins_with_proposes_above_it() {
    let parameters = Parameters { checkpoint_interval: 4, window: 8, pipeline: 8, ..Parameters::default() };
    let mut cluster = Cluster::with(4, 1, parameters);
    // Replica 1 hears proposals, and never what becomes of them.
    cluster.lose(|_, to, message| to == 1 && !matches!(vow(message), Some(Vow::PrePrepare(_))));
    cluster.run(1..=4);
    assert_eq!((cluster.status(1).executed, cluster.status(2).checkpoint), (Seq::new(0), Seq::new(4)));
    cluster.crash(0);
    cluster.lose(|_, to, message| to == 1 && !is_suspicion(message) && matches!(message, Message::Hint(_)));
    cluster.submit_all(5);
    cluster.time_out(1..4);
    assert_eq!((cluster.status(1).view, cluster.applied(1, Rule::Propose)), (View::new(1), 1));
    cluster.heal();
    // Timers of its transfer fire, too: what it asked for was lost.
    for _ in 0..6 {
        cluster.fire_shortest();
        cluster.tick(1);
    }
    cluster.assert_executed(1..4, &[1, 2, 3, 4, 5]);
}

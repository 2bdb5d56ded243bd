//! §4.3: what is stable, and what may be forgotten because of it.

use crate::support::{Cluster, id, vow};
use synod_kernel::{Digest, Effect, Input, Message, Record, Seq};
use synod_protocols::pbft::{Checkpoint, Evidence, Fact, Replica, Rule, Vow};

fn checkpoint(cluster: &Cluster, from: u16, seq: u64, state: Digest) -> Message<Replica> {
    Message::Vow(Vow::Checkpoint(cluster.sign(from, Checkpoint { seq: Seq::new(seq), state })))
}

fn is_checkpoint(message: &Message<Replica>) -> bool {
    matches!(vow(message), Some(Vow::Checkpoint(_)))
}

#[test]
fn pbft_4_3_the_window_moves_when_a_strong_quorum_has_the_state() {
    for (n, f, strong) in [(4, 1, 3), (5, 1, 4), (7, 2, 5)] {
        let mut cluster = Cluster::new(n, f);
        cluster.lose(|_, _, message| is_checkpoint(message));
        cluster.run(1..=4);
        let state = cluster.nodes[0].service.durable.digest();
        for peer in 1..strong {
            assert_eq!(cluster.status(0).checkpoint, Seq::new(0), "{peer} of {n} is not enough");
            let message = checkpoint(&cluster, peer, 4, state);
            cluster.hand(peer, 0, &message);
        }
        assert_eq!(cluster.status(0).checkpoint, Seq::new(4));
        assert_eq!(cluster.status(0).digest, state);
        assert_eq!(cluster.applied(0, Rule::StableCheckpoint), 1);
    }
}

#[test]
fn pbft_4_3_differing_states_do_not_add_up() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, _, message| is_checkpoint(message));
    cluster.run(1..=4);
    let state = cluster.nodes[0].service.durable.digest();
    for (peer, state) in [(1, state), (2, Digest::ZERO), (3, Digest::of("test", b"third"))] {
        let message = checkpoint(&cluster, peer, 4, state);
        cluster.hand(peer, 0, &message);
    }
    assert_eq!(cluster.status(0).checkpoint, Seq::new(0));
}

#[test]
fn pbft_4_3_a_replica_waits_for_its_own_state() {
    let mut cluster = Cluster::new(4, 1);
    cluster.node(0).holds_checkpoints = true;
    cluster.run(1..=4);
    assert_eq!(cluster.status(1).checkpoint, Seq::new(4));
    assert_eq!(cluster.status(0).checkpoint, Seq::new(0), "three others have it, this one does not");
    let held = std::mem::take(&mut cluster.node(0).held);
    cluster.node(0).holds_checkpoints = false;
    let report = cluster.node(0).service.perform(held[0].clone()).unwrap();
    cluster.step(0, Input::Done(report));
    assert_eq!(cluster.status(0).checkpoint, Seq::new(4));
}

#[test]
fn pbft_4_3_the_log_is_replaced_only_with_the_proof_in_it() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, _, message| is_checkpoint(message));
    cluster.run(1..=4);
    let state = cluster.nodes[0].service.durable.digest();
    for peer in 1..3 {
        let message = checkpoint(&cluster, peer, 4, state);
        cluster.hand(peer, 0, &message);
    }
    let compact = cluster.nodes[0].last.iter().find_map(|effect| match effect {
        Effect::Compact(records) => Some(records),
        _ => None,
    });
    assert!(matches!(compact.unwrap()[..], [Record::Fact(Fact::Stable(_))]), "nothing else is under way");
}

#[test]
fn pbft_4_3_the_window_moves_on_for_ever() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=50);
    cluster.assert_executed(0..4, &(1..=50).collect::<Vec<_>>());
    for at in 0..4 {
        assert_eq!(cluster.status(at).checkpoint, Seq::new(48));
        assert!(cluster.nodes[usize::from(at)].records.len() < 20, "the log is kept short");
    }
}

#[test]
fn pbft_4_3_two_states_of_one_replica_are_evidence() {
    let mut cluster = Cluster::new(4, 1);
    for state in [Digest::ZERO, Digest::of("test", b"other")] {
        let message = checkpoint(&cluster, 2, 4, state);
        cluster.hand(2, 0, &message);
    }
    assert!(matches!(cluster.nodes[0].core.evidence().next(), Some(Evidence::Checkpoint(_))));
    assert_eq!(cluster.status(0).accused, [id(2)]);
}

#[test]
fn pbft_4_3_checkpoints_elsewhere_are_ignored() {
    let mut cluster = Cluster::new(4, 1);
    for seq in [0, 3, 20] {
        let message = checkpoint(&cluster, 2, seq, Digest::ZERO);
        cluster.hand(2, 0, &message);
    }
    assert_eq!(cluster.applied(0, Rule::IgnoreOutsideWindow), 3);
}

#[test]
fn pbft_4_3_what_is_kept_is_what_start_needs() {
    let mut cluster = Cluster::deep(4, 1);
    cluster.run(1..=3);
    // Two more prepare and do not commit, one is only proposed; then the checkpoint at 4 becomes stable.
    cluster.lose(|_, _, message| match vow(message) {
        Some(Vow::Commit(vote)) => vote.statement().seq > Seq::new(4),
        Some(Vow::Prepare(vote)) => vote.statement().seq > Seq::new(6),
        _ => false,
    });
    for number in 4..=7 {
        cluster.submit(0, number);
    }
    cluster.deliver_all();
    for at in 0..4 {
        assert_eq!(cluster.status(at).checkpoint, Seq::new(4));
        let proposals = cluster.nodes[usize::from(at)].records.iter();
        let proposals = proposals.filter(|record| matches!(record, Record::Fact(Fact::Proposal(_))));
        assert_eq!(proposals.count(), 3, "5, 6 and 7 are under way");
        let before = cluster.vows(at);
        assert!(before.len() >= 4, "{before:?}");
        let report = cluster.report(at).unwrap();
        cluster.reboot(at);
        assert_eq!(cluster.vows(at), before, "a reboot promises nothing new");
        assert_eq!(cluster.report(at).as_ref(), Some(&report), "P is the same after a reboot");
        assert_eq!(report.prepared().len(), 2);
        assert_eq!(report.stable_seq(), Seq::new(4));
    }
    cluster.heal();
    cluster.deliver_all();
    cluster.tick(3);
    cluster.assert_executed(0..4, &[1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn pbft_4_3_a_later_checkpoint_is_still_promised_when_an_earlier_one_is_stable() {
    let mut cluster = Cluster::new(4, 1);
    let mut at_four = Digest::ZERO;
    cluster.lose(|_, _, message| is_checkpoint(message));
    for number in 1..=8 {
        cluster.submit_all(number);
        if number == 4 {
            at_four = cluster.nodes[0].service.durable.digest();
        }
    }
    for peer in 1..3 {
        let message = checkpoint(&cluster, peer, 4, at_four);
        cluster.hand(peer, 0, &message);
    }
    assert_eq!(cluster.status(0).checkpoint, Seq::new(4));
    let is_promised = |vow: &Vow| matches!(vow, Vow::Checkpoint(vote) if vote.statement().seq == Seq::new(8));
    assert!(cluster.vows(0).iter().any(is_promised));
}

#[test]
fn pbft_4_3_what_was_beyond_the_window_is_voted_for_when_it_moves() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, to, message| to == 3 && is_checkpoint(message));
    cluster.run(1..=4);
    let state = cluster.nodes[3].service.durable.digest();
    cluster.run(5..=10);
    let prepared = |cluster: &Cluster| {
        let vows = cluster.vows(3).into_iter();
        let seqs = vows.filter_map(|vow| match vow {
            Vow::Prepare(vote) => Some(vote.statement().seq.get()),
            _ => None,
        });
        seqs.max()
    };
    assert_eq!(prepared(&cluster), Some(8), "h is 0 here, and 4 elsewhere");
    for peer in 0..2 {
        let message = checkpoint(&cluster, peer, 4, state);
        cluster.hand(peer, 3, &message);
    }
    assert_eq!(prepared(&cluster), Some(10));
}

#[test]
fn pbft_4_3_lost_checkpoints_are_repeated() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, _, message| is_checkpoint(message));
    cluster.run(1..=12);
    assert_eq!(cluster.executed(0).len(), 8, "the window is full");
    cluster.heal();
    cluster.tick(3);
    cluster.assert_executed(0..4, &(1..=12).collect::<Vec<_>>());
}

/// Only replica 1 learns that four batches are decided. It takes its checkpoint and restarts from it; replica 2 has
/// left the view alone, replica 3 is gone. Replica 0 gets there only if replica 1 can still prove what it executed.
#[test]
fn pbft_4_3_the_proofs_of_what_a_checkpoint_holds_survive_with_it() {
    let mut cluster = Cluster::deep(4, 1);
    cluster.lose(|_, to, message| to != 1 && matches!(vow(message), Some(Vow::Commit(_))));
    cluster.run(1..=4);
    cluster.assert_executed([1], &[1, 2, 3, 4]);
    cluster.assert_executed([0, 2], &[]);
    cluster.submit(2, 5);
    cluster.deliver_all();
    cluster.crash(3);
    assert!(cluster.fire_first(2, |timer| matches!(timer, synod_protocols::pbft::Timer::Request(..))));
    cluster.deliver_all();
    cluster.heal();
    cluster.reboot(1);
    cluster.tick(4);
    let executed = cluster.executed(0);
    assert!(executed.starts_with(&[1, 2, 3, 4]), "replica 0 executed {executed:?}");
}

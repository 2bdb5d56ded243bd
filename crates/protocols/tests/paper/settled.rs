//! Votes that come too late to matter: which they are, and that nobody misses them.

use super::view_change::asks_for;
use crate::support::{Cluster, id};
use synod_kernel::descriptor::Parameters;
use synod_kernel::{Digest, Message, Seq, View};
use synod_protocols::pbft::{Commit, Evidence, Prepare, Replica, Rule, Vow};

fn prepare(cluster: &Cluster, from: u16, view: u64, seq: u64, digest: Digest) -> Message<Replica> {
    let statement = Prepare { view: View::new(view), seq: Seq::new(seq), digest };
    Message::Vow(Vow::Prepare(cluster.sign(from, statement)))
}

fn commit(cluster: &Cluster, from: u16, view: u64, seq: u64, digest: Digest) -> Message<Replica> {
    let statement = Commit { view: View::new(view), seq: Seq::new(seq), digest };
    Message::Vow(Vow::Commit(cluster.sign(from, statement)))
}

type Vote = fn(&Cluster, u16, u64, u64, Digest) -> Message<Replica>;

/// Replica 1 of four has prepared a batch at the first place, with the votes of the primary and of replica 2.
fn prepared() -> (Cluster, Digest, Digest) {
    let mut cluster = Cluster::new(4, 1);
    cluster.corrupt.extend([0, 2, 3]);
    cluster.lose(|_, _, _| true);
    let (batch, other) = (cluster.batch(&[1]), cluster.batch(&[2]).digest());
    let digest = batch.digest();
    for (from, message) in [(0, cluster.pre_prepare(0, 0, 1, batch)), (2, prepare(&cluster, 2, 0, 1, digest))] {
        assert!(!cluster.needs_not(1, &message));
        assert!(!cluster.needs_not(1, &prepare(&cluster, 3, 0, 1, digest)), "not prepared yet");
        cluster.hand(from, 1, &message);
    }
    assert_eq!(cluster.applied(1, Rule::Prepared), 1);
    (cluster, digest, other)
}

/// The same, and decided it.
fn decided() -> (Cluster, Digest, Digest) {
    let (mut cluster, digest, other) = prepared();
    for from in [0, 2] {
        let message = commit(&cluster, from, 0, 1, digest);
        assert!(!cluster.needs_not(1, &message), "not decided yet");
        cluster.hand(from, 1, &message);
    }
    cluster.assert_executed([1], &[1]);
    (cluster, digest, other)
}

#[test]
fn a_late_vote_for_what_is_settled_is_needless_and_no_other() {
    for (cluster, vote) in [(prepared(), prepare as Vote), (decided(), prepare), (decided(), commit)] {
        let (cluster, digest, other) = cluster;
        assert!(cluster.needs_not(1, &vote(&cluster, 3, 0, 1, digest)));
        assert!(!cluster.needs_not(1, &vote(&cluster, 3, 0, 1, other)), "another batch: evidence");
        assert!(!cluster.needs_not(1, &vote(&cluster, 3, 1, 1, digest)), "another view");
        assert!(!cluster.needs_not(1, &vote(&cluster, 3, 0, 2, digest)), "another place");
        assert!(!cluster.needs_not(2, &vote(&cluster, 3, 0, 1, digest)), "another receiver");
        let proposal = cluster.pre_prepare(0, 0, 1, cluster.batch(&[1]));
        assert!(!cluster.needs_not(1, &proposal), "no pre-prepare is");
    }
}

#[test]
fn a_late_vote_changes_nothing_for_whoever_does_not_need_it() {
    for vote in [prepare as Vote, commit] {
        let (mut cluster, digest, _) = decided();
        let message = vote(&cluster, 3, 0, 1, digest);
        cluster.hand(3, 1, &message);
        assert_eq!(cluster.nodes[1].last, []);
    }
}

#[test]
fn a_vote_that_contradicts_what_is_settled_is_evidence_and_so_is_its_authors_other_one() {
    for vote in [prepare as Vote, commit] {
        // Its first vote was counted, the second is for another batch.
        let (mut cluster, digest, other) = decided();
        let second = vote(&cluster, 2, 0, 1, other);
        assert!(!cluster.needs_not(1, &second));
        cluster.hand(2, 1, &second);
        assert_eq!(cluster.status(1).accused, [id(2)]);

        // The first vote that is seen of another one is for another batch: now the one that agrees matters.
        let first = vote(&cluster, 3, 0, 1, other);
        cluster.hand(3, 1, &first);
        let second = vote(&cluster, 3, 0, 1, digest);
        assert!(!cluster.needs_not(1, &second));
        cluster.hand(3, 1, &second);
        assert_eq!(cluster.status(1).accused, [id(2), id(3)]);
        assert!(cluster.nodes[1].core.evidence().all(|evidence| match evidence {
            Evidence::Prepare(_) | Evidence::Commit(_) => true,
            Evidence::Checkpoint(_) | Evidence::ViewChange(_) => false,
        }));
    }
}

#[test]
fn who_has_left_a_view_needs_every_vote_of_the_next() {
    let (mut cluster, digest, _) = decided();
    let departure = asks_for(&cluster, 2, 1);
    cluster.hand(2, 1, &departure);
    assert_eq!((cluster.status(1).view, cluster.status(1).state.as_str()), (View::new(1), "view-change"));
    for vote in [prepare as Vote, commit] {
        for view in [0, 1] {
            assert!(!cluster.needs_not(1, &vote(&cluster, 3, view, 1, digest)));
        }
    }
}

#[test]
fn what_was_settled_before_a_crash_is_settled_after_it_only_if_it_is_known_to_be() {
    let (mut cluster, digest, _) = decided();
    cluster.reboot(1);
    assert!(cluster.needs_not(1, &prepare(&cluster, 3, 0, 1, digest)), "the certificate is on disk");
    assert!(!cluster.needs_not(1, &commit(&cluster, 3, 0, 1, digest)), "the commits of others are not");
    for from in [2, 3] {
        let message = commit(&cluster, from, 0, 1, digest);
        cluster.hand(from, 1, &message);
    }
    assert_eq!(cluster.applied(1, Rule::Committed), 2);
}

/// Everybody drops everything that is needless: through a view change, a crash and catching up, by decisions that are
/// remembered and by state, nobody waits for it.
#[test]
fn a_cluster_that_drops_every_needless_vote_stays_live() {
    let parameters = Parameters { checkpoint_interval: 4, window: 8, pipeline: 4, ..Parameters::default() };
    for ((n, f), history) in [((4, 1), 0), ((4, 1), 64 << 20), ((5, 1), 0), ((7, 2), 0)] {
        let mut cluster = Cluster::with_history(n, f, parameters, history);
        cluster.drops_needless = true;
        cluster.run(1..=6);
        cluster.assert_executed(0..n, &(1..=6).collect::<Vec<_>>());
        assert!(cluster.dropped >= 6 * usize::from(n), "only {} were needless", cluster.dropped);
        cluster.isolate(n - 1);
        cluster.run(7..=30);
        cluster.heal();
        cluster.tick(4);
        cluster.assert_executed(0..n, &(1..=30).collect::<Vec<_>>());
        cluster.crash(0);
        cluster.submit_all(31);
        cluster.time_out(1..n);
        cluster.assert_executed(1..n, &(1..=31).collect::<Vec<_>>());
        cluster.run(32..=34);
        cluster.reboot(0);
        cluster.deliver_all();
        cluster.tick(4);
        cluster.run(35..=46);
        cluster.assert_executed(0..n, &(1..=46).collect::<Vec<_>>());
        assert!((0..n).all(|at| cluster.status(at).view == View::new(1)), "and one view change is enough");
    }
}

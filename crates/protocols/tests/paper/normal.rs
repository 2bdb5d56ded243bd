//! §4.1 and §4.2: three phases, in whatever order the network delivers them.

use crate::support::{Cluster, id, vow};
use synod_kernel::descriptor::Parameters;
use synod_kernel::{Batch, Digest, Effect, Message, Record, Seq, Target, View};
use synod_protocols::pbft::{Commit, Evidence, Fact, Hint, Prepare, Replica, Rule, Vow};

fn position(effects: &[Effect<Replica>], wanted: impl Fn(&Effect<Replica>) -> bool) -> usize {
    effects.iter().position(wanted).expect("among the effects")
}

fn sends(kind: impl Fn(&Vow) -> bool) -> impl Fn(&Effect<Replica>) -> bool {
    move |effect| matches!(effect, Effect::Send { message: Message::Vow(vow), .. } if kind(vow))
}

#[test]
fn pbft_4_2_every_replica_executes_in_order() {
    for (n, f) in [(1, 0), (4, 1), (5, 1), (7, 2)] {
        let mut cluster = Cluster::new(n, f);
        cluster.run(1..=10);
        let everybody = cluster.positions();
        cluster.assert_executed(everybody.clone(), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        for at in everybody {
            assert_eq!(cluster.node(at).replies.len(), 10);
            assert!(cluster.node(at).timers.keys().all(|timer| *timer == synod_protocols::pbft::Timer::Status));
        }
    }
}

#[test]
fn pbft_4_2_a_quorum_is_what_n_and_f_make_it() {
    // With five replicas and one liar three are not enough, and four are.
    let mut cluster = Cluster::new(5, 1);
    cluster.crash(4);
    cluster.run([1]);
    cluster.assert_executed(0..4, &[1]);
    cluster.crash(3);
    cluster.run([2]);
    cluster.assert_executed(0..3, &[1]);
}

#[test]
fn pbft_4_2_the_batch_is_recorded_before_prepare_and_the_proof_before_commit() {
    let mut cluster = Cluster::new(4, 1);
    let batch = cluster.batch(&[1]);
    let message = cluster.pre_prepare(0, 0, 1, batch.clone());
    cluster.hand(0, 1, &message);
    let effects = cluster.nodes[1].last.clone();
    let body = position(&effects, |effect| *effect == Effect::Persist(Record::Fact(Fact::Body(batch.clone()))));
    let vote = position(&effects, |effect| matches!(effect, Effect::Persist(Record::Vow(Vow::Prepare(_)))));
    let sent = position(&effects, sends(|vow| matches!(vow, Vow::Prepare(_))));
    assert!(body < vote && vote < sent);

    let statement = Prepare { view: View::default(), seq: Seq::new(1), digest: batch.digest() };
    let prepare = Message::Vow(Vow::Prepare(cluster.sign(2, statement)));
    cluster.hand(2, 1, &prepare);
    let effects = cluster.nodes[1].last.clone();
    let proof = position(&effects, |effect| matches!(effect, Effect::Persist(Record::Fact(Fact::Prepared(_)))));
    let vote = position(&effects, |effect| matches!(effect, Effect::Persist(Record::Vow(Vow::Commit(_)))));
    let sent = position(&effects, sends(|vow| matches!(vow, Vow::Commit(_))));
    assert!(proof < vote && vote < sent);
}

#[test]
fn pbft_4_2_the_primary_records_its_proposal_before_it_leaves() {
    let mut cluster = Cluster::new(4, 1);
    cluster.submit(0, 1);
    let effects = cluster.nodes[0].last.clone();
    let vote = position(&effects, |effect| matches!(effect, Effect::Persist(Record::Vow(Vow::PrePrepare(_)))));
    assert!(vote < position(&effects, sends(|vow| matches!(vow, Vow::PrePrepare(_)))));
}

#[test]
fn pbft_4_2_a_second_proposal_is_ignored_and_kept_as_evidence() {
    let mut cluster = Cluster::new(4, 1);
    cluster.corrupt.insert(0);
    for numbers in [[1], [2]] {
        let message = cluster.pre_prepare(0, 0, 1, cluster.batch(&numbers));
        cluster.hand(0, 1, &message);
    }
    assert_eq!(cluster.applied(1, Rule::AcceptPrePrepare), 1);
    assert_eq!(cluster.applied(1, Rule::IgnoreConflict), 1);
    let evidence: Vec<&Evidence> = cluster.nodes[1].core.evidence().collect();
    assert!(matches!(evidence[..], [Evidence::Prepare(pair)] if pair.culprit().get() == 0));
    cluster.reboot(1);
    assert_eq!(cluster.status(1).accused, [id(0)]);
}

#[test]
fn pbft_4_2_an_equivocating_primary_is_proved_to_by_its_own_signatures() {
    for order in [[1, 2, 3], [3, 2, 1]] {
        let mut cluster = Cluster::new(4, 1);
        cluster.corrupt.insert(0);
        cluster.crash(0);
        for at in order {
            let batch = cluster.batch(&[if at == 3 { 2 } else { 1 }]);
            let message = cluster.pre_prepare(0, 0, 1, batch);
            cluster.inject(0, at, &message);
        }
        cluster.deliver_all();
        assert!(cluster.applied(3, Rule::ShowProposal) > 0);
        for at in 1..4 {
            assert_eq!(cluster.status(at).accused, [id(0)], "replica {at}");
            assert!(cluster.executed(at).is_empty());
        }
    }
}

#[test]
fn pbft_4_2_votes_that_overtake_the_proposal_count() {
    let mut cluster = Cluster::new(4, 1);
    let digest = cluster.batch(&[1]).digest();
    for peer in [2, 3] {
        let (view, seq) = (View::default(), Seq::new(1));
        let prepare = Message::Vow(Vow::Prepare(cluster.sign(peer, Prepare { view, seq, digest })));
        let commit = Message::Vow(Vow::Commit(cluster.sign(peer, Commit { view, seq, digest })));
        cluster.inject(peer, 1, &commit);
        cluster.inject(peer, 1, &prepare);
    }
    cluster.deliver_all();
    let message = cluster.pre_prepare(0, 0, 1, cluster.batch(&[1]));
    cluster.hand(0, 1, &message);
    cluster.assert_executed([1], &[1]);
}

#[test]
fn pbft_4_2_only_the_primary_proposes() {
    let mut cluster = Cluster::new(4, 1);
    let message = cluster.pre_prepare(2, 0, 1, cluster.batch(&[1]));
    cluster.inject(2, 1, &message);
    cluster.deliver_all();
    assert_eq!(cluster.applied(1, Rule::IgnoreNotPrimary), 1);
    assert!(cluster.vows(1).is_empty());
}

#[test]
fn pbft_4_2_a_vote_relayed_by_another_is_ignored() {
    let mut cluster = Cluster::new(4, 1);
    let message = cluster.pre_prepare(0, 0, 1, cluster.batch(&[1]));
    cluster.inject(2, 1, &message);
    cluster.deliver_all();
    assert_eq!(cluster.applied(1, Rule::IgnoreRelayed), 1);
    assert!(cluster.vows(1).is_empty());
}

#[test]
fn pbft_4_2_a_vote_that_comes_back_to_its_author_does_not_count_again() {
    let mut cluster = Cluster::new(4, 1);
    let batch = cluster.batch(&[1]);
    let (view, seq, digest) = (View::default(), Seq::new(1), batch.digest());
    let proposal = cluster.pre_prepare(0, 0, 1, batch);
    cluster.hand(0, 1, &proposal);
    let voted = cluster.vows(1);
    let vote = |author| Message::Vow(Vow::Prepare(cluster.sign(author, Prepare { view, seq, digest })));
    let (own, other) = (vote(1), vote(2));
    for relay in [0, 2, 3] {
        cluster.hand(relay, 1, &own);
    }
    assert_eq!(cluster.applied(1, Rule::IgnoreRelayed), 3);
    assert_eq!(cluster.vows(1), voted, "the primary's vote and its own, however often it comes, are two of three");
    cluster.hand(2, 1, &other);
    assert!(cluster.vows(1).len() > voted.len(), "the third is another's");
}

#[test]
fn pbft_4_2_an_empty_batch_is_no_proposal() {
    let mut cluster = Cluster::new(4, 1);
    let message = cluster.pre_prepare(0, 0, 1, Batch::null());
    cluster.inject(0, 1, &message);
    cluster.deliver_all();
    assert_eq!(cluster.applied(1, Rule::IgnoreBadBatch), 1);
    assert!(cluster.vows(1).is_empty());
}

#[test]
fn pbft_4_2_nobody_votes_outside_the_window() {
    let mut cluster = Cluster::new(4, 1);
    // h = 0 and L = 8: 8 is voted for, 9 is kept until the window moves, 17 is of no interest.
    for (seq, votes) in [(8, 1), (9, 1), (16, 1), (17, 1)] {
        let message = cluster.pre_prepare(0, 0, seq, cluster.batch(&[seq]));
        cluster.hand(0, 1, &message);
        let prepares = cluster.vows(1).iter().filter(|vow| matches!(vow, Vow::Prepare(_))).count();
        assert_eq!(prepares, votes, "at {seq}");
    }
    assert_eq!(cluster.applied(1, Rule::IgnoreOutsideWindow), 1);
    let zero = cluster.pre_prepare(0, 0, 0, cluster.batch(&[1]));
    cluster.hand(0, 1, &zero);
    assert_eq!(cluster.applied(1, Rule::IgnoreOutsideWindow), 2);
}

#[test]
fn pbft_4_2_the_primary_keeps_to_the_pipeline() {
    let mut cluster = Cluster::deep(4, 1);
    (1..4).for_each(|at| cluster.crash(at));
    (1..=6).for_each(|number| cluster.submit(0, number));
    assert_eq!(cluster.applied(0, Rule::Propose), 4, "a pipeline of four");
    assert_eq!(cluster.status(0).pending, 6);
}

#[test]
fn pbft_4_2_the_primary_keeps_to_the_window() {
    let parameters =
        Parameters { checkpoint_interval: 4, window: 8, pipeline: 8, batch_bytes: 1, ..Parameters::default() };
    let mut cluster = Cluster::with(4, 1, parameters);
    // Nothing becomes a stable checkpoint.
    cluster.lose(|_, _, message| matches!(vow(message), Some(Vow::Checkpoint(_))));
    (1..=12).for_each(|number| cluster.submit(0, number));
    cluster.deliver_all();
    assert_eq!(cluster.applied(0, Rule::Propose), 8, "a window of eight");
    cluster.assert_executed(0..4, &[1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn pbft_4_2_what_waits_shares_a_batch() {
    let mut cluster = Cluster::new(4, 1);
    (1..=9).for_each(|number| cluster.submit(0, number));
    assert_eq!(cluster.applied(0, Rule::Propose), 1, "small batches do not fill the pipeline");
    cluster.deliver_all();
    cluster.assert_executed(0..4, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(cluster.nodes[3].service.batches.len(), 2, "one by itself, the rest together");
}

#[test]
fn pbft_4_2_the_next_small_batch_leaves_when_the_last_one_is_prepared() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, _, message| matches!(vow(message), Some(Vow::Commit(_))));
    cluster.run(1..=3);
    assert_eq!(cluster.applied(0, Rule::Propose), 3, "nothing is decided, and nobody waits for that");
    cluster.run(4..=9);
    assert_eq!(cluster.applied(0, Rule::Propose), 4, "within the pipeline");
}

#[test]
fn pbft_4_2_votes_of_another_view_do_not_count() {
    let mut cluster = Cluster::new(4, 1);
    let digest = Digest::of("test", b"anything");
    let vote = Prepare { view: View::new(3), seq: Seq::new(1), digest };
    for _ in 0..70 {
        let message = Message::Vow(Vow::Prepare(cluster.sign(2, vote)));
        assert!(vow(&message).is_some());
        cluster.inject(2, 1, &message);
    }
    cluster.deliver_all();
    assert_eq!(cluster.applied(1, Rule::KeepEarlyVote), 64);
    assert_eq!(cluster.applied(1, Rule::IgnoreEarlyVote), 6);
}

#[test]
fn pbft_4_2_early_proposals_are_kept_only_if_their_view_could_accept_them() {
    static LARGE: [u8; 1 << 20] = [0; 1 << 20];
    let mut cluster = Cluster::new(4, 1);
    let oversized = Batch::new((1..=2).map(|number| cluster.request_with(number, &LARGE)).collect());
    let batch = cluster.batch(&[1]);
    let hopeless = [cluster.pre_prepare(3, 1, 1, batch.clone()), cluster.pre_prepare(1, 1, 1, oversized)];
    for (message, ignored) in hopeless.iter().zip(1..) {
        cluster.hand(vow(message).unwrap().signer().get(), 2, message);
        assert_eq!((cluster.applied(2, Rule::KeepEarlyVote), cluster.applied(2, Rule::IgnoreEarlyVote)), (0, ignored));
    }
    let good = cluster.pre_prepare(1, 1, 1, batch);
    cluster.hand(1, 2, &good);
    assert_eq!(cluster.applied(2, Rule::KeepEarlyVote), 1);
}

#[test]
fn pbft_4_2_whoever_voted_otherwise_before_the_proposal_came_is_shown_it() {
    let mut cluster = Cluster::new(4, 1);
    let statement = Prepare { view: View::default(), seq: Seq::new(1), digest: cluster.batch(&[2]).digest() };
    let vote = Message::Vow(Vow::Prepare(cluster.sign(3, statement)));
    cluster.hand(3, 1, &vote);
    let proposal = cluster.pre_prepare(0, 0, 1, cluster.batch(&[1]));
    cluster.hand(0, 1, &proposal);
    assert_eq!(cluster.applied(1, Rule::ShowProposal), 1);
    let shown = position(&cluster.nodes[1].last, |effect| match effect {
        Effect::Send { to, message: Message::Hint(Hint::Proposal(_)) } => *to == Target::One(id(3)),
        _ => false,
    });
    assert!(shown > 0);
}

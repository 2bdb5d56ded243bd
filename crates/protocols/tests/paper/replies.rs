//! Digest replies: one signature for a batch, one result in full. [PBFT-TOCS02 "digest replies"]

use crate::support::{CLIENT, Cluster, LARGE_FROM};
use std::collections::{BTreeMap, BTreeSet};
use synod_kernel::reply::AnswerCertificate;
use synod_kernel::{Address, Encode, Input, Message, Reply, Request, Seq, Unverified};
use synod_protocols::pbft::{Replica, Rule};

fn submit_all(cluster: &mut Cluster, request: Request) {
    for at in cluster.positions().filter(|&at| cluster.nodes[usize::from(at)].up).collect::<Vec<_>>() {
        cluster.step(at, Input::Request { from: Address::Client(CLIENT), request: request.clone() });
    }
    cluster.deliver_all();
}

/// The replies of these replicas since this was asked last.
fn take_replies(cluster: &mut Cluster) -> Vec<Vec<Reply>> {
    cluster.nodes.iter_mut().map(|node| std::mem::take(&mut node.replies)).collect()
}

/// Who sent the result along, once everyone has answered the same.
fn in_full(cluster: &mut Cluster) -> Vec<u16> {
    let replies = take_replies(cluster);
    let answers: BTreeSet<_> = replies.iter().flatten().map(|reply| *reply.answer()).collect();
    assert_eq!(answers.len(), 1, "with or without the result it is one answer");
    assert!(replies.iter().all(|replies| replies.len() == 1));
    (0..).zip(&replies).filter(|(_, replies)| replies[0].result().is_some()).map(|(at, _)| at).collect()
}

const LARGE: u64 = LARGE_FROM.get();

#[test]
fn pbft_tocs_digest_replies_a_large_result_comes_from_the_replica_that_is_named() {
    for replier in 0..4 {
        let mut cluster = Cluster::new(4, 1);
        let request = cluster.request_for(replier, LARGE);
        submit_all(&mut cluster, request);
        assert_eq!(in_full(&mut cluster), [replier]);
    }
}

#[test]
fn pbft_tocs_digest_replies_a_small_result_comes_from_everyone() {
    let mut cluster = Cluster::new(4, 1);
    let request = cluster.request_for(2, 1);
    submit_all(&mut cluster, request);
    assert_eq!(in_full(&mut cluster), [0, 1, 2, 3]);
}

#[test]
fn pbft_tocs_digest_replies_without_a_name_everyone_answers_in_full() {
    let mut cluster = Cluster::new(4, 1);
    let request = cluster.request(LARGE);
    submit_all(&mut cluster, request);
    assert_eq!(in_full(&mut cluster), [0, 1, 2, 3]);
}

#[test]
fn pbft_tocs_digest_replies_who_asks_again_is_answered_in_full_by_everyone() {
    // Replica 200 does not exist: then nobody answers in full before that.
    for (replier, first) in [(2, vec![2]), (200, vec![])] {
        let mut cluster = Cluster::new(4, 1);
        let request = cluster.request_for(replier, LARGE);
        submit_all(&mut cluster, request.clone());
        assert_eq!(in_full(&mut cluster), first);
        submit_all(&mut cluster, request.clone());
        assert_eq!(in_full(&mut cluster), [0, 1, 2, 3]);
        assert_eq!(cluster.applied(1, Rule::RepeatReply), 1);
    }
}

#[test]
fn pbft_tocs_digest_replies_who_asks_again_after_a_crash_is_answered_in_full() {
    let mut cluster = Cluster::new(4, 1);
    // As many as make a checkpoint: what is in it is not executed again.
    let requests: Vec<Request> = (LARGE..LARGE + 4).map(|number| cluster.request_for(1, number)).collect();
    requests.iter().for_each(|request| submit_all(&mut cluster, request.clone()));
    let request = requests[0].clone();
    take_replies(&mut cluster);
    cluster.reboot(3);
    take_replies(&mut cluster);
    cluster.step(3, Input::Request { from: Address::Client(CLIENT), request });
    let replies = take_replies(&mut cluster).swap_remove(3);
    assert_eq!(replies.len(), 1);
    assert!(replies[0].result().is_some());
    assert_eq!(cluster.applied(3, Rule::RepeatReply), 0, "the service remembers, not the replica");
}

#[test]
fn pbft_tocs_digest_replies_what_is_ordered_again_is_answered_in_full_where_its_client_asked() {
    let mut cluster = Cluster::new(4, 1);
    let requests: Vec<Request> = (LARGE..LARGE + 4).map(|number| cluster.request_for(1, number)).collect();
    requests.iter().for_each(|request| submit_all(&mut cluster, request.clone()));
    // A primary that has forgotten what it answered orders what its clients send it.
    cluster.reboot(0);
    take_replies(&mut cluster);
    cluster.step(0, Input::Request { from: Address::Client(CLIENT), request: requests[0].clone() });
    cluster.deliver_all();
    assert_eq!(in_full(&mut cluster), [0]);
    assert_eq!(cluster.status(1).executed, Seq::new(5));
}

#[test]
fn pbft_tocs_digest_replies_a_batch_is_signed_once_and_proves_each_answer() {
    let mut cluster = Cluster::new(4, 1);
    // Four go out alone, as many as may be under way; the rest share a batch.
    for number in 1..=24 {
        let request = cluster.request_for(0, number);
        cluster.step(0, Input::Request { from: Address::Client(CLIENT), request });
    }
    cluster.deliver_all();
    let replies = take_replies(&mut cluster);
    for replies in &replies {
        let mut signatures = BTreeMap::<Seq, BTreeSet<_>>::new();
        for reply in replies {
            signatures.entry(reply.answer().seq).or_default().insert(reply.signature());
        }
        assert_eq!(replies.len(), 24);
        assert!(signatures.len() < 24 && signatures.values().all(|signatures| signatures.len() == 1));
    }
    let members = cluster.scope.membership;
    for number in 0..24 {
        let of_one_request = replies.iter().map(|replies| &replies[number]);
        let answer = replies[0][number].answer();
        let certificate = AnswerCertificate::gather(answer, of_one_request, &members).expect("everyone agrees");
        let shown = Unverified::<AnswerCertificate>::decode(certificate.to_bytes().into(), &cluster.scope).unwrap();
        assert_eq!(shown.verify(cluster.referee()), Ok(certificate));
    }
}

#[test]
fn pbft_tocs_digest_replies_a_batch_that_changes_nothing_is_not_signed() {
    let mut cluster = Cluster::new(4, 1);
    cluster.corrupt.insert(0);
    cluster.crash(0);
    let proposal: Message<Replica> = cluster.pre_prepare(0, 0, 1, synod_kernel::Batch::null());
    (1..4).for_each(|backup| cluster.hand(0, backup, &proposal));
    cluster.deliver_all();
    assert!(take_replies(&mut cluster).iter().all(Vec::is_empty));
}

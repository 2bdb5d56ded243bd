//! One signature for a batch of answers, and what a reply shows with it.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixture::{CLIENT, domain, read, read_verified, referee, replica_signer, reply};
use crate::{Invalid, RequestId, SessionId};
use std::collections::BTreeSet;

fn answers(count: u64, bytes: usize) -> Vec<(RequestKey, Seq, Bytes)> {
    let key = |id| RequestKey { client: CLIENT, session: SessionId::new(9), id: RequestId::new(id) };
    (1..=count).map(|id| (key(id), Seq::new(id), Bytes::from(vec![7; bytes]))).collect()
}

fn sign_all(answers: Vec<(RequestKey, Seq, Bytes)>) -> Vec<Reply> {
    Reply::sign_all(View::new(2), answers, &domain(), &replica_signer(1))
}

#[test]
fn a_batch_is_signed_once_and_each_reply_stands_alone() {
    for count in [1, 2, 3, 7, 64, MAX_BATCH_REQUESTS as u64] {
        let asked = answers(count, 10);
        let replies = sign_all(asked.clone());
        let signatures: BTreeSet<_> = replies.iter().map(Reply::signature).collect();
        assert_eq!((replies.len(), signatures.len()), (asked.len(), 1));
        for (reply, (request, seq, result)) in replies.into_iter().zip(asked) {
            let said = Answer { request, seq, result: result_digest(&result) };
            assert_eq!((reply.answer(), reply.result()), (&said, Some(&result)));
            assert_eq!(read_verified::<Reply>(&reply.to_bytes()), reply);
        }
    }
}

#[test]
fn nothing_to_answer_is_nothing_to_sign() {
    assert_eq!(sign_all(Vec::new()), []);
}

#[test]
#[should_panic(expected = "more answers than a batch has requests")]
fn answers_beyond_a_batch_are_not_signed() {
    sign_all(answers(MAX_BATCH_REQUESTS as u64 + 1, 0));
}

#[test]
fn an_answer_with_the_path_of_another_was_signed_by_nobody() {
    let replies = sign_all(answers(5, 10));
    for (one, other) in [(0, 1), (1, 2), (4, 0)] {
        let mixed = Reply { voucher: replies[other].voucher.clone(), ..replies[one].clone() };
        let verdict = read::<Reply>(&mixed.to_bytes()).unwrap().verify(&referee());
        assert_eq!(verdict, Err(Invalid::BadSignature(Author::Replica(ReplicaId::new(1)))));
    }
}

#[test]
fn small_results_always_come_along() {
    for (bytes, comes) in [(0, true), (INLINE_RESULT_BYTES, true), (INLINE_RESULT_BYTES + 1, false)] {
        let reply = sign_all(answers(3, bytes)).swap_remove(1);
        let abridged = reply.clone().abridged();
        assert_eq!(abridged.result().is_some(), comes, "{bytes} bytes");
        assert_eq!((abridged.answer(), abridged.signature()), (reply.answer(), reply.signature()));
        assert_eq!(read_verified::<Reply>(&abridged.to_bytes()), abridged);
    }
}

#[test]
fn a_result_that_always_comes_along_costs_a_quarter_at_most() {
    let with = sign_all(answers(1, INLINE_RESULT_BYTES)).remove(0).to_bytes().len();
    let without = sign_all(answers(1, INLINE_RESULT_BYTES + 1)).remove(0).abridged().to_bytes().len();
    assert!(with > without && (with - without) * 4 <= without, "{with} bytes and {without} bytes");
}

#[test]
fn the_view_is_signed_by_nobody() {
    let reply = reply();
    let other = reply.clone().in_view(View::new(9));
    assert_eq!((other.view(), other.answer()), (View::new(9), reply.answer()));
    assert_eq!(read_verified::<Reply>(&other.to_bytes()), other);
}

#[test]
fn an_answer_is_in_full_or_by_digest() {
    let mut bytes = reply().to_bytes();
    bytes[8 + 48 + 8] = 2;
    assert_eq!(read::<Reply>(&bytes).map(drop), Err(Malformed::UnknownTag { what: "result", tag: 2 }));
}

#[test]
fn no_two_roots_contradict_each_other() {
    let root = |count| AnswerRoot { count, root: Digest::of("test", b"root") };
    assert!(!root(1).contradicts(&root(2)));
}

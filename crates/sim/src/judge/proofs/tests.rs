//! Certificates that agree, that differ, and that are none.
#![allow(clippy::unwrap_used)]

use super::Proofs;
use crate::judge::Rule;
use crate::judge::fixture::replica;
use synod_kernel::process::{Proof, Question, Quorum};
use synod_kernel::{Digest, Faults, Membership, Seq, View};

fn judge() -> Proofs {
    Proofs::new(&Membership::new(4, Faults::Byzantine(1)).unwrap())
}

fn proof(view: Option<u64>, answer: u8, signers: &[u16]) -> Proof {
    let question = Question { statement: 1, view: view.map(View::new), seq: Some(Seq::new(5)) };
    let signers = signers.iter().copied().map(replica).collect();
    Proof { question, answer: Digest([answer; 32]), signers, promised: None, quorum: Quorum::Strong }
}

#[test]
fn one_answer_may_be_proved_by_several_quorums() {
    let mut judge = judge();
    judge.shown(replica(0), &[proof(Some(1), 7, &[0, 1, 2])], |_| true).unwrap();
    judge.shown(replica(1), &[proof(Some(1), 7, &[1, 2, 3]), proof(Some(2), 8, &[1, 2, 3])], |_| true).unwrap();
}

#[test]
fn two_answers_to_one_question_are_condemned() {
    let mut judge = judge();
    judge.shown(replica(0), &[proof(None, 7, &[0, 1, 2])], |_| true).unwrap();
    let violation = judge.shown(replica(3), &[proof(None, 8, &[1, 2, 3])], |_| true).unwrap_err();
    assert_eq!(violation.rule, Rule::UniqueCertificates);
    assert!(violation.sentence.contains("replica 3") && violation.sentence.contains("replica 0"), "{violation}");
}

#[test]
fn too_few_signers_and_strangers_prove_nothing() {
    for signers in [&[0, 1][..], &[0, 1, 1], &[0, 1, 4]] {
        let violation = judge().shown(replica(0), &[proof(None, 7, signers)], |_| true).unwrap_err();
        assert!(violation.sentence.contains("by 2 of 3"), "{violation}");
    }
}

#[test]
fn a_quorum_is_large_enough_for_every_size() {
    for (members, liars, quorum) in [(4, 1, 3), (5, 1, 4), (6, 1, 4), (7, 2, 5), (10, 3, 7)] {
        assert_eq!(Proofs::new(&Membership::new(members, Faults::Byzantine(liars)).unwrap()).strong, quorum);
    }
}

#[test]
fn a_weak_proof_needs_one_more_than_may_lie() {
    let weak = |signers: &[u16]| Proof { quorum: Quorum::Weak, ..proof(Some(1), 0, signers) };
    judge().shown(replica(0), &[weak(&[1, 3])], |_| true).unwrap();
    assert!(judge().shown(replica(0), &[weak(&[1])], |_| true).is_err());
}

#[test]
fn whoever_is_honest_must_have_promised_what_it_is_named_for() {
    let asked = Question { statement: 1, view: Some(View::new(1)), seq: Some(Seq::new(5)) };
    let shown = Proof { promised: Some(asked), ..proof(Some(1), 7, &[0, 1, 2]) };
    let mut judge = judge();
    for (by, answer) in [(0, 7), (1, 7), (2, 8)] {
        judge.promised(replica(by), asked, Digest([answer; 32]));
    }
    let violation = judge.shown(replica(3), std::slice::from_ref(&shown), |_| true).unwrap_err();
    assert_eq!(violation.rule, Rule::GenuineCertificates);
    assert!(violation.sentence.contains("replica 2 answers"), "{violation}");
    judge.shown(replica(3), std::slice::from_ref(&shown), |id| id.get() != 2).unwrap();
    judge.promised(replica(2), asked, Digest([7; 32]));
    judge.shown(replica(3), &[shown], |_| true).unwrap();
}

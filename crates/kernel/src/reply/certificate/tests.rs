//! What proves an answer, and what does not.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixture::{self, CLIENT, domain, members, read, replica_signer, scope};
use crate::reply::Reply;
use crate::request::RequestKey;
use crate::signature::Author;
use crate::{RequestId, Seq, SessionId, Unverified, View};
use bytes::Bytes;

fn key(id: u64) -> RequestKey {
    RequestKey { client: CLIENT, session: SessionId::new(9), id: RequestId::new(id) }
}

fn answers(count: u64) -> Vec<(RequestKey, Seq, Bytes)> {
    (1..=count).map(|id| (key(id), Seq::new(5), Bytes::copy_from_slice(&id.to_le_bytes()))).collect()
}

/// The replies of a replica to the requests of a batch.
fn replies(position: u16, count: u64) -> Vec<Reply> {
    Reply::sign_all(View::new(2), answers(count), &domain(), &replica_signer(position))
}

/// The same answer, signed among eight by one replica and alone by the other.
fn certificate() -> AnswerCertificate {
    let (among, alone) = (replies(1, 8).swap_remove(2), replies(3, 3).swap_remove(2));
    let again = Reply::sign(View::new(4), key(3), Seq::new(5), alone.result().unwrap().clone(), &domain(), &signer(3));
    assert_eq!(among.answer(), again.answer());
    AnswerCertificate::gather(among.answer(), [&among, &again], &members()).unwrap()
}

fn signer(position: u16) -> impl crate::Signer {
    replica_signer(position)
}

fn verify(bytes: &[u8]) -> Result<AnswerCertificate, Invalid> {
    read::<AnswerCertificate>(bytes).expect("canonical").verify(&fixture::referee())
}

#[test]
fn f_plus_1_signatures_under_one_answer_prove_it_whatever_they_were_signed_with() {
    let certificate = certificate();
    assert_eq!(certificate.signers().map(ReplicaId::get).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(certificate.verify(&domain(), &fixture::referee()), Ok(()));
    assert_eq!(verify(&certificate.to_bytes()), Ok(certificate.clone()));
    assert!(certificate.proves(&3_u64.to_le_bytes()) && !certificate.proves(&4_u64.to_le_bytes()));
}

#[test]
fn too_few_other_or_foreign_signers_prove_nothing() {
    let (one, other) = (replies(1, 4), replies(2, 4));
    let gather = |replies: &[&Reply]| AnswerCertificate::gather(one[0].answer(), replies.iter().copied(), &members());
    assert_eq!(gather(&[]), None);
    assert_eq!(gather(&[&one[0], &one[0]]), None, "one replica is one signer");
    assert_eq!(gather(&[&one[0], &other[1]]), None, "another answer");
    let elsewhere =
        Reply::sign(View::new(2), key(1), Seq::new(6), 1_u64.to_le_bytes().to_vec().into(), &domain(), &signer(2));
    assert_eq!(gather(&[&one[0], &elsewhere]), None, "at another place");
    assert!(gather(&[&one[0], &other[0]]).is_some());
}

/// Behind the answer and the count of signers: signer, index, count, three steps, signature; signer, index, count,
/// signature.
const FIRST: usize = 48 + 8 + 32 + 4;
const SECOND: usize = FIRST + 2 + 4 + 3 * 32 + 64;

#[test]
fn whatever_is_changed_it_proves_nothing() {
    let bytes = certificate().to_bytes();
    assert_eq!(bytes.len(), SECOND + 2 + 4 + 64);
    for (what, at) in [
        ("whose request", 0),
        ("session", 32),
        ("id", 40),
        ("place", 48),
        ("result", 56),
        ("signer", FIRST),
        ("index", FIRST + 2),
        ("first step", FIRST + 6),
        ("last step", FIRST + 6 + 95),
        ("signature", FIRST + 6 + 96),
        ("signature alone", SECOND + 6),
    ] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(matches!(verify(&changed), Err(Invalid::BadSignature(Author::Replica(_)))), "{what}");
    }
}

#[test]
fn what_is_no_certificate_is_refused_before_a_signature_is_looked_at() {
    let bytes = certificate().to_bytes();
    let changed = |at: usize, patch: &[u8]| {
        let mut changed = bytes.clone();
        changed[at..at + patch.len()].copy_from_slice(patch);
        read::<AnswerCertificate>(&changed).map(drop)
    };
    assert_eq!(changed(FIRST - 4, &[1]), Err(Malformed::TooFewSigners { present: 1, needed: 2 }));
    assert!(matches!(changed(FIRST - 4, &[101]), Err(Malformed::TooLong { what: "signers", .. })));
    assert_eq!(changed(SECOND, &[1]), Err(Malformed::OutOfOrder { what: "signers" }), "one replica is one signer");
    assert_eq!(changed(SECOND, &[0]), Err(Malformed::OutOfOrder { what: "signers" }));
    assert_eq!(changed(SECOND, &[4]), Err(Malformed::NotAMember(ReplicaId::new(4))));
    assert!(matches!(changed(FIRST + 2, &[8]), Err(Malformed::Inconsistent(_))), "an index beyond the count");
    assert!(matches!(changed(FIRST + 4, &[0]), Err(Malformed::Inconsistent(_))), "a tree of none");
    assert!(matches!(changed(FIRST + 4, &1025_u16.to_le_bytes()), Err(Malformed::TooLong { maximum: 1024, .. })));
}

#[test]
fn a_path_that_is_too_long_or_too_short_moves_the_rest() {
    let bytes = certificate().to_bytes();
    let longer = [&bytes[..FIRST + 6], &[7; 32], &bytes[FIRST + 6..]].concat();
    let shorter = [&bytes[..FIRST + 6], &bytes[FIRST + 6 + 32..]].concat();
    let claimed = |count: u16| {
        let mut claimed = bytes.clone();
        claimed[FIRST + 4..FIRST + 6].copy_from_slice(&count.to_le_bytes());
        claimed
    };
    for changed in [longer, shorter, claimed(4), claimed(9), claimed(1024)] {
        let read = Unverified::<AnswerCertificate>::decode(Bytes::from(changed), &scope());
        assert!(read.map_or(true, |read| read.verify(&fixture::referee()).is_err()));
    }
    // A tree of seven has as long a path to the third answer, and another root is not the only difference.
    assert_eq!(verify(&claimed(7)), Err(Invalid::BadSignature(Author::Replica(ReplicaId::new(1)))));
}

#[test]
fn damage_is_refused_or_not_believed() {
    let (valid, mut chooser) = (certificate().to_bytes(), crate::chooser::Seeded::new(5));
    for _ in 0..3_000 {
        let damaged = fixture::mutate(&valid, &mut chooser);
        if let Ok(read) = read::<AnswerCertificate>(&damaged)
            && let Ok(certificate) = read.verify(&fixture::referee())
        {
            assert_eq!(certificate.to_bytes(), valid, "one certificate was signed");
        }
    }
}

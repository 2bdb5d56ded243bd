//! Certificates and tallies, against signers who are too few, repeated, strangers or of two minds.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixture::{Vote, certificate, members, read, read_verified, referee, replica_signer, signed, vote};
use crate::signature::Invalid;
use crate::{Digest, Domain, Epoch, Faults};

/// What an encoder without our types could put on the wire.
fn raw_certificate(statement: &Vote, signers: &[u16]) -> Vec<u8> {
    let mut writer = Writer::default();
    statement.encode(&mut writer);
    writer.count(signers.len());
    for &position in signers {
        writer.raw(&position.to_le_bytes());
        signed(position, statement.clone()).signature().encode(&mut writer);
    }
    writer.into_bytes()
}

fn read_strong(bytes: &[u8]) -> Result<(), Malformed> {
    read::<Certificate<Vote, Strong>>(bytes).map(drop)
}

fn read_weak(bytes: &[u8]) -> Result<(), Malformed> {
    read::<Certificate<Vote, Weak>>(bytes).map(drop)
}

#[test]
fn the_threshold_is_the_type() {
    let question = vote(1, 1);
    for (signers, weak, strong) in [
        (&[][..], false, false),
        (&[0][..], false, false),
        (&[0, 3][..], true, false),
        (&[0, 1, 3][..], true, true),
        (&[0, 1, 2, 3][..], true, true),
    ] {
        assert_eq!(certificate::<Weak>(&question, signers).is_some(), weak, "{signers:?}");
        assert_eq!(certificate::<Strong>(&question, signers).is_some(), strong, "{signers:?}");
        let bytes = raw_certificate(&question, signers);
        let refused = |needed| Err(Malformed::TooFewSigners { present: signers.len(), needed });
        assert_eq!(read_weak(&bytes), if weak { Ok(()) } else { refused(2) });
        assert_eq!(read_strong(&bytes), if strong { Ok(()) } else { refused(3) });
    }
}

#[test]
fn thresholds_follow_the_membership() {
    let five = Membership::new(5, Faults::Byzantine(1)).unwrap();
    assert_eq!((Strong::size(&five), Weak::size(&five)), (4, 2), "not 2f+1");
    let mut tally = Tally::<Vote>::default();
    (0..3).for_each(|position| tally.cast(signed(position, vote(1, 1))).unwrap());
    assert!(tally.certificate(&vote(1, 1), &members()).is_some());
    assert!(tally.certificate(&vote(1, 1), &five).is_none(), "three of five are too few");
}

#[test]
fn signers_are_distinct_ascending_members() {
    let question = vote(1, 1);
    let out_of_order = Err(Malformed::OutOfOrder { what: "signers" });
    for signers in [&[0, 0, 1][..], &[0, 1, 1], &[2, 1, 0], &[0, 2, 1], &[1, 1, 1, 1]] {
        assert_eq!(read_strong(&raw_certificate(&question, signers)), out_of_order, "{signers:?}");
    }
    let stranger = read_strong(&raw_certificate(&question, &[0, 1, 4]));
    assert_eq!(stranger, Err(Malformed::NotAMember(ReplicaId::new(4))));
    let crowd: Vec<u16> = (0..=MAX_REPLICAS).collect();
    assert!(matches!(read_strong(&raw_certificate(&question, &crowd)), Err(Malformed::TooLong { .. })));
}

#[test]
fn a_certificate_reads_back_with_its_signers() {
    let written = certificate::<Strong>(&vote(1, 1), &[3, 0, 1]).unwrap();
    let read = read_verified::<Certificate<Vote, Strong>>(&written.to_bytes());
    assert_eq!(read, written);
    assert_eq!(read.signers().map(ReplicaId::get).collect::<Vec<_>>(), [0, 1, 3]);
    assert!(read.has_signer(ReplicaId::new(3)) && !read.has_signer(ReplicaId::new(2)));
    assert_eq!(read.statement(), &vote(1, 1));
}

#[test]
fn one_bad_signature_spoils_a_certificate() {
    for spoiled in [0, 1, 3] {
        let mut writer = Writer::default();
        vote(1, 1).encode(&mut writer);
        writer.count(3);
        for position in [0_u16, 1, 3] {
            let said = if position == spoiled { vote(1, 2) } else { vote(1, 1) };
            writer.raw(&position.to_le_bytes());
            signed(position, said).signature().encode(&mut writer);
        }
        let culprit = Author::Replica(ReplicaId::new(spoiled));
        let verdict = read::<Certificate<Vote, Strong>>(&writer.into_bytes()).unwrap().verify(&referee());
        assert_eq!(verdict, Err(Invalid::BadSignature(culprit)));
    }
}

#[test]
fn the_first_vote_counts_the_second_is_evidence_and_repetition_is_nothing() {
    let mut tally = Tally::<Vote>::default();
    let (first, second) = (signed(1, vote(7, 1)), signed(1, vote(7, 2)));
    assert_eq!(tally.cast(first.clone()), Ok(()));
    let before = tally.clone();
    assert_eq!(tally.cast(first.clone()), Ok(()), "repeating oneself");
    let evidence = tally.cast(second.clone()).unwrap_err();
    assert_eq!(evidence, Equivocation { first: first.clone(), second });
    assert_eq!(evidence.culprit(), ReplicaId::new(1));
    assert_eq!(tally, before, "neither changed the count");
    assert_eq!(tally.vote_of(ReplicaId::new(1)), Some(&first));
    assert_eq!(tally.vote_of(ReplicaId::new(2)), None);
}

#[test]
fn a_second_vote_never_completes_a_quorum() {
    let mut tally = Tally::<Vote>::default();
    for position in [0, 1] {
        tally.cast(signed(position, vote(7, 1))).unwrap();
    }
    tally.cast(signed(3, vote(7, 2))).unwrap();
    assert!(tally.cast(signed(3, vote(7, 1))).is_err());
    assert!(tally.cast(signed(0, vote(7, 2))).is_err());
    assert_eq!(tally.certificate(&vote(7, 1), &members()), None);
    assert_eq!(tally.certificate(&vote(7, 2), &members()), None);
    tally.cast(signed(2, vote(7, 1))).unwrap();
    let proof = tally.certificate(&vote(7, 1), &members()).unwrap();
    assert_eq!(proof.signers().map(ReplicaId::get).collect::<Vec<_>>(), [0, 1, 2], "without the one of two minds");
    assert_eq!(tally.votes().len(), 4);
}

#[test]
fn evidence_is_two_contradictory_statements_of_one_signer() {
    let decode = |first, second| read::<Equivocation<Vote>>(&Equivocation { first, second }.to_bytes()).map(drop);
    assert_eq!(decode(signed(1, vote(7, 1)), signed(1, vote(7, 2))), Ok(()));
    let refused = Err(Malformed::Inconsistent("an equivocation is two contradictory statements of one signer"));
    assert_eq!(decode(signed(1, vote(7, 1)), signed(1, vote(7, 1))), refused, "the same statement twice");
    assert_eq!(decode(signed(1, vote(7, 1)), signed(2, vote(7, 2))), refused, "two signers");
    assert_eq!(decode(signed(1, vote(7, 1)), signed(1, vote(8, 2))), refused, "votes on two things are no crime");
}

#[test]
fn evidence_compares_statements_never_signatures() {
    let elsewhere = Domain { cluster: Digest::of("test", b"other"), epoch: Epoch::default() };
    let same = |domain| Signed::sign(vote(7, 1), &domain, &replica_signer(1));
    let (here, there) = (same(crate::fixture::domain()), same(elsewhere));
    assert_ne!(here.signature(), there.signature());
    let mut tally = Tally::<Vote>::default();
    tally.cast(here).unwrap();
    assert_eq!(tally.cast(there), Ok(()), "another signature on the same statement is repetition");
}

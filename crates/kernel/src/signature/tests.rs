//! Both schemes, against everything a liar can change: author, cluster, epoch, kind, content, signature.

use super::*;
use crate::codec::Encode;
use crate::ed25519::{Ed25519Signer, Ed25519Verifier};
use crate::fixture::{
    CLIENT, Vote, client_signer, domain, read, referee, replica_signer, reply, request, secret, vote,
};
use crate::reply::Reply;
use crate::request::Request;
use crate::{Digest, Domain, Epoch, Kind, Signed, Statement};

/// A scheme: who verifies, replicas 0 and 1, a registered client and one that is not.
struct Scheme {
    verifier: Box<dyn Verifier>,
    replicas: [Box<dyn Signer>; 2],
    client: Box<dyn Signer>,
    stranger: Box<dyn Signer>,
}

fn schemes() -> [Scheme; 2] {
    let replica = |position: u16, key| Ed25519Signer::replica(ReplicaId::new(position), secret(key));
    let keys = [10, 11, 12, 13].map(|key| secret(key).public());
    [
        Scheme {
            verifier: Box::new(referee()),
            replicas: [Box::new(replica_signer(0)), Box::new(replica_signer(1))],
            client: Box::new(client_signer()),
            stranger: Box::new(referee().signer(Author::Client(ClientId::new([8; 32])))),
        },
        Scheme {
            verifier: Box::new(Ed25519Verifier::new(keys.into(), [secret(30).public()])),
            replicas: [Box::new(replica(0, 10)), Box::new(replica(1, 11))],
            client: Box::new(Ed25519Signer::client(secret(30))),
            stranger: Box::new(Ed25519Signer::client(secret(31))),
        },
    ]
}

fn digest(domain: &Domain, kind: Kind, vote: &Vote) -> Digest {
    domain.digest(kind, &vote.to_bytes())
}

#[test]
fn what_an_author_signed_verifies_as_that_and_nothing_else() {
    let here = domain();
    let said = digest(&here, Vote::KIND, &vote(1, 1));
    let other_cluster = Domain { cluster: Digest::of("test", b"other"), ..here };
    let other_epoch = Domain { epoch: Epoch::new(4), ..here };
    let other_digests = [
        ("cluster", digest(&other_cluster, Vote::KIND, &vote(1, 1))),
        ("epoch", digest(&other_epoch, Vote::KIND, &vote(1, 1))),
        ("protocol", digest(&here, Kind { protocol: 201, ..Vote::KIND }, &vote(1, 1))),
        ("kind", digest(&here, Kind { statement: 2, ..Vote::KIND }, &vote(1, 1))),
        ("content", digest(&here, Vote::KIND, &vote(1, 2))),
    ];
    for Scheme { verifier, replicas, client, .. } in schemes() {
        for signer in [&replicas[0], &replicas[1], &client] {
            let (author, signature) = (signer.author(), signer.sign(&said));
            assert_eq!(verifier.verify(&[Check { author, digest: said, signature }]), Ok(()));
            assert_eq!(signer.sign(&said), signature, "deterministic");
            for (what, digest) in other_digests {
                let verdict = verifier.verify(&[Check { author, digest, signature }]);
                assert_eq!(verdict, Err(Invalid::BadSignature(author)), "another {what}");
            }
        }
    }
}

#[test]
fn nobody_signs_for_another() {
    let said = digest(&domain(), Vote::KIND, &vote(1, 1));
    for Scheme { verifier, replicas, client, .. } in schemes() {
        let signers = [&replicas[0], &replicas[1], &client];
        for (one, signer) in signers.iter().enumerate() {
            for (other, claimed) in signers.iter().enumerate() {
                let author = claimed.author();
                let check = Check { author, digest: said, signature: signer.sign(&said) };
                let expected = if one == other { Ok(()) } else { Err(Invalid::BadSignature(author)) };
                assert_eq!(verifier.verify(&[check]), expected);
            }
        }
    }
}

#[test]
fn strangers_are_unknown_however_well_they_sign() {
    let said = digest(&domain(), Vote::KIND, &vote(1, 1));
    for Scheme { verifier, replicas, stranger, .. } in schemes() {
        for (author, signer) in [(stranger.author(), &stranger), (Author::Replica(ReplicaId::new(4)), &replicas[0])] {
            let check = Check { author, digest: said, signature: signer.sign(&said) };
            assert_eq!(verifier.verify(&[check]), Err(Invalid::UnknownAuthor(author)));
        }
    }
}

#[test]
fn every_bit_of_a_signature_counts() {
    let said = digest(&domain(), Vote::KIND, &vote(1, 1));
    for Scheme { verifier, replicas, .. } in schemes() {
        let (author, good) = (replicas[0].author(), replicas[0].sign(&said));
        for bit in 0..512 {
            let mut signature = good;
            signature.0[bit / 8] ^= 1 << (bit % 8);
            let verdict = verifier.verify(&[Check { author, digest: said, signature }]);
            assert_eq!(verdict, Err(Invalid::BadSignature(author)), "bit {bit}");
        }
    }
}

#[test]
fn one_bad_check_among_good_ones_is_found_and_named() {
    let said = digest(&domain(), Vote::KIND, &vote(1, 1));
    for Scheme { verifier, replicas, client, .. } in schemes() {
        let good = |signer: &dyn Signer| Check { author: signer.author(), digest: said, signature: signer.sign(&said) };
        let checks = [&replicas[0], &replicas[1], &client].map(|signer| good(&**signer));
        assert_eq!(verifier.verify(&checks), Ok(()));
        assert_eq!(verifier.verify(&[]), Ok(()), "what claims nothing is not wrong");
        for bad in 0..3 {
            let mut spoiled = checks;
            spoiled[bad].signature = Signature([0; 64]);
            assert_eq!(verifier.verify(&spoiled), Err(Invalid::BadSignature(checks[bad].author)));
        }
    }
}

#[test]
fn clusters_with_other_secrets_do_not_know_each_other() {
    let other = crate::symbolic::Referee::new(2, crate::fixture::members(), [CLIENT]);
    let verdict = read::<Reply>(&reply().to_bytes()).expect("canonical").verify(&other);
    assert_eq!(verdict, Err(Invalid::BadSignature(Author::Replica(ReplicaId::new(1)))));
}

#[test]
fn requests_and_replies_verify_from_the_wire() {
    for Scheme { verifier, replicas, client, .. } in schemes() {
        let operations = vec![bytes::Bytes::from_static(b"put a")];
        let (session, id) = (crate::SessionId::new(1), crate::RequestId::new(1));
        let request = Request::sign(session, id, operations, &domain(), &*client).expect("in bounds");
        let read_request = read::<Request>(&request.to_bytes()).expect("canonical");
        assert_eq!(read_request.verify(&*verifier), Ok(request.clone()));

        let result = bytes::Bytes::from_static(b"done");
        let place = (crate::View::new(1), crate::Seq::new(3));
        let reply = Reply::sign(place.0, request.key(), place.1, result, &domain(), &*replicas[1]);
        assert_eq!(read::<Reply>(&reply.to_bytes()).expect("canonical").verify(&*verifier), Ok(reply));
    }
}

#[test]
fn a_vote_with_another_name_on_it_is_nobodys() {
    for Scheme { verifier, replicas, .. } in schemes() {
        let mut bytes = Signed::sign(vote(1, 1), &domain(), &*replicas[0]).to_bytes();
        assert!(read::<Signed<Vote>>(&bytes).expect("canonical").verify(&*verifier).is_ok());
        bytes[9] = 1;
        let verdict = read::<Signed<Vote>>(&bytes).expect("canonical").verify(&*verifier);
        assert_eq!(verdict, Err(Invalid::BadSignature(replicas[1].author())));
    }
}

#[test]
#[should_panic(expected = "a replica's voting key")]
fn a_client_makes_no_statements() {
    Signed::sign(vote(1, 1), &domain(), &client_signer());
}

#[test]
fn a_request_has_operations_and_not_too_many() {
    use crate::request::{MAX_OPERATIONS, MAX_REQUEST_BYTES, RequestError};
    let sign = |operations| {
        let (session, id) = (crate::SessionId::new(1), crate::RequestId::new(1));
        Request::sign(session, id, operations, &domain(), &client_signer()).map(drop)
    };
    let many = |count| vec![bytes::Bytes::new(); count];
    let large = |bytes| vec![bytes::Bytes::from(vec![0; bytes])];
    assert_eq!(sign(many(0)), Err(RequestError::Empty));
    assert_eq!(sign(many(MAX_OPERATIONS)), Ok(()));
    assert_eq!(sign(many(MAX_OPERATIONS + 1)), Err(RequestError::TooManyOperations(MAX_OPERATIONS + 1)));
    assert_eq!(sign(large(MAX_REQUEST_BYTES)), Ok(()));
    assert_eq!(sign(large(MAX_REQUEST_BYTES + 1)), Err(RequestError::TooLarge(MAX_REQUEST_BYTES + 1)));
    assert_eq!(request(1, &[b"a"]), request(1, &[b"a"]));
}

#[test]
fn a_request_names_who_answers_it_in_full_and_that_is_signed() {
    use crate::request::Replier;
    let sign = |replier| {
        let (session, id) = (crate::SessionId::new(1), crate::RequestId::new(1));
        let operations = vec![bytes::Bytes::from_static(b"put a")];
        Request::sign_for(replier, session, id, operations, &domain(), &client_signer()).expect("in bounds")
    };
    let named = |position| Replier::One(ReplicaId::new(position));
    for (replier, included) in [(Replier::Everyone, [true; 2]), (named(0), [true, false]), (named(200), [false; 2])] {
        let request = sign(replier);
        assert_eq!([0, 1].map(|position| request.replier().includes(ReplicaId::new(position))), included);
        let read_back: Request = crate::fixture::read_verified(&request.to_bytes());
        assert_eq!((read_back.replier(), read_back.size()), (replier, request.to_bytes().len()));
        assert!(replier == named(0) || request != sign(named(0)), "what is signed differs");
    }
    let mut bytes = sign(named(0)).to_bytes();
    bytes[48] = 1;
    let verdict = read::<Request>(&bytes).expect("canonical").verify(&crate::fixture::referee());
    assert_eq!(verdict, Err(Invalid::BadSignature(Author::Client(CLIENT))), "nobody on the way names another");
}

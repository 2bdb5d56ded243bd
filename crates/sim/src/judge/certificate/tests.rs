//! Proofs that hold and that do not.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{ClientId, Digest, Domain, Epoch, Faults, Membership, ReplicaId, Reply, RequestId, SessionId, View};

fn request(operation: &'static [u8]) -> Request {
    let signer = referee(0).signer(Author::Client(ClientId::new([7; 32])));
    let (session, id) = (SessionId::new(1), RequestId::new(1));
    Request::sign(session, id, vec![Bytes::from_static(operation)], &scope().domain, &signer).unwrap()
}

fn scope() -> Scope {
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    Scope { domain: Domain { cluster: Digest::ZERO, epoch: Epoch::new(0) }, membership, window: 256 }
}

fn referee(secret: u64) -> Referee {
    Referee::new(secret, scope().membership, [ClientId::new([7; 32])])
}

/// What replicas 1 and 2, with keys of this world, signed of the request.
fn certificate(secret: u64, result: &'static [u8]) -> AnswerCertificate {
    let asked = request(b"a");
    let body = ReplyBody::Executed(vec![Bytes::from_static(result)]);
    let replies = [1, 2].map(|id| {
        let signer = referee(secret).signer(Author::Replica(ReplicaId::new(id)));
        let result = Resolution::encoded(&asked, body.clone());
        Reply::sign(View::new(0), asked.key(), Seq::new(3), result, &scope().domain, &signer)
    });
    AnswerCertificate::gather(replies[0].answer(), &replies, &scope().membership).unwrap()
}

fn verdict(certificate: &AnswerCertificate, request: &Request, seq: u64, result: &'static [u8]) -> Option<Rule> {
    let results = [Bytes::from_static(result)];
    let finding = convinces(certificate, (request, Seq::new(seq), &results), &scope(), &referee(0));
    finding.err().map(|violation| violation.rule)
}

#[test]
fn only_what_was_signed_is_proved() {
    let (asked, refused) = (request(b"a"), Some(Rule::Certificates));
    assert_eq!(verdict(&certificate(0, b"r"), &asked, 3, b"r"), None);
    assert_eq!(verdict(&certificate(0, b"r"), &asked, 4, b"r"), refused, "another place");
    assert_eq!(verdict(&certificate(0, b"r"), &asked, 3, b"s"), refused, "another result");
    assert_eq!(verdict(&certificate(0, b"r"), &request(b"b"), 3, b"r"), refused, "another request under the same key");
    assert_eq!(verdict(&certificate(1, b"r"), &asked, 3, b"r"), refused, "other keys");
}

#[test]
fn fewer_signers_than_there_are_liars_and_one_prove_nothing() {
    let larger = Membership::new(7, Faults::Byzantine(2)).unwrap();
    let scope = Scope { membership: larger, ..scope() };
    let results = [Bytes::from_static(b"r")];
    let certificate = certificate(0, b"r");
    let finding = convinces(&certificate, (&request(b"a"), Seq::new(3), &results), &scope, &referee(0));
    assert_eq!(finding.map_err(|violation| violation.rule), Err(Rule::Certificates));
}

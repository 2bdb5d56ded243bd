//! What is honestly said in the corpora of this crate.

use crate::judge;
use bytes::Bytes;
use synod_kernel::frame::{Empty, FrameKind, Header};
use synod_kernel::reply::AnswerCertificate;
use synod_kernel::{Batch, Digest, ReplicaId, Reply, Request, RequestId, RequestKey, Seq, SessionId, Status, View};

/// The number of the protocol in all headers.
pub(crate) const PROTOCOL: u8 = 1;

fn request(id: u64, operations: &[&'static [u8]]) -> Request {
    let operations = operations.iter().map(|operation| Bytes::from_static(operation)).collect();
    let domain = judge::scope().domain;
    Request::sign(SessionId::new(9), RequestId::new(id), operations, &domain, &judge::client()).expect("within bounds")
}

/// Requests of one and of many operations.
pub(crate) fn requests() -> Vec<(&'static str, Request)> {
    vec![
        ("one-operation", request(1, &[b"hello"])),
        ("empty-operation", request(2, &[b""])),
        ("bundle", request(3, &[b"put a 1", b"", b"delete b", b"get a"])),
        ("many-empty-operations", request(4, &[&b""[..]; 40])),
    ]
}

/// Batches, the null request among them.
pub(crate) fn batches() -> Vec<(&'static str, Batch)> {
    let requests: Vec<Request> = requests().into_iter().map(|(_, request)| request).collect();
    vec![
        ("null", Batch::null()),
        ("one-request", Batch::new(requests[..1].to_vec())),
        ("bundles", Batch::new(requests.clone())),
        ("repeated", Batch::new([&requests[..1], &requests[..1]].concat())),
    ]
}

/// The replies of a replica to the requests of a batch.
fn batch_replies(position: u16, results: &[&'static [u8]]) -> Vec<Reply> {
    let key = |id| RequestKey { client: client_id(), session: SessionId::new(9), id: RequestId::new(id) };
    let answers = (1..).zip(results).map(|(id, result)| (key(id), Seq::new(5), Bytes::from_static(result)));
    Reply::sign_all(View::new(2), answers, &judge::scope().domain, &judge::replica(position))
}

/// Replies that were signed alone or with others, with and without content.
pub(crate) fn replies() -> Vec<(&'static str, Reply)> {
    let among = batch_replies(2, &[b"one", b"two", &[7; 80]]);
    vec![
        ("result", batch_replies(1, &[b"done"]).remove(0)),
        ("empty-result", batch_replies(3, &[b""]).remove(0)),
        ("among-others", among[1].clone()),
        ("digest", among[2].clone().abridged()),
    ]
}

/// Proofs by replicas that signed the same answer in the same tree and in others.
pub(crate) fn certificates() -> Vec<(&'static str, AnswerCertificate)> {
    let (alone, among) = (batch_replies(0, &[b"one"]).remove(0), batch_replies(2, &[b"one", b"two", b"three"]));
    let third = batch_replies(3, &[b"one", b"two", b"three"]).remove(0);
    let gather = |replies: &[&Reply]| {
        let members = judge::scope().membership;
        AnswerCertificate::gather(alone.answer(), replies.iter().copied(), &members).expect("enough signers")
    };
    vec![("two", gather(&[&alone, &among[0]])), ("three", gather(&[&alone, &among[0], &third]))]
}

fn client_id() -> synod_kernel::ClientId {
    request(1, &[b"hello"]).key().client
}

/// What replicas tell operators.
pub(crate) fn statuses() -> Vec<(&'static str, Status)> {
    let normal = Status {
        state: "normal".to_owned(),
        view: View::new(1),
        executed: Seq::new(300),
        checkpoint: Seq::new(256),
        digest: Digest::of("synod fuzz v1", b"state"),
        pending: 3,
        accused: Vec::new(),
    };
    let accused = vec![ReplicaId::new(3), ReplicaId::new(0)];
    vec![("normal", normal.clone()), ("accusing", Status { accused, ..normal })]
}

/// Frames of every kind, without their length.
pub(crate) fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let header = |kind| Header { domain: judge::scope().domain, protocol: PROTOCOL, kind };
    let frames = [
        ("message", header(FrameKind::Message).frame(&Batch::null())),
        ("request", header(FrameKind::Request).frame(&requests()[0].1)),
        ("reply", header(FrameKind::Reply).frame(&replies()[0].1)),
        ("status-query", header(FrameKind::StatusQuery).frame(&Empty)),
        ("status", header(FrameKind::Status).frame(&statuses()[0].1)),
        ("session", header(FrameKind::Session).frame(&SessionId::new(9))),
    ];
    frames.into_iter().map(|(name, frame)| (name, frame[4..].to_vec())).collect()
}

//! A small world for tests: symbolic keys, two clients, and a machine whose answers have the size one asks for.
#![allow(clippy::unwrap_used)]

use crate::{Context, Refusal, ReplyBody, Resolution, Service, Space, StateMachine, plain};
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::process::Executed;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::{Referee, SymbolicSigner};
use synod_kernel::{
    Batch, ClientId, Digest, Domain, Epoch, Faults, Membership, ReplicaId, Request, RequestId, Scope, Seq, SessionId,
};

pub(crate) const ALICE: ClientId = ClientId::new([0xa1; 32]);
pub(crate) const BOB: ClientId = ClientId::new([0xb0; 32]);

/// Four replicas, one of which may lie.
pub(crate) fn scope() -> Scope {
    let domain = Domain { cluster: Digest::of("test cluster", b""), epoch: Epoch::new(0) };
    Scope { domain, membership: Membership::new(4, Faults::Byzantine(1)).unwrap(), window: 256 }
}

pub(crate) fn referee() -> Referee {
    Referee::new(1, scope().membership, [ALICE, BOB])
}

pub(crate) fn client_signer(client: ClientId) -> SymbolicSigner {
    referee().signer(Author::Client(client))
}

pub(crate) fn replica_signer(position: u16) -> SymbolicSigner {
    referee().signer(Author::Replica(ReplicaId::new(position)))
}

/// A request of Alice's.
pub(crate) fn ask(session: u64, id: u64, operations: &[&[u8]]) -> Request {
    ask_as(ALICE, session, id, operations)
}

pub(crate) fn ask_as(client: ClientId, session: u64, id: u64, operations: &[&[u8]]) -> Request {
    let operations = operations.iter().map(|operation| Bytes::copy_from_slice(operation)).collect();
    let (session, id) = (SessionId::new(session), RequestId::new(id));
    Request::sign(session, id, operations, &scope().domain, &client_signer(client)).unwrap()
}

/// Counts what it applies, in the map, and answers: the count to anything, so many bytes to `fill <n>`, all the room
/// there is to `room`, and a byte more to `greedy`.
#[derive(Debug)]
pub(crate) struct Counter;

impl StateMachine for Counter {
    fn apply(&self, space: &mut Space<'_>, context: &Context, operation: &Bytes) -> Bytes {
        let count = applied(space) + 1;
        space.insert(b"count", &count.to_be_bytes()).unwrap();
        match operation.as_ref() {
            b"room" => Bytes::from(alloc::vec![1; context.room]),
            b"greedy" => Bytes::from(alloc::vec![1; context.room + 1]),
            other => match other.strip_prefix(b"fill ") {
                Some(size) => Bytes::from(alloc::vec![2; core::str::from_utf8(size).unwrap().parse().unwrap()]),
                None => Bytes::copy_from_slice(&count.to_be_bytes()),
            },
        }
    }
}

fn applied(space: &Space<'_>) -> u64 {
    space.get(b"count").map_or(0, |count| u64::from_be_bytes(count.as_ref().try_into().unwrap()))
}

/// How many operations a service has applied.
pub(crate) fn count(service: &Service<Counter>) -> u64 {
    applied(&Space::new(&mut service.seal().to_map()))
}

pub(crate) fn service() -> Service<Counter> {
    Service::new(Arc::new(Counter))
}

/// Executes one request by itself.
pub(crate) fn run(service: &mut Service<Counter>, seq: u64, request: &Request) -> Executed {
    let mut outcomes = service.execute(Seq::new(seq), &Batch::new(Vec::from([request.clone()])));
    assert_eq!(outcomes.len(), 1);
    let outcome = outcomes.pop().unwrap();
    assert_eq!(outcome.request, request.key());
    outcome
}

pub(crate) fn body(outcome: &Executed) -> ReplyBody {
    plain::decode::<Resolution>(outcome.result.clone()).unwrap().body
}

pub(crate) fn refusal(outcome: &Executed) -> Option<Refusal> {
    match body(outcome) {
        ReplyBody::Executed(_) => None,
        ReplyBody::Refused(refusal) => Some(refusal),
    }
}

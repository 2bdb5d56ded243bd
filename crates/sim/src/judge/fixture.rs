//! Requests and batches for the judges' tests.

use bytes::Bytes;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    Batch, ClientId, Digest, Domain, Epoch, Faults, Membership, ReplicaId, Request, RequestId, SessionId,
};

pub(super) fn replica(id: u16) -> ReplicaId {
    ReplicaId::new(id)
}

pub(super) fn request(id: u64, operation: &'static str) -> Request {
    request_in(1, id, operation)
}

pub(super) fn request_in(session: u64, id: u64, operation: &'static str) -> Request {
    let client = ClientId::new([7; 32]);
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let signer = Referee::new(0, membership, [client]).signer(Author::Client(client));
    let domain = Domain { cluster: Digest::ZERO, epoch: Epoch::new(0) };
    let operations = vec![Bytes::from_static(operation.as_bytes())];
    Request::sign(SessionId::new(session), RequestId::new(id), operations, &domain, &signer).unwrap()
}

pub(super) fn batch(requests: &[&Request]) -> Batch {
    Batch::new(requests.iter().map(|request| (*request).clone()).collect())
}

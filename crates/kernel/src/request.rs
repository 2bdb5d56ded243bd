//! What clients ask; the same for every protocol. (What replicas answer is in [`reply`](crate::reply).)
//!
//! A *bundle* of operations is the request: one id, one signature, ordered whole, an outcome per operation. A
//! *batch* is what a primary gives one sequence number to: requests of many clients.

use crate::codec::{Decode, Encode, Malformed, Reader, Writer};
use crate::digest::{Digest, Hasher};
use crate::id::{ClientId, ReplicaId, RequestId, SessionId};
use crate::signature::{Author, Signature, Signer};
use crate::statement::{Domain, Kind};
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::{Buf, Bytes};
use core::{cmp, fmt, hash};

/// Operations in one request, at most.
pub const MAX_OPERATIONS: usize = 1024;
/// Bytes of one request's operations together, at most.
pub const MAX_REQUEST_BYTES: usize = 3 << 19;
/// Bytes in front of each operation in a request: its length.
const LENGTH_BYTES: usize = 4;
/// Bytes in front of the operations: key, replier, count.
const HEAD_BYTES: usize = 54;
/// The [size](Request::size) of one request, at most.
pub const MAX_REQUEST_SIZE: usize =
    HEAD_BYTES + MAX_REQUEST_BYTES + MAX_OPERATIONS * LENGTH_BYTES + size_of::<Signature>();
/// Bytes that a request takes in memory besides its [size](Request::size), at most, its place in a batch included.
pub const REQUEST_MEMORY: usize = 320;
/// Requests in one batch, at most.
pub const MAX_BATCH_REQUESTS: usize = 1024;
/// Bytes of one result, at most.
pub const MAX_RESULT_BYTES: usize = 4 << 20;

/// Which request of whom. At most one body is ever executed under one key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey {
    /// Whose.
    pub client: ClientId,
    /// In which incarnation.
    pub session: SessionId,
    /// Which one.
    pub id: RequestId,
}

impl fmt::Debug for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.client, self.session, self.id)
    }
}

impl Encode for RequestKey {
    fn encode(&self, writer: &mut Writer) {
        self.client.encode(writer);
        self.session.encode(writer);
        self.id.encode(writer);
    }
}

impl Decode for RequestKey {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { client: Decode::decode(reader)?, session: Decode::decode(reader)?, id: Decode::decode(reader)? })
    }
}

/// Who answers a request with the whole result, where that is larger than its digest: one reply in full is enough if
/// f+1 replicas vouch for the digest. [PBFT-TOCS02 "digest replies"] A request that is asked again is answered in full
/// by all, so whom it names costs a client time at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Replier {
    /// Every replica.
    #[default]
    Everyone,
    /// This one. If it is no replica of the cluster, nobody: who asks like that has to ask again.
    One(ReplicaId),
}

impl Replier {
    /// On the wire, in the place of a replica's number, which is far below.
    const EVERYONE: u16 = u16::MAX;

    /// Whether this replica answers in full.
    pub fn includes(self, id: ReplicaId) -> bool {
        match self {
            Self::Everyone => true,
            Self::One(named) => named == id,
        }
    }
}

impl Encode for Replier {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Everyone => Self::EVERYONE.encode(writer),
            Self::One(id) => id.encode(writer),
        }
    }
}

/// Reads any number: a request in the log must stay readable when there are fewer replicas than there were.
impl Decode for Replier {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(match u16::decode(reader)? {
            Self::EVERYONE => Self::Everyone,
            number => Self::One(ReplicaId::new(number)),
        })
    }
}

/// A signed bundle of operations. Cheap to clone. Two requests are equal when what was signed is equal.
#[derive(Clone)]
pub struct Request(Arc<RequestBody>);

/// What was signed stays as it was encoded, and operations are found in it when they are wanted: an operation of one
/// byte takes five, not a handle with every one of them.
struct RequestBody {
    key: RequestKey,
    replier: Replier,
    /// The encoding of key, replier and operations, well-formed.
    signed: Bytes,
    count: usize,
    digest: Digest,
    signature: Signature,
}

// The counts of an Arc, two places in a vector that has just grown, and what the bytes of its frame are shared by.
const _: () = assert!(size_of::<RequestBody>() + 16 + 2 * size_of::<Request>() + 64 <= REQUEST_MEMORY);

const REQUEST: Kind = Kind { protocol: 0, statement: 1 };

fn encode_request(key: &RequestKey, replier: Replier, operations: &[Bytes], writer: &mut Writer) {
    key.encode(writer);
    replier.encode(writer);
    writer.count(operations.len());
    operations.iter().for_each(|operation| writer.bytes(operation));
}

/// The operations of a request, in order. They share the bytes of the request.
#[derive(Clone, Debug)]
pub struct Operations {
    rest: Bytes,
    left: usize,
}

impl Iterator for Operations {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.left = self.left.checked_sub(1)?;
        let length = self.rest.try_get_u32_le().expect("the lengths were read when the request was made");
        Some(self.rest.split_to(usize::try_from(length).expect("within the bound on a request")))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Operations {}

/// Why operations cannot be one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// There are none.
    Empty,
    /// More than [`MAX_OPERATIONS`].
    TooManyOperations(usize),
    /// More than [`MAX_REQUEST_BYTES`] together.
    TooLarge(usize),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a request without operations"),
            Self::TooManyOperations(count) => {
                write!(f, "{count} operations in one request: at most {MAX_OPERATIONS}; send several requests")
            }
            Self::TooLarge(bytes) => {
                write!(f, "{bytes} bytes in one request: at most {MAX_REQUEST_BYTES}; send several requests")
            }
        }
    }
}

impl core::error::Error for RequestError {}

fn check_bounds(count: usize, bytes: usize) -> Result<(), RequestError> {
    match count {
        0 => Err(RequestError::Empty),
        count if count > MAX_OPERATIONS => Err(RequestError::TooManyOperations(count)),
        _ if bytes > MAX_REQUEST_BYTES => Err(RequestError::TooLarge(bytes)),
        _ => Ok(()),
    }
}

impl Request {
    /// Signs operations as one request of the signer, to be answered in full by everyone.
    ///
    /// # Panics
    /// If the key is a replica's: handing it over is our own mistake.
    pub fn sign(
        session: SessionId,
        id: RequestId,
        operations: Vec<Bytes>,
        domain: &Domain,
        signer: &dyn Signer,
    ) -> Result<Self, RequestError> {
        Self::sign_for(Replier::Everyone, session, id, operations, domain, signer)
    }

    /// Signs operations as one request of the signer.
    ///
    /// # Panics
    /// If the key is a replica's: handing it over is our own mistake.
    pub fn sign_for(
        replier: Replier,
        session: SessionId,
        id: RequestId,
        operations: Vec<Bytes>,
        domain: &Domain,
        signer: &dyn Signer,
    ) -> Result<Self, RequestError> {
        let Author::Client(client) = signer.author() else { panic!("requests are signed with a client's key") };
        let count = operations.len();
        check_bounds(count, operations.iter().map(Bytes::len).sum())?;
        let key = RequestKey { client, session, id };
        let mut writer = Writer::default();
        encode_request(&key, replier, &operations, &mut writer);
        let digest = domain.digest(REQUEST, writer.since(0));
        // A copy, as the writer's room may be twice what was written.
        let signed = Bytes::copy_from_slice(writer.since(0));
        Ok(Self(Arc::new(RequestBody { key, replier, signed, count, digest, signature: signer.sign(&digest) })))
    }

    /// Whose, and which one.
    pub fn key(&self) -> RequestKey {
        self.0.key
    }

    /// Who answers it in full.
    pub fn replier(&self) -> Replier {
        self.0.replier
    }

    /// What to do, in order.
    pub fn operations(&self) -> Operations {
        Operations { rest: self.0.signed.slice(HEAD_BYTES..), left: self.0.count }
    }

    /// The digest of what was signed.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// How much it adds to a batch, in bytes: all of it. In memory it takes [`REQUEST_MEMORY`] more, at most.
    pub fn size(&self) -> usize {
        self.0.signed.len() + size_of::<Signature>()
    }
}

impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest
    }
}
impl Eq for Request {}
impl PartialOrd for Request {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Request {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.0.digest.cmp(&other.0.digest)
    }
}
impl hash::Hash for Request {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.digest.hash(state);
    }
}
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({:?} {})", self.0.key, self.0.digest)
    }
}

impl Encode for Request {
    fn encode(&self, writer: &mut Writer) {
        writer.raw(&self.0.signed);
        self.0.signature.encode(writer);
    }
}

impl Decode for Request {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mark = reader.mark();
        let (key, replier) = (RequestKey::decode(reader)?, Replier::decode(reader)?);
        let count = reader.count("operations", MAX_OPERATIONS)?;
        let mut bytes = 0;
        for _ in 0..count {
            bytes += reader.skip("operation", MAX_REQUEST_BYTES)?;
        }
        check_bounds(count, bytes).map_err(|_| Malformed::Inconsistent("a request is empty or too large"))?;
        let (signed, digest) = (reader.since(mark), reader.digest_since(mark, REQUEST));
        let signature = Signature::decode(reader)?;
        reader.expect(Author::Client(key.client), digest, signature);
        Ok(Self(Arc::new(RequestBody { key, replier, signed, count, digest, signature })))
    }
}

/// Requests that share one sequence number, in order. The empty batch is the null request, which changes
/// nothing. [PBFT-OSDI99 §4.4] Cheap to clone; equal when the requests are.
#[derive(Clone)]
pub struct Batch(Arc<BatchBody>);

struct BatchBody {
    requests: Vec<Request>,
    digest: Digest,
}

impl Batch {
    /// A batch of these requests.
    ///
    /// # Panics
    /// If there are more than [`MAX_BATCH_REQUESTS`]: whoever makes batches counts.
    pub fn new(requests: Vec<Request>) -> Self {
        assert!(requests.len() <= MAX_BATCH_REQUESTS, "a batch beyond its own limit");
        let mut hasher = Hasher::new("synod batch v1");
        hasher.update(&(requests.len() as u64).to_le_bytes());
        for request in &requests {
            hasher.update(request.digest().as_bytes());
        }
        let digest = hasher.finish();
        Self(Arc::new(BatchBody { requests, digest }))
    }

    /// The null request.
    pub fn null() -> Self {
        Self::new(Vec::new())
    }

    /// Whether this is the null request.
    pub fn is_null(&self) -> bool {
        self.0.requests.is_empty()
    }

    /// The requests.
    pub fn requests(&self) -> &[Request] {
        &self.0.requests
    }

    /// What votes name it by.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }
}

impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest
    }
}
impl Eq for Batch {}
impl PartialOrd for Batch {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Batch {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.0.digest.cmp(&other.0.digest)
    }
}
impl hash::Hash for Batch {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.digest.hash(state);
    }
}
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch({} of {})", self.0.digest, self.0.requests.len())
    }
}

impl Encode for Batch {
    fn encode(&self, writer: &mut Writer) {
        writer.list(self.0.requests.iter());
    }
}

impl Decode for Batch {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self::new(reader.list("requests in a batch", MAX_BATCH_REQUESTS)?))
    }
}

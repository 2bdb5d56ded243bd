//! What a service did with a request, or remembers of it. The same at every correct replica that is as far.

use crate::id::{RequestId, Seq};
use crate::request::RequestKey;
use bytes::Bytes;

/// What the service did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It was executed, here and for the first time. Only this is work.
    Executed,
    /// It was executed before.
    Repeated,
    /// It was refused, and will never be executed any more.
    Refused,
    /// It was refused as things are, and may be executed when it is ordered again. So this answer is not one to give
    /// from memory.
    Deferred,
}

/// What became of one request of a batch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Executed {
    /// Which request.
    pub request: RequestKey,
    /// What was done with it.
    pub fate: Fate,
    /// Where it was executed first, which for a repetition is before this batch, or refused; 0 for what is refused
    /// without having been ordered.
    pub seq: Seq,
    /// What to answer, the same at every correct replica.
    pub result: Bytes,
    /// Requests of this session up to this one will never be executed any more.
    pub floor: RequestId,
}

/// What is remembered of a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recalled {
    /// It was executed: the outcome, as it was then.
    Executed(Executed),
    /// It will never be executed any more, whether it was before or not: the refusal, with 0 for its place.
    Over(Executed),
    /// Neither: it may be executed if it is ordered.
    Unknown,
}

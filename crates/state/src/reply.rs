//! What a replica's answer to a request says.
//!
//! A body is made by [`Service`](crate::Service), is the same at every correct replica, and is what the digest in a
//! signed answer names. Of each refusal it is stated what it proves about the request, because a client has nothing
//! else to go by.

use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use synod_kernel::request::{MAX_OPERATIONS, MAX_RESULT_BYTES};
use synod_kernel::{Decode, Digest, Encode, Malformed, Reader, Request, RequestId, Seq, SessionId, Writer};

/// What became of one very request. A request's key is a promise of the client that two incarnations at once may break
/// without knowing it; with the digest, neither takes the other's answer for its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resolution {
    /// The digest of the request.
    pub request: Digest,
    /// What became of it.
    pub body: ReplyBody,
}

impl Resolution {
    /// The bytes that replicas answer this request with.
    pub fn encoded(request: &Request, body: ReplyBody) -> Bytes {
        Bytes::from(Self { request: request.digest(), body }.to_bytes())
    }
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReplyBody {
    /// It was executed; a result for each operation, in order.
    Executed(Vec<Bytes>),
    /// There are no results, for this reason.
    Refused(Refusal),
}

/// Why a request has no results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The session is over: it was opened once, or may have been, and made room for a newer one. The request will
    /// never be executed, but may have been before.
    SessionEvicted {
        /// The newest session of the client.
        highest: SessionId,
    },
    /// The session was never opened, and as there is a newer one it never will be. No request of this session was
    /// ever executed, or ever will be.
    SessionNeverOpened {
        /// The newest session of the client.
        highest: SessionId,
    },
    /// The request has left the session's window. It will never be executed, but may have been before.
    Stale {
        /// Requests up to this one have left the window.
        floor: RequestId,
    },
    /// The request is beyond the session's window. It was not executed so far, and may be once the window has moved.
    TooFarAhead,
    /// Another request with this key was executed. This one never was and never will be.
    DifferentBody,
    /// The request was executed here, but its results are not kept any more, or were too large to answer.
    ResultForgotten {
        /// Where it was executed.
        seq: Seq,
    },
}

impl Refusal {
    /// Whether the request will never be executed after this.
    pub fn is_final(self) -> bool {
        match self {
            Self::SessionEvicted { .. }
            | Self::SessionNeverOpened { .. }
            | Self::Stale { .. }
            | Self::DifferentBody
            | Self::ResultForgotten { .. } => true,
            Self::TooFarAhead => false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SessionEvicted { highest } => {
                write!(f, "the session is over (the newest is {highest}); the request may have been executed before")
            }
            Self::SessionNeverOpened { highest } => {
                write!(f, "the session is older than session {highest} and was never opened; nothing was executed")
            }
            Self::Stale { floor } => {
                write!(f, "requests up to {floor} are forgotten; the request may have been executed before")
            }
            Self::TooFarAhead => write!(f, "the request is too far ahead of the last one executed"),
            Self::DifferentBody => write!(f, "a different request with the same id was executed; this one was not"),
            Self::ResultForgotten { seq } => {
                write!(f, "the request was executed at {seq}, but its results are not kept")
            }
        }
    }
}

impl core::error::Error for Refusal {}

impl Encode for Resolution {
    fn encode(&self, writer: &mut Writer) {
        self.request.encode(writer);
        self.body.encode(writer);
    }
}

impl Decode for Resolution {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { request: Decode::decode(reader)?, body: Decode::decode(reader)? })
    }
}

impl Encode for ReplyBody {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Executed(results) => {
                0_u8.encode(writer);
                writer.count(results.len());
                results.iter().for_each(|result| writer.bytes(result));
            }
            Self::Refused(refusal) => {
                1_u8.encode(writer);
                refusal.encode(writer);
            }
        }
    }
}

impl Decode for ReplyBody {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match u8::decode(reader)? {
            0 => {
                let count = reader.count("results", MAX_OPERATIONS)?;
                let mut results = Vec::new();
                for _ in 0..count {
                    results.push(reader.bytes("result", MAX_RESULT_BYTES)?);
                }
                Ok(Self::Executed(results))
            }
            1 => Ok(Self::Refused(Refusal::decode(reader)?)),
            tag => Err(Malformed::UnknownTag { what: "reply body", tag }),
        }
    }
}

impl Encode for Refusal {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::SessionEvicted { highest } => {
                0_u8.encode(writer);
                highest.encode(writer);
            }
            Self::SessionNeverOpened { highest } => {
                1_u8.encode(writer);
                highest.encode(writer);
            }
            Self::Stale { floor } => {
                2_u8.encode(writer);
                floor.encode(writer);
            }
            Self::TooFarAhead => 3_u8.encode(writer),
            Self::DifferentBody => 4_u8.encode(writer),
            Self::ResultForgotten { seq } => {
                5_u8.encode(writer);
                seq.encode(writer);
            }
        }
    }
}

impl Decode for Refusal {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match u8::decode(reader)? {
            0 => Ok(Self::SessionEvicted { highest: Decode::decode(reader)? }),
            1 => Ok(Self::SessionNeverOpened { highest: Decode::decode(reader)? }),
            2 => Ok(Self::Stale { floor: Decode::decode(reader)? }),
            3 => Ok(Self::TooFarAhead),
            4 => Ok(Self::DifferentBody),
            5 => Ok(Self::ResultForgotten { seq: Decode::decode(reader)? }),
            tag => Err(Malformed::UnknownTag { what: "refusal", tag }),
        }
    }
}

#[cfg(test)]
mod tests;

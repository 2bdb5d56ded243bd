//! What a client asks of the store.
//!
//! The bytes come from clients that may be hostile: [`Operation::parse`] is the one way in, and what it lets through
//! keeps all limits.

use crate::answer::Invalid;
use crate::revision::Revision;
use crate::{MAX_BOUND_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES};
use bytes::Bytes;
use synod_kernel::request::MAX_REQUEST_BYTES;
use synod_kernel::{Decode, Encode, Malformed, Reader, Writer};
use synod_state::plain;

/// One operation on the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Writes a key, whether or not it is there.
    Put {
        /// Which.
        key: Bytes,
        /// What it shall hold.
        value: Bytes,
    },
    /// Reads a key.
    Get {
        /// Which.
        key: Bytes,
    },
    /// Removes a key.
    Delete {
        /// Which.
        key: Bytes,
    },
    /// Reads the keys with `from <= key`, and `key < to` if there is an end, in order.
    Range {
        /// The first key wanted. Empty: the first there is.
        from: Bytes,
        /// The first key not wanted.
        to: Option<Bytes>,
        /// Entries wanted, at most; 0 for as many as one answer holds.
        limit: u32,
    },
    /// Writes a key if it is as expected.
    CompareAndSwap {
        /// Which.
        key: Bytes,
        /// What it has to be like.
        expected: Expected,
        /// What it shall hold.
        value: Bytes,
    },
}

/// What a key has to be like.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// It is not there.
    Absent,
    /// It holds this value.
    Value(Bytes),
    /// It was last written at this revision; [`Revision::ABSENT`] if it is not there.
    ModRevision(Revision),
}

impl Operation {
    /// Reads a client's bytes.
    pub fn parse(bytes: &Bytes) -> Result<Self, Invalid> {
        let operation: Self = plain::decode(bytes.clone()).map_err(|_| Invalid::Malformed)?;
        operation.check()?;
        Ok(operation)
    }

    /// Whether it keeps the limits, which spares a client the way to the store and back.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Put { key, value } => check_key(key).and(check_value(value)),
            Self::Get { key } | Self::Delete { key } => check_key(key),
            Self::Range { from, to, .. } => check_bound(from).and(to.as_ref().map_or(Ok(()), check_bound)),
            Self::CompareAndSwap { key, expected, value } => {
                let expected = match expected {
                    Expected::Value(value) => check_value(value),
                    Expected::Absent | Expected::ModRevision(_) => Ok(()),
                };
                check_key(key).and(expected).and(check_value(value))
            }
        }
    }
}

fn check_key(key: &Bytes) -> Result<(), Invalid> {
    match key.len() {
        0 => Err(Invalid::EmptyKey),
        1..=MAX_KEY_BYTES => Ok(()),
        bytes => Err(Invalid::KeyTooLong { bytes: size(bytes) }),
    }
}

fn check_bound(bound: &Bytes) -> Result<(), Invalid> {
    if bound.len() > MAX_BOUND_BYTES { Err(Invalid::KeyTooLong { bytes: size(bound.len()) }) } else { Ok(()) }
}

fn check_value(value: &Bytes) -> Result<(), Invalid> {
    if value.len() > MAX_VALUE_BYTES { Err(Invalid::ValueTooLong { bytes: size(value.len()) }) } else { Ok(()) }
}

/// A length, as it is reported. Lengths in requests are far below the largest one.
fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

impl Encode for Operation {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Put { key, value } => {
                0_u8.encode(writer);
                writer.bytes(key);
                writer.bytes(value);
            }
            Self::Get { key } => {
                1_u8.encode(writer);
                writer.bytes(key);
            }
            Self::Delete { key } => {
                2_u8.encode(writer);
                writer.bytes(key);
            }
            Self::Range { from, to, limit } => {
                3_u8.encode(writer);
                writer.bytes(from);
                to.is_some().encode(writer);
                if let Some(to) = to {
                    writer.bytes(to);
                }
                limit.encode(writer);
            }
            Self::CompareAndSwap { key, expected, value } => {
                4_u8.encode(writer);
                writer.bytes(key);
                expected.encode(writer);
                writer.bytes(value);
            }
        }
    }
}

impl Decode for Operation {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match u8::decode(reader)? {
            0 => Ok(Self::Put { key: read(reader)?, value: read(reader)? }),
            1 => Ok(Self::Get { key: read(reader)? }),
            2 => Ok(Self::Delete { key: read(reader)? }),
            3 => {
                let from = read(reader)?;
                let to = if bool::decode(reader)? { Some(read(reader)?) } else { None };
                Ok(Self::Range { from, to, limit: Decode::decode(reader)? })
            }
            4 => {
                Ok(Self::CompareAndSwap { key: read(reader)?, expected: Decode::decode(reader)?, value: read(reader)? })
            }
            tag => Err(Malformed::UnknownTag { what: "operation", tag }),
        }
    }
}

impl Encode for Expected {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Absent => 0_u8.encode(writer),
            Self::Value(value) => {
                1_u8.encode(writer);
                writer.bytes(value);
            }
            Self::ModRevision(revision) => {
                2_u8.encode(writer);
                revision.encode(writer);
            }
        }
    }
}

impl Decode for Expected {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match u8::decode(reader)? {
            0 => Ok(Self::Absent),
            1 => Ok(Self::Value(read(reader)?)),
            2 => Ok(Self::ModRevision(Decode::decode(reader)?)),
            tag => Err(Malformed::UnknownTag { what: "expectation", tag }),
        }
    }
}

/// Reads a key or value of any length that a request can have, so that one beyond our limit can be answered by name.
fn read(reader: &mut Reader<'_>) -> Result<Bytes, Malformed> {
    reader.bytes("key or value", MAX_REQUEST_BYTES)
}

#[cfg(test)]
mod tests;

//! What the store tells a client.

use crate::revision::Revision;
use crate::{MAX_KEY_BYTES, MAX_RANGE_ENTRIES, MAX_VALUE_BYTES};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use synod_kernel::{Decode, Encode, Malformed, Reader, Writer};
use synod_state::plain;

/// The answer to one operation. `revision` is the store's after the operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The key was written.
    Put {
        /// Which is the key's, too.
        revision: Revision,
    },
    /// What was read.
    Value {
        /// The key, if it is there.
        entry: Option<KeyValue>,
        /// As of when.
        revision: Revision,
    },
    /// The key is not there any more.
    Deleted {
        /// Whether it was.
        existed: bool,
        /// Unchanged if it was not.
        revision: Revision,
    },
    /// What was read, in key order.
    Range {
        /// The first entries of the range, as many as were wanted and fit.
        entries: Vec<KeyValue>,
        /// Whether the range has more: ask again from the last key followed by a zero byte.
        more: bool,
        /// As of when.
        revision: Revision,
    },
    /// The key was as expected, and was written.
    Swapped {
        /// Which is the key's, too.
        revision: Revision,
    },
    /// The key was not as expected, and is unchanged.
    NotSwapped {
        /// What it is like.
        current: Option<KeyValue>,
        /// Unchanged.
        revision: Revision,
    },
    /// The operation was not carried out, and changed nothing.
    Invalid(Invalid),
}

/// A key and its life so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyValue {
    /// The key.
    pub key: Bytes,
    /// What it holds.
    pub value: Bytes,
    /// When it was created, last.
    pub create_revision: Revision,
    /// When it was written, last.
    pub mod_revision: Revision,
    /// How many times it was written since it was created, from 1.
    pub version: u64,
}

/// Why an operation was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Invalid {
    /// The bytes are no operation.
    Malformed,
    /// Keys have at least one byte.
    EmptyKey,
    /// A key is longer than [`MAX_KEY_BYTES`], or an end of a range than
    /// [`MAX_BOUND_BYTES`](crate::MAX_BOUND_BYTES).
    KeyTooLong {
        /// Its length.
        bytes: u32,
    },
    /// A value is longer than [`MAX_VALUE_BYTES`].
    ValueTooLong {
        /// Its length.
        bytes: u32,
    },
    /// The answer does not fit beside those to other operations. Ask again by itself.
    NoRoom {
        /// The length of the encoded answer.
        bytes: u32,
    },
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => write!(f, "not an operation of this store"),
            Self::EmptyKey => write!(f, "the key is empty"),
            Self::KeyTooLong { bytes } => write!(f, "a key of {bytes} bytes: at most {MAX_KEY_BYTES}"),
            Self::ValueTooLong { bytes } => write!(f, "a value of {bytes} bytes: at most {MAX_VALUE_BYTES}"),
            Self::NoRoom { bytes } => {
                write!(f, "an answer of {bytes} bytes does not fit beside the others; ask again by itself")
            }
        }
    }
}

impl core::error::Error for Invalid {}

impl Answer {
    /// Reads what a store answered.
    pub fn parse(bytes: &Bytes) -> Result<Self, Malformed> {
        plain::decode(bytes.clone())
    }
}

/// Bytes of an encoded [`Answer::Range`] besides its entries.
pub(crate) const RANGE_BYTES: usize = 1 + 4 + 1 + 8;

impl KeyValue {
    /// Bytes of its encoding.
    pub(crate) fn size(&self) -> usize {
        4 + self.key.len() + 4 + self.value.len() + 3 * 8
    }
}

impl Encode for Answer {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Put { revision } => {
                0_u8.encode(writer);
                revision.encode(writer);
            }
            Self::Value { entry, revision } => {
                1_u8.encode(writer);
                entry.encode(writer);
                revision.encode(writer);
            }
            Self::Deleted { existed, revision } => {
                2_u8.encode(writer);
                existed.encode(writer);
                revision.encode(writer);
            }
            Self::Range { entries, more, revision } => {
                3_u8.encode(writer);
                writer.list(entries.iter());
                more.encode(writer);
                revision.encode(writer);
            }
            Self::Swapped { revision } => {
                4_u8.encode(writer);
                revision.encode(writer);
            }
            Self::NotSwapped { current, revision } => {
                5_u8.encode(writer);
                current.encode(writer);
                revision.encode(writer);
            }
            Self::Invalid(why) => {
                6_u8.encode(writer);
                why.encode(writer);
            }
        }
    }
}

impl Decode for Answer {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match u8::decode(reader)? {
            0 => Ok(Self::Put { revision: Decode::decode(reader)? }),
            1 => Ok(Self::Value { entry: Decode::decode(reader)?, revision: Decode::decode(reader)? }),
            2 => Ok(Self::Deleted { existed: Decode::decode(reader)?, revision: Decode::decode(reader)? }),
            3 => Ok(Self::Range {
                entries: reader.list("entries of a range", MAX_RANGE_ENTRIES)?,
                more: Decode::decode(reader)?,
                revision: Decode::decode(reader)?,
            }),
            4 => Ok(Self::Swapped { revision: Decode::decode(reader)? }),
            5 => Ok(Self::NotSwapped { current: Decode::decode(reader)?, revision: Decode::decode(reader)? }),
            6 => Ok(Self::Invalid(Decode::decode(reader)?)),
            tag => Err(Malformed::UnknownTag { what: "answer", tag }),
        }
    }
}

impl Encode for KeyValue {
    fn encode(&self, writer: &mut Writer) {
        writer.bytes(&self.key);
        writer.bytes(&self.value);
        self.create_revision.encode(writer);
        self.mod_revision.encode(writer);
        self.version.encode(writer);
    }
}

impl Decode for KeyValue {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            key: reader.bytes("key", MAX_KEY_BYTES)?,
            value: reader.bytes("value", MAX_VALUE_BYTES)?,
            create_revision: Decode::decode(reader)?,
            mod_revision: Decode::decode(reader)?,
            version: Decode::decode(reader)?,
        })
    }
}

impl Encode for Invalid {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Malformed => 0_u8.encode(writer),
            Self::EmptyKey => 1_u8.encode(writer),
            Self::KeyTooLong { bytes } => {
                2_u8.encode(writer);
                bytes.encode(writer);
            }
            Self::ValueTooLong { bytes } => {
                3_u8.encode(writer);
                bytes.encode(writer);
            }
            Self::NoRoom { bytes } => {
                4_u8.encode(writer);
                bytes.encode(writer);
            }
        }
    }
}

impl Decode for Invalid {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match u8::decode(reader)? {
            0 => Ok(Self::Malformed),
            1 => Ok(Self::EmptyKey),
            2 => Ok(Self::KeyTooLong { bytes: Decode::decode(reader)? }),
            3 => Ok(Self::ValueTooLong { bytes: Decode::decode(reader)? }),
            4 => Ok(Self::NoRoom { bytes: Decode::decode(reader)? }),
            tag => Err(Malformed::UnknownTag { what: "reason", tag }),
        }
    }
}

#[cfg(test)]
mod tests;

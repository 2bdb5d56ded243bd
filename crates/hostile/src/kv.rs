//! Operations of the key-value service, and its answers to them.

use crate::codec::{In, Out, malformed};
use std::io;

/// Writes a key.
pub(crate) fn put(key: &[u8], value: &[u8]) -> Vec<u8> {
    Out::default().u8(0).bytes(key).bytes(value).done()
}

/// Reads a key.
pub(crate) fn get(key: &[u8]) -> Vec<u8> {
    Out::default().u8(1).bytes(key).done()
}

/// Answers to those two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Put {
        revision: u64,
    },
    Value {
        entry: Option<Entry>,
        revision: u64,
    },
    /// The number of the reason.
    Invalid(u8),
}

/// A key and its life so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
    pub(crate) created: u64,
    pub(crate) written: u64,
    pub(crate) version: u64,
}

impl Answer {
    pub(crate) fn decode(bytes: &[u8]) -> io::Result<Self> {
        let mut input = In::new(bytes);
        let answer = match input.u8()? {
            0 => Self::Put { revision: input.u64()? },
            1 => {
                let entry = if input.bool()? { Some(Entry::decode(&mut input)?) } else { None };
                Self::Value { entry, revision: input.u64()? }
            }
            6 => {
                let reason = input.u8()?;
                if (2..=4).contains(&reason) {
                    input.u32()?;
                }
                Self::Invalid(reason)
            }
            _ => return Err(malformed("an answer to something that was not asked")),
        };
        input.end()?;
        Ok(answer)
    }
}

impl Entry {
    fn decode(input: &mut In<'_>) -> io::Result<Self> {
        Ok(Self {
            key: input.bytes(512)?.to_vec(),
            value: input.bytes(1 << 20)?.to_vec(),
            created: input.u64()?,
            written: input.u64()?,
            version: input.u64()?,
        })
    }
}

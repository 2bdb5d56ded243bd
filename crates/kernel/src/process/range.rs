//! A range of keys of the replicated state, as a piece of it is asked for.

use crate::codec::{Decode, Encode, Malformed, Reader, Writer};
use bytes::Bytes;

/// Bytes of a key that a range starts or ends with, at most.
pub const RANGE_KEY_MAX: usize = 2048;

/// The keys from one on, up to another one. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyRange {
    from: Bytes,
    to: Option<Bytes>,
}

impl KeyRange {
    /// All keys.
    pub fn all() -> Self {
        Self { from: Bytes::new(), to: None }
    }

    /// The keys from `from` on, up to `to` exclusively, or to the last. None if that is empty, or a key is longer than
    /// [`RANGE_KEY_MAX`].
    pub fn new(from: Bytes, to: Option<Bytes>) -> Option<Self> {
        let is_short = from.len() <= RANGE_KEY_MAX && to.as_ref().is_none_or(|to| to.len() <= RANGE_KEY_MAX);
        let is_empty = to.as_ref().is_some_and(|to| *to <= from);
        (is_short && !is_empty).then_some(Self { from, to })
    }

    /// The first key.
    pub fn from(&self) -> &Bytes {
        &self.from
    }

    /// The key behind the last; none if the range has no end.
    pub fn to(&self) -> Option<&Bytes> {
        self.to.as_ref()
    }
}

impl Encode for KeyRange {
    fn encode(&self, writer: &mut Writer) {
        writer.bytes(&self.from);
        self.to.is_some().encode(writer);
        if let Some(to) = &self.to {
            writer.bytes(to);
        }
    }
}

impl Decode for KeyRange {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let from = reader.bytes("key", RANGE_KEY_MAX)?;
        let to = if bool::decode(reader)? { Some(reader.bytes("key", RANGE_KEY_MAX)?) } else { None };
        Self::new(from, to).ok_or(Malformed::Inconsistent("a range of no keys"))
    }
}

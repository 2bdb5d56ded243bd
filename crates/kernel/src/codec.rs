//! The canonical, bounded codec: one value, one encoding; no allocation before its size is checked.
//!
//! Integers are little-endian and fixed in width, lists carry a `u32` count with a bound at each place, optional
//! values and variants a tag byte, maps ascend strictly, and the input must be used up exactly. So
//! `decode(bytes) = Ok(x)` implies `encode(x) = bytes`.
//!
//! What arrives is hashed and verified as received, never re-encoded: while a [`Reader`] walks over the bytes it
//! digests every signed statement where it stands and notes who is said to have signed it. The notes leave with
//! the value as [`Unverified`], and checking them is the only way to the value. Static validity (what needs no
//! state: counts, order, membership, thresholds) is part of decoding; whether a signature is good is part of
//! [`Unverified::verify`]; whether a message is acceptable now is the protocol's rule. Nothing is checked twice.

use crate::digest::Digest;
use crate::id::{ClientId, Epoch, ReplicaId, RequestId, Seq, SessionId, View};
use crate::membership::Membership;
use crate::signature::{Author, Check, Invalid, Signature, Verifier};
use crate::statement::{Domain, Kind};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

/// Has one canonical encoding.
pub trait Encode {
    /// Appends it.
    fn encode(&self, writer: &mut Writer);

    /// The encoding, by itself.
    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        self.encode(&mut writer);
        writer.into_bytes()
    }
}

/// Can be read back, from a stranger's bytes too.
pub trait Decode: Sized {
    /// Reads one value and leaves the rest. Fails on anything but its canonical encoding.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed>;
}

/// Why bytes are not a value. A peer's fault, never fatal to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The input ended early.
    Truncated,
    /// Bytes were left over.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// A length or count beyond its bound.
    TooLong {
        /// Of what.
        what: &'static str,
        /// As claimed.
        length: u64,
        /// The bound.
        maximum: u64,
    },
    /// No variant has this tag.
    UnknownTag {
        /// Of what.
        what: &'static str,
        /// The tag.
        tag: u8,
    },
    /// Not strictly ascending, so not canonical or not distinct.
    OutOfOrder {
        /// What.
        what: &'static str,
    },
    /// Names a replica that is not a member.
    NotAMember(ReplicaId),
    /// A certificate below its threshold.
    TooFewSigners {
        /// Signers present.
        present: usize,
        /// Signers needed.
        needed: usize,
    },
    /// Its parts contradict each other.
    Inconsistent(&'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => write!(f, "the input ends in the middle of a value"),
            Self::Trailing { bytes } => write!(f, "{bytes} bytes follow the end of the value"),
            Self::TooLong { what, length, maximum } => write!(f, "{what}: {length} is beyond the limit of {maximum}"),
            Self::UnknownTag { what, tag } => write!(f, "{what}: {tag} is no known variant"),
            Self::OutOfOrder { what } => write!(f, "{what}: not strictly ascending"),
            Self::NotAMember(id) => write!(f, "replica {id} is not a member"),
            Self::TooFewSigners { present, needed } => {
                write!(f, "a certificate with {present} signers where {needed} are needed")
            }
            Self::Inconsistent(why) => write!(f, "inconsistent: {why}"),
        }
    }
}

impl core::error::Error for Malformed {}

/// Where an encoding grows.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// How much was written, in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends bytes whose length the reader knows.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Appends a count of at most `u32::MAX`, which every bound in the tree is far below.
    pub fn count(&mut self, count: usize) {
        let count = u32::try_from(count).expect("every encoded collection is bounded far below u32::MAX");
        self.raw(&count.to_le_bytes());
    }

    /// Appends bytes with their length in front.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.raw(bytes);
    }

    /// Appends a list with its count in front.
    pub fn list<'a, T: Encode + 'a>(&mut self, items: impl ExactSizeIterator<Item = &'a T>) {
        self.count(items.len());
        items.for_each(|item| item.encode(self));
    }

    /// The bytes written since `start`.
    pub(crate) fn since(&self, start: usize) -> &[u8] {
        &self.0[start..]
    }
}

/// What a reader must know to judge what it reads: whose cluster this is, who its members are, and how much may be
/// under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Separates our signatures from every other cluster's and epoch's.
    pub domain: Domain,
    /// The replicas that may sign.
    pub membership: Membership,
    /// How many sequence numbers may be under way above a stable checkpoint: a list with an entry for each has no more.
    /// [PBFT-OSDI99 §4.2] L.
    pub window: u64,
}

impl Scope {
    /// The most entries of a list with one for each number of so many windows.
    pub fn windows(&self, count: usize) -> usize {
        usize::try_from(self.window).unwrap_or(usize::MAX).saturating_mul(count)
    }
}

/// Walks over received bytes, once. Only this module can make one, so whatever a `Decode` implementation reads
/// from the wire comes out [`Unverified`].
#[derive(Debug)]
pub struct Reader<'a> {
    input: Bytes,
    position: usize,
    scope: &'a Scope,
    checks: Vec<Check>,
}

impl Reader<'_> {
    fn advance(&mut self, length: usize) -> Result<core::ops::Range<usize>, Malformed> {
        if self.input.len() - self.position < length {
            return Err(Malformed::Truncated);
        }
        let start = self.position;
        self.position += length;
        Ok(start..self.position)
    }

    /// Reads a fixed number of bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let range = self.advance(N)?;
        let mut array = [0; N];
        array.copy_from_slice(&self.input[range]);
        Ok(array)
    }

    /// Reads a count of at most `maximum`.
    pub fn count(&mut self, what: &'static str, maximum: usize) -> Result<usize, Malformed> {
        let count = u32::from_le_bytes(self.array()?);
        let too_long = Malformed::TooLong { what, length: u64::from(count), maximum: maximum as u64 };
        usize::try_from(count).ok().filter(|&count| count <= maximum).ok_or(too_long)
    }

    /// Reads at most `maximum` bytes, shared with the input rather than copied.
    pub fn bytes(&mut self, what: &'static str, maximum: usize) -> Result<Bytes, Malformed> {
        let length = self.count(what, maximum)?;
        let range = self.advance(length)?;
        Ok(self.input.slice(range))
    }

    /// Passes over at most `maximum` bytes with their length in front, and says how many.
    pub(crate) fn skip(&mut self, what: &'static str, maximum: usize) -> Result<usize, Malformed> {
        let length = self.count(what, maximum)?;
        self.advance(length).map(|range| range.len())
    }

    /// What was read since `mark`, shared with the input rather than copied.
    pub(crate) fn since(&self, mark: usize) -> Bytes {
        self.input.slice(mark..self.position)
    }

    /// Reads a list of at most `maximum` items. Memory grows with what is there, not with what is claimed.
    pub fn list<T: Decode>(&mut self, what: &'static str, maximum: usize) -> Result<Vec<T>, Malformed> {
        let count = self.count(what, maximum)?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(T::decode(self)?);
        }
        Ok(items)
    }

    /// The scope this is read in.
    pub fn scope(&self) -> &Scope {
        self.scope
    }

    /// Where the reader stands, to be given back to [`Reader::digest_since`].
    pub fn mark(&self) -> usize {
        self.position
    }

    /// The digest of the statement of `kind` whose encoding was read since `mark`, as received.
    pub fn digest_since(&self, mark: usize, kind: Kind) -> Digest {
        self.scope.domain.digest(kind, &self.input[mark..self.position])
    }

    /// Notes that `author` is said to have signed `digest`.
    pub fn expect(&mut self, author: Author, digest: Digest, signature: Signature) {
        self.checks.push(Check { author, digest, signature });
    }
}

/// Parsed, not believed. The only way inside is [`Unverified::verify`].
#[derive(Debug)]
pub struct Unverified<T> {
    value: T,
    checks: Vec<Check>,
}

impl<T: Decode> Unverified<T> {
    /// Reads exactly one value from a stranger's bytes.
    pub fn decode(input: Bytes, scope: &Scope) -> Result<Self, Malformed> {
        let mut reader = Reader { input, position: 0, scope, checks: Vec::new() };
        let value = T::decode(&mut reader)?;
        match reader.input.len() - reader.position {
            0 => Ok(Self { value, checks: reader.checks }),
            bytes => Err(Malformed::Trailing { bytes }),
        }
    }

    /// The value, if every signature in it is good.
    pub fn verify(self, verifier: &dyn Verifier) -> Result<T, Invalid> {
        verifier.verify(&self.checks)?;
        Ok(self.value)
    }

    /// Whether a receiver to whom this is settled can do without the value. What the answer rests on may be forged: it
    /// is good for dropping the value only, and as `judge` holds nothing, nothing but the answer gets out.
    pub fn is_needless<S>(&self, settled: &S, judge: fn(&T, &S) -> bool) -> bool {
        judge(&self.value, settled)
    }

    /// What has to be checked, for a verifier that works on several values at once.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }
}

/// Reads back a record of our own log. It was verified before it was written and the log's checksums vouch for
/// the bytes, so signatures are not checked again.
pub fn decode_own<T: Decode>(input: Bytes, scope: &Scope) -> Result<T, Malformed> {
    Unverified::decode(input, scope).map(|unverified| unverified.value)
}

macro_rules! integer {
    ($($type:ty),*) => {$(
        impl Encode for $type {
            fn encode(&self, writer: &mut Writer) {
                writer.raw(&self.to_le_bytes());
            }
        }
        impl Decode for $type {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(Self::from_le_bytes(reader.array()?))
            }
        }
    )*};
}
integer!(u8, u16, u32, u64);

macro_rules! counter {
    ($($type:ty),*) => {$(
        impl Encode for $type {
            fn encode(&self, writer: &mut Writer) {
                self.get().encode(writer);
            }
        }
        impl Decode for $type {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(Self::new(Decode::decode(reader)?))
            }
        }
    )*};
}
counter!(View, Seq, Epoch, SessionId, RequestId);

impl Encode for bool {
    fn encode(&self, writer: &mut Writer) {
        u8::from(*self).encode(writer);
    }
}

impl Decode for bool {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match u8::decode(reader)? {
            0 => Ok(false),
            1 => Ok(true),
            tag => Err(Malformed::UnknownTag { what: "truth value", tag }),
        }
    }
}

impl Encode for ReplicaId {
    fn encode(&self, writer: &mut Writer) {
        self.get().encode(writer);
    }
}

/// A replica that is decoded is a member.
impl Decode for ReplicaId {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let id = Self::new(u16::decode(reader)?);
        if reader.scope().membership.contains(id) { Ok(id) } else { Err(Malformed::NotAMember(id)) }
    }
}

impl Encode for ClientId {
    fn encode(&self, writer: &mut Writer) {
        writer.raw(self.as_bytes());
    }
}

impl Decode for ClientId {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self::new(reader.array()?))
    }
}

impl Encode for Digest {
    fn encode(&self, writer: &mut Writer) {
        writer.raw(&self.0);
    }
}

impl Decode for Digest {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self(reader.array()?))
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, writer: &mut Writer) {
        self.is_some().encode(writer);
        if let Some(value) = self {
            value.encode(writer);
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(if bool::decode(reader)? { Some(T::decode(reader)?) } else { None })
    }
}

#[cfg(test)]
mod tests;

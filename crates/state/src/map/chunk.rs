//! The pruned trie: the one form of proof and of transfer.
//!
//! A chunk is canonical bytes. Integers are little-endian; positions and lengths of keys take two bytes, lengths of
//! values four:
//!
//! ```text
//! chunk   = format(1)  next  entries(8)  node?             the node is missing if the map holds no entry
//! next    = 0 | 1 length key                               the end of the range; 0 if it reaches the last key
//! node    = 0 digest                                       pruned
//!         | 1 end segment digest                           a leaf, its value digested
//!         | 2 end segment length value                     a leaf, its value in full
//!         | 3 end segment own(1) occupied(2) node*         a branch, and what hangs in it in key order
//! ```
//!
//! A segment goes from where the slot of the node begins, which its parent determines, to `end`.
//! Decoding checks that the bytes are a well-formed trie; [`Chunk::verify`] checks what it proves.

use super::bounds::Span;
use super::verify::{self, VerifiedChunk};
use super::walk::{Input, Walk};
use super::{ChunkError, MAX_KEY_BYTES};
use bytes::Bytes;
use synod_kernel::Digest;

/// The longest encoding of a chunk, in bytes. It leaves room for a chunk's budget of 4 MiB and for the pruned slots
/// along both ends of its range, on paths of any depth.
pub const MAX_CHUNK_BYTES: usize = 8 * 1024 * 1024;

/// The version of the encoding.
const FORMAT: u8 = 1;

/// The longest end of a range, in bytes: the least key after the longest.
pub(super) const MAX_BOUND_BYTES: usize = MAX_KEY_BYTES + 1;

/// What an entry takes besides its key and value, at most: a leaf's header, and that of the one branch that each
/// further entry adds.
const ENTRY_OVERHEAD_BYTES: usize = 20;

/// What an entry counts towards the size of a chunk, in bytes, with its key in full although it is written without what
/// it shares with others. The prover fills a chunk by this measure and the decoder refuses one that exceeds
/// [`MAX_CHUNK_BYTES`] by it, or a few bytes a leaf would make us hold and hash a key of a thousand.
pub(super) fn weight(key: &[u8], value: &[u8]) -> usize {
    key.len() + value.len() + ENTRY_OVERHEAD_BYTES
}

/// Node tags.
pub(super) const PRUNED: u8 = 0;
pub(super) const DIGESTED: u8 = 1;
pub(super) const ENTRY: u8 = 2;
pub(super) const BRANCH: u8 = 3;

/// All entries of a key range with their proof, well-formed but not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    bytes: Bytes,
    body: usize,
    next: Option<Bytes>,
    entries: u64,
}

impl Chunk {
    /// Reads a chunk from a stranger's bytes, which it must use up. Time and memory are linear in their length.
    pub fn decode(bytes: Bytes) -> Result<Self, ChunkError> {
        if bytes.len() > MAX_CHUNK_BYTES {
            return Err(ChunkError::TooLong { bytes: bytes.len() });
        }
        let mut input = Input::new(&bytes);
        match input.byte()? {
            FORMAT => {}
            tag => return Err(ChunkError::UnknownTag { tag }),
        }
        let next = match input.byte()? {
            0 => None,
            1 => Some(Bytes::copy_from_slice(bound(&mut input)?)),
            tag => return Err(ChunkError::UnknownTag { tag }),
        };
        let entries = u64::from_le_bytes(input.array()?);
        let body = input.position();
        let chunk = Self { bytes, body, next, entries };
        let mut walk = chunk.walk();
        while walk.step()?.is_some() {}
        match walk.left() {
            0 => Ok(chunk),
            bytes => Err(ChunkError::Trailing { bytes }),
        }
    }

    /// The chunk for the span up to `next` of a map of `entries` entries, whose pruned trie is `body`.
    pub(super) fn assemble(next: Option<&[u8]>, entries: u64, body: &[u8]) -> Self {
        let mut bytes = alloc::vec::Vec::with_capacity(body.len() + MAX_BOUND_BYTES + 16);
        bytes.extend_from_slice(&[FORMAT, u8::from(next.is_some())]);
        if let Some(next) = next {
            let length = u16::try_from(next.len()).expect("the end of a range is a bounded key or its successor");
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(next);
        }
        bytes.extend_from_slice(&entries.to_le_bytes());
        let start = bytes.len();
        bytes.extend_from_slice(body);
        assert!(bytes.len() <= MAX_CHUNK_BYTES, "the budget and the bound on depth keep chunks small");
        Self { bytes: bytes.into(), body: start, next: next.map(Bytes::copy_from_slice), entries }
    }

    /// The canonical encoding.
    pub fn encode(&self) -> Bytes {
        self.bytes.clone()
    }

    /// Where the range ends, exclusively, and the next chunk begins; none if it reaches the last key. A claim, until
    /// the chunk is verified.
    pub fn next(&self) -> Option<&Bytes> {
        self.next.as_ref()
    }

    /// How many entries the whole map holds. A claim, until the chunk is verified.
    pub fn map_len(&self) -> u64 {
        self.entries
    }

    /// Checks that the chunk is part of the content with this root, and that it holds every entry from the key `from`
    /// (inclusive) up to [`Chunk::next`]. Time is linear in the length of the chunk.
    pub fn verify(&self, root: &Digest, from: &[u8]) -> Result<VerifiedChunk, ChunkError> {
        let span = Span::new(from, self.next.as_deref())?;
        verify::verify(self, root, from, span)
    }

    /// The nodes, in preorder.
    pub(super) fn walk(&self) -> Walk<'_> {
        Walk::new(&self.bytes[self.body..], self.entries > 0)
    }

    /// The part of the encoding that `part` is, shared rather than copied.
    pub(super) fn share(&self, part: &[u8]) -> Bytes {
        self.bytes.slice_ref(part)
    }
}

/// Reads the end of a range.
fn bound<'a>(input: &mut Input<'a>) -> Result<&'a [u8], ChunkError> {
    let length = usize::from(u16::from_le_bytes(input.array()?));
    if length > MAX_BOUND_BYTES {
        return Err(ChunkError::Malformed("the end of the range is longer than any key"));
    }
    input.take(length)
}

#[cfg(test)]
mod tests;

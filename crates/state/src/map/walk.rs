//! Reading a pruned trie from a stranger's bytes, node by node, in preorder.
//!
//! The walk keeps the path and a stack of open branches, both bounded by the longest key, and allocates nothing in
//! proportion to what is merely claimed. Leaves are counted with their keys in full, so those are bounded too.
//! It accepts only tries that a map can have: segments within bounds and in canonical form, keys of whole bytes, at
//! least two slots in each branch.

use super::chunk::{BRANCH, DIGESTED, ENTRY, MAX_CHUNK_BYTES, PRUNED, weight};
use super::hash::BranchHeader;
use super::{ChunkError, MAX_VALUE_BYTES, nibbles};
use alloc::vec::Vec;
use synod_kernel::Digest;

/// Bytes that are still to be read.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], ChunkError> {
        let rest = &self.bytes[self.position..];
        let taken = rest.get(..length).ok_or(ChunkError::Truncated)?;
        self.position += length;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ChunkError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, ChunkError> {
        self.array().map(|[byte]| byte)
    }
}

/// Which slot a node hangs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// It is the topmost node.
    Top,
    /// The own entry of the open branch.
    Own,
    /// The child of the open branch that the nibble leads to.
    Child(u8),
}

/// What a shown leaf says of its value.
#[derive(Clone, Copy)]
pub(super) enum Shown<'a> {
    Value(&'a [u8]),
    Digest(Digest),
}

/// What the walk comes upon.
pub(super) enum Step<'a> {
    /// A subtree of which only the digest is shown.
    Pruned(Slot, Digest),
    /// A leaf.
    Leaf(Slot, Vec<u8>, Shown<'a>),
    /// A branch, whose slots follow.
    Open(Slot, BranchHeader<'a>),
    /// The end of the slots of the last branch that is open.
    Close,
}

/// A branch whose slots are being read.
struct Open {
    depth: usize,
    own: bool,
    occupied: u16,
}

/// The walk over one trie.
pub(super) struct Walk<'a> {
    input: Input<'a>,
    top_pending: bool,
    /// One nibble to an element.
    path: Vec<u8>,
    stack: Vec<Open>,
    /// What the leaves so far count towards the size of the chunk.
    weight: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a [u8], has_top: bool) -> Self {
        Self { input: Input::new(bytes), top_pending: has_top, path: Vec::new(), stack: Vec::new(), weight: 0 }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.input.bytes.len() - self.input.position
    }

    /// The path of the node that was read last, one nibble to an element; of a subtree, up to where its slot begins.
    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }

    /// Reads on, up to the next node or end of a branch; none when the trie is complete.
    pub(super) fn step(&mut self) -> Result<Option<Step<'a>>, ChunkError> {
        if core::mem::take(&mut self.top_pending) {
            return self.node(Slot::Top).map(Some);
        }
        let Some(open) = self.stack.last_mut() else { return Ok(None) };
        self.path.truncate(open.depth);
        if core::mem::take(&mut open.own) {
            return self.node(Slot::Own).map(Some);
        }
        if open.occupied == 0 {
            self.stack.pop();
            return Ok(Some(Step::Close));
        }
        let nibble = (0..16).find(|nibble| open.occupied & 1 << nibble != 0).expect("some bit is set");
        open.occupied &= !(1 << nibble);
        self.path.push(nibble);
        self.node(Slot::Child(nibble)).map(Some)
    }

    fn node(&mut self, slot: Slot) -> Result<Step<'a>, ChunkError> {
        match self.input.byte()? {
            PRUNED => Ok(Step::Pruned(slot, Digest(self.input.array()?))),
            DIGESTED => {
                let key = self.key(slot)?;
                let digest = Digest(self.input.array()?);
                self.weigh(&key, &[])?;
                Ok(Step::Leaf(slot, key, Shown::Digest(digest)))
            }
            ENTRY => {
                let key = self.key(slot)?;
                let length = u32::from_le_bytes(self.input.array()?);
                let length = usize::try_from(length).ok().filter(|length| *length <= MAX_VALUE_BYTES);
                let value = self.input.take(length.ok_or(ChunkError::Malformed("value too long"))?)?;
                self.weigh(&key, value)?;
                Ok(Step::Leaf(slot, key, Shown::Value(value)))
            }
            BRANCH => self.branch(slot).map(|header| Step::Open(slot, header)),
            tag => Err(ChunkError::UnknownTag { tag }),
        }
    }

    /// Counts a leaf, and refuses it if it is more than a chunk holds.
    fn weigh(&mut self, key: &[u8], value: &[u8]) -> Result<(), ChunkError> {
        self.weight += weight(key, value);
        if self.weight > MAX_CHUNK_BYTES {
            Err(ChunkError::Malformed("more entries than a chunk holds"))
        } else {
            Ok(())
        }
    }

    /// Reads the rest of the key of a leaf.
    fn key(&mut self, slot: Slot) -> Result<Vec<u8>, ChunkError> {
        let start = self.path.len();
        self.segment()?;
        let end = self.path.len();
        if !end.is_multiple_of(2) {
            return Err(ChunkError::Malformed("a key of half a byte"));
        }
        if slot == Slot::Own && start != end {
            return Err(ChunkError::Malformed("an own entry beyond its branch"));
        }
        Ok(nibbles::pack(&self.path))
    }

    /// Reads the header of a branch and opens it.
    fn branch(&mut self, slot: Slot) -> Result<BranchHeader<'a>, ChunkError> {
        let start = self.path.len();
        let segment = self.segment()?;
        let depth = self.path.len();
        let has_entry = match self.input.byte()? {
            0 => false,
            1 => true,
            tag => return Err(ChunkError::UnknownTag { tag }),
        };
        let occupied = u16::from_le_bytes(self.input.array()?);
        let header = BranchHeader { start, depth, segment, has_entry, occupied };
        if slot == Slot::Own {
            return Err(ChunkError::Malformed("a branch in place of an own entry"));
        }
        if header.slots() < 2 {
            return Err(ChunkError::Malformed("a branch with fewer than two slots"));
        }
        if has_entry && !depth.is_multiple_of(2) {
            return Err(ChunkError::Malformed("a key of half a byte"));
        }
        if depth == nibbles::MAX_NIBBLES {
            return Err(ChunkError::Malformed("a branch where only a key can end"));
        }
        self.stack.push(Open { depth, own: has_entry, occupied });
        Ok(header)
    }

    /// Reads a segment and appends it to the path.
    fn segment(&mut self) -> Result<&'a [u8], ChunkError> {
        let start = self.path.len();
        let end = usize::from(u16::from_le_bytes(self.input.array()?));
        if end < start || end > nibbles::MAX_NIBBLES {
            return Err(ChunkError::Malformed("a path that leads back or beyond the longest key"));
        }
        let segment = self.input.take(nibbles::segment_bytes(start, end))?;
        if !nibbles::is_canonical(segment, start, end) {
            return Err(ChunkError::Malformed("a segment with nibbles outside it"));
        }
        self.path.extend(nibbles::segment_nibbles(segment, start, end));
        Ok(segment)
    }
}

#[cfg(test)]
mod tests;

//! A content of the map at one moment, immutable, and cheap to hand to another thread.
//!
//! Nothing is hashed when it is taken. Whoever first asks for a digest does that, on its own thread, for all who share
//! the nodes; two who ask at once both do it, and find the same.

use super::{Diff, MerkleMap, Range};
use bytes::Bytes;
use synod_kernel::Digest;

/// A sealed content. Cloning costs O(1); reads, proofs and comparisons never change it, nor do writes to the map it
/// was taken from.
#[derive(Clone, Debug)]
pub struct Snapshot {
    map: MerkleMap,
}

impl Snapshot {
    pub(super) fn new(map: MerkleMap) -> Self {
        Self { map }
    }

    /// The digest of the content. Hashes what changed since a digest of it, or of what it shares nodes with, was last
    /// asked for; after that it costs O(1).
    pub fn root(&self) -> Digest {
        self.map.root()
    }

    /// How many entries it holds.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Option<&Bytes> {
        self.map.get(key)
    }

    /// The entries with `from <= key`, and `key < to` if there is an end, in key order.
    pub fn range(&self, from: &[u8], to: Option<&[u8]>) -> Range<'_> {
        self.map.range(from, to)
    }

    /// The content, to be read in every way a map can be.
    pub fn map(&self) -> &MerkleMap {
        &self.map
    }

    /// A map that starts from this content, in O(1).
    pub fn to_map(&self) -> MerkleMap {
        self.map.clone()
    }

    /// What must be done to this content to get `newer`: each key that differs, in key order, with its new value, or
    /// with none if it is gone. Subtrees with equal digests are skipped, so once both are hashed the cost goes with the
    /// difference.
    pub fn diff<'a>(&'a self, newer: &'a Self) -> Diff<'a> {
        Diff::new(self.map.top(), newer.map.top())
    }
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.root() == other.root()
    }
}

impl Eq for Snapshot {}

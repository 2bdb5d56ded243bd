//! A content of the map at one moment, hashed, immutable, and cheap to hand to another thread.

use super::{Diff, MerkleMap, Range};
use bytes::Bytes;
use synod_kernel::Digest;

/// A sealed content. Cloning costs O(1); reads, proofs and comparisons never change it, nor do writes to the map it
/// was taken from.
#[derive(Clone, Debug)]
pub struct Snapshot {
    map: MerkleMap,
    root: Digest,
}

impl Snapshot {
    pub(super) fn new(map: MerkleMap) -> Self {
        let root = map.root();
        Self { map, root }
    }

    /// The digest of the content.
    pub fn root(&self) -> Digest {
        self.root
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
    /// with none if it is gone. Subtrees with equal digests are skipped, so the cost goes with the difference.
    pub fn diff<'a>(&'a self, newer: &'a Self) -> Diff<'a> {
        Diff::new(self.map.top(), newer.map.top())
    }
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Eq for Snapshot {}

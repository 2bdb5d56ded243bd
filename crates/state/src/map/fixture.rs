//! What the tests of this module share: a seeded generator and contents made with it.

use super::MerkleMap;
use alloc::vec::Vec;

/// A small deterministic generator (splitmix64). Not for secrets.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// A key from a small and awkward set: empty, nested, parting at either half of a byte.
    pub(super) fn key(&mut self) -> Vec<u8> {
        const BYTES: [u8; 6] = [0x00, 0x01, 0x10, 0x61, 0x6f, 0xff];
        let length = self.below(5);
        (0..length).map(|_| BYTES[self.below(BYTES.len())]).collect()
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// A map of entries given as text.
pub(super) fn map_of(entries: &[(&str, &str)]) -> MerkleMap {
    let mut map = MerkleMap::new();
    for (key, value) in entries {
        map.insert(key.as_bytes(), value.as_bytes()).expect("within the limits");
    }
    map
}

/// A map of `count` entries with scattered keys of 16 bytes and short values.
pub(super) fn scattered(count: usize) -> MerkleMap {
    let mut random = Random::new(count as u64);
    let mut map = MerkleMap::new();
    for number in 0..count {
        let key = random.bytes(16);
        map.insert(&key, number.to_string().as_bytes()).expect("within the limits");
    }
    map
}

/// Every key is a prefix of the next: the deepest trie for its size.
pub(super) fn nested(count: usize) -> MerkleMap {
    let key = alloc::vec![b'a'; count];
    let mut map = MerkleMap::new();
    for length in 0..=count {
        map.insert(&key[..length], &length.to_le_bytes()).expect("within the limits");
    }
    map
}

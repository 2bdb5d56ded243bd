//! What is hashed, and for which purpose.
//!
//! A value, a leaf, a branch and a root each have a purpose of their own, so none can pass for another. In each, all
//! fields but the last are of fixed or stated length: different fields, different input.

use super::nibbles;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use synod_kernel::digest::{Digest, Hasher};

/// The digest of a value alone, which lets a proof about a large value do without it.
pub(super) fn value_digest(value: &[u8]) -> Digest {
    Digest::of("synod map value v1", value)
}

/// The digest of an entry. It does not depend on where in the trie the leaf hangs.
pub(super) fn leaf_digest(key: &[u8], value: &Digest) -> Digest {
    Hasher::new("synod map leaf v1").update(value.as_bytes()).update(key).finish()
}

/// The digest of a map with `entries` entries under the node `top`.
pub(super) fn root_digest(entries: u64, top: Option<&Digest>) -> Digest {
    let mut hasher = Hasher::new("synod map root v1");
    hasher.update(&entries.to_le_bytes());
    if let Some(top) = top {
        hasher.update(top.as_bytes());
    }
    hasher.finish()
}

/// Everything but the digests below it that a branch commits to.
#[derive(Clone, Copy)]
pub(super) struct BranchHeader<'a> {
    /// Where its segment begins, in nibbles from the start of the key.
    pub(super) start: usize,
    /// Where its segment ends: the length of the path that all keys below share.
    pub(super) depth: usize,
    /// The segment, as [`nibbles::write_segment`] writes it.
    pub(super) segment: &'a [u8],
    /// Whether a key ends exactly here.
    pub(super) has_entry: bool,
    /// Which nibbles lead on; bit `i` for nibble `i`.
    pub(super) occupied: u16,
}

impl BranchHeader<'_> {
    /// How many slots are in use, the own entry included.
    pub(super) fn slots(&self) -> usize {
        usize::from(self.has_entry) + self.occupied.count_ones() as usize
    }

    /// The digest of the branch, from the digests of its slots in key order: the own entry, then the children.
    pub(super) fn digest(&self, slots: impl Iterator<Item = Digest>, buffer: &mut Vec<u8>) -> Digest {
        buffer.clear();
        put_position(buffer, self.start);
        put_position(buffer, self.depth);
        buffer.extend_from_slice(self.segment);
        buffer.push(u8::from(self.has_entry));
        buffer.extend_from_slice(&self.occupied.to_le_bytes());
        slots.for_each(|digest| buffer.extend_from_slice(digest.as_bytes()));
        Digest::of("synod map branch v1", buffer)
    }
}

/// Appends a nibble position in two bytes.
pub(super) fn put_position(out: &mut Vec<u8>, position: usize) {
    assert!(position <= nibbles::MAX_NIBBLES, "keys are bounded, so positions in them are");
    let position = u16::try_from(position).expect("the bound on positions is below u16::MAX");
    out.extend_from_slice(&position.to_le_bytes());
}

/// A digest that is computed at most a few times and can be filled in through a shared reference.
///
/// Snapshots share nodes across threads. Two threads may fill the same cell at once, but the digest is a function of
/// the node, so both store the same words and a reader that sees `ready` sees exactly them.
#[derive(Debug, Default)]
pub(super) struct DigestCell {
    ready: AtomicBool,
    words: [AtomicU32; 8],
}

impl DigestCell {
    /// The digest, if it has been computed.
    pub(super) fn get(&self) -> Option<Digest> {
        if !self.ready.load(Ordering::Acquire) {
            return None;
        }
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(4).zip(&self.words) {
            chunk.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        Some(Digest(bytes))
    }

    /// Stores the digest of the node this cell is in.
    pub(super) fn set(&self, digest: Digest) {
        let (chunks, _) = digest.as_bytes().as_chunks::<4>();
        for (word, chunk) in self.words.iter().zip(chunks) {
            word.store(u32::from_le_bytes(*chunk), Ordering::Relaxed);
        }
        self.ready.store(true, Ordering::Release);
    }

    /// Forgets the digest, because the node is about to change. Exclusive access means that no snapshot sees it.
    pub(super) fn clear(&mut self) {
        *self.ready.get_mut() = false;
    }
}

impl Clone for DigestCell {
    fn clone(&self) -> Self {
        let copy = Self::default();
        if let Some(digest) = self.get() {
            copy.set(digest);
        }
        copy
    }
}

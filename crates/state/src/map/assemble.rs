//! Putting the chunks of a content together again.

use super::verify::Pruned;
use super::{AssembleError, Content, MerkleMap, Snapshot, VerifiedChunk};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::Digest;

/// Ranges that what is missing is cut into, at most: enough to ask many peers at once, and few enough that most pieces
/// are cut short by their budget and not by their range.
const CUTS_MAX: usize = 16;

/// Ranges that are missing, at most. Beyond it donors are not asked, whose parts leave gaps between them.
const RANGES_MAX: usize = 1024;

/// Other contents to take unchanged parts from, at most.
const DONORS_MAX: usize = 4;

/// Rebuilds a map from verified chunks, in whatever order they come. Every chunk was checked against the root, so no
/// peer can put a wrong entry in or leave one out, and memory is bounded by the content the root stands for.
///
/// What chunks show of the trie beyond their own range serves twice. It says where the rest can be cut, so that several
/// peers can be asked at once. And a part of the trie that an older content has too, digest by digest, need not be
/// fetched at all: see [`Assembler::reuse`].
#[derive(Clone, Debug)]
pub struct Assembler {
    root: Digest,
    /// Where each missing range starts, and where it ends, exclusively. They do not overlap.
    missing: BTreeMap<Bytes, Option<Bytes>>,
    map: MerkleMap,
    donors: Vec<Snapshot>,
}

impl Assembler {
    /// Starts on the content with this root.
    pub fn new(root: Digest) -> Self {
        Self { root, missing: BTreeMap::from([(Bytes::new(), None)]), map: MerkleMap::new(), donors: Vec::new() }
    }

    /// From now on takes what is the same in `donor`, which need not be believed. The first few donors count.
    pub fn reuse(&mut self, donor: Snapshot) {
        if !donor.is_empty() && self.donors.len() < DONORS_MAX {
            self.donors.push(donor);
        }
    }

    /// The ranges that are missing, in key order: where each starts, and where it ends, exclusively.
    pub fn missing(&self) -> impl Iterator<Item = (&Bytes, Option<&Bytes>)> {
        self.missing.iter().map(|(from, to)| (from, to.as_ref()))
    }

    /// How many entries are here.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether no entry is here yet.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Adds the entries of a chunk, and what donors have of the rest. A chunk that is refused changes nothing.
    pub fn feed(&mut self, chunk: &VerifiedChunk) -> Result<(), AssembleError> {
        let (from, next) = (chunk.from(), chunk.next());
        if chunk.root() != self.root {
            return Err(AssembleError::WrongRoot);
        }
        if self.overlapping(from, next).is_empty() {
            return Err(AssembleError::Superfluous);
        }
        let finishes = next.is_none_or(|next| self.missing.values().any(|end| end.as_ref() == Some(next)));
        if chunk.entries().is_empty() && !finishes {
            return Err(AssembleError::NoProgress);
        }
        if chunk.entries().iter().any(|(_, content)| matches!(content, Content::Digest(_))) {
            return Err(AssembleError::ValueMissing);
        }
        for (key, content) in chunk.entries() {
            if let Content::Value(value) = content {
                self.map.insert(key, value).expect("a verified entry is within the limits");
            }
        }
        self.cover(from, next);
        chunk.beyond().for_each(|pruned| self.take_from_donor(pruned));
        // The largest subtrees first, and only while a range is more than a chunk's worth.
        let left = usize::try_from(chunk.map_len()).unwrap_or(usize::MAX).saturating_sub(self.len());
        let worthwhile = CUTS_MAX.min(left / chunk.entries().len().max(1));
        for pruned in chunk.beyond().rev() {
            if self.missing.len() < worthwhile {
                self.cut(pruned.first_key());
            }
        }
        Ok(())
    }

    /// What is here so far, for another assembly to take from: a part of the content.
    pub fn into_partial(self) -> Snapshot {
        self.map.seal()
    }

    /// The map, whose root is the one expected.
    pub fn finish(self) -> Result<MerkleMap, AssembleError> {
        if !self.missing.is_empty() {
            return Err(AssembleError::Unfinished);
        }
        if self.map.root() != self.root {
            return Err(AssembleError::WrongRoot);
        }
        Ok(self.map)
    }

    /// Takes a subtree from a donor that has the same one.
    fn take_from_donor(&mut self, pruned: &Pruned) {
        let (start, end) = (pruned.first_key(), pruned.end());
        if self.missing.len() >= RANGES_MAX || self.overlapping(&start, end.as_ref()).is_empty() {
            return;
        }
        let has_it = |donor: &&Snapshot| donor.map().slot_digest(&pruned.path) == Some(pruned.digest);
        if let Some(donor) = self.donors.iter().find(has_it) {
            for (key, value) in donor.range(&start, end.as_deref()) {
                self.map.insert(key, value).expect("an entry of a map is within the limits");
            }
            self.cover(&start, end.as_ref());
        }
    }

    /// Where the missing ranges start that the range from `from` to `next` has keys in common with.
    fn overlapping(&self, from: &Bytes, next: Option<&Bytes>) -> Vec<Bytes> {
        let begins_before = self.missing.iter().filter(|(start, _)| next.is_none_or(|next| *start < next));
        let overlaps = begins_before.filter(|(_, end)| end.as_ref().is_none_or(|end| end > from));
        overlaps.map(|(start, _)| start.clone()).collect()
    }

    /// Takes a range out of what is missing.
    fn cover(&mut self, from: &Bytes, next: Option<&Bytes>) {
        for start in self.overlapping(from, next) {
            let end = self.missing.remove(&start).flatten();
            if let Some(next) = next.filter(|next| end.as_ref().is_none_or(|end| *next < end)) {
                self.missing.insert(next.clone(), end);
            }
            if start < *from {
                self.missing.insert(start, Some(from.clone()));
            }
        }
    }

    /// Cuts the missing range that `at` lies within, if there is one.
    fn cut(&mut self, at: Bytes) {
        let Some((start, end)) = self.missing.range_mut(..at.clone()).next_back() else { return };
        if *start < at && end.as_ref().is_none_or(|end| at < *end) {
            let end = end.replace(at.clone());
            self.missing.insert(at, end);
        }
    }
}

#[cfg(test)]
mod tests;

//! Checking what a chunk proves.
//!
//! One pass over the nodes recomputes the digests from the leaves up and holds every slot against the range. If the
//! root comes out right, every node shown is the one in the map, for else a hash function would have collided; and
//! as no slot that can hold a key of the range is pruned, the entries shown are all there are.

use super::bounds::{Bounds, Span};
use super::hash::{self, BranchHeader};
use super::nibbles;
use super::walk::{Shown, Slot, Step};
use super::{Chunk, ChunkError};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::Digest;

/// Subtrees beyond the range that are kept, at most: those nearest to the top, which are the largest.
const BEYOND_MAX: usize = 64;

/// What is proved of the value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The value.
    Value(Bytes),
    /// The digest of the value, as [`Content::digest`] computes it.
    Digest(Digest),
}

impl Content {
    /// The digest of the value.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Value(value) => hash::value_digest(value),
            Self::Digest(digest) => *digest,
        }
    }
}

/// A subtree that is not shown, of which only the digest is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pruned {
    /// The path to the slot that it hangs in, one nibble to an element. All its keys begin with it.
    pub(super) path: Vec<u8>,
    pub(super) digest: Digest,
}

impl Pruned {
    /// The least key that begins with the path.
    pub(super) fn first_key(&self) -> Bytes {
        nibbles::pack_padded(&self.path).into()
    }

    /// The least key beyond all that begin with the path; none if there is no such key.
    pub(super) fn end(&self) -> Option<Bytes> {
        let kept = self.path.iter().rposition(|nibble| *nibble != 0x0f)?;
        let mut end = self.path[..=kept].to_vec();
        end[kept] += 1;
        Some(nibbles::pack_padded(&end).into())
    }
}

/// All entries of a key range of the content with a certain root. Made by [`Chunk::verify`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedChunk {
    root: Digest,
    from: Bytes,
    next: Option<Bytes>,
    map_len: u64,
    entries: Vec<(Bytes, Content)>,
    beyond: VecDeque<Pruned>,
}

impl VerifiedChunk {
    /// The root of the content it is part of.
    pub fn root(&self) -> Digest {
        self.root
    }

    /// The first key that the range covers, present or not.
    pub fn from(&self) -> &Bytes {
        &self.from
    }

    /// Where the range ends, exclusively; none if it reaches the last key.
    pub fn next(&self) -> Option<&Bytes> {
        self.next.as_ref()
    }

    /// How many entries the whole map holds.
    pub fn map_len(&self) -> u64 {
        self.map_len
    }

    /// The entries of the range, in key order: these and no others.
    pub fn entries(&self) -> &[(Bytes, Content)] {
        &self.entries
    }

    /// What is proved to hang in the trie beyond the range, in key order: the largest subtrees, not all.
    pub(super) fn beyond(&self) -> impl DoubleEndedIterator<Item = &Pruned> {
        self.beyond.iter()
    }

    /// What is proved about `key`: its content, or none if it is absent. Fails if the range does not cover it.
    pub fn find(&self, key: &[u8]) -> Result<Option<&Content>, ChunkError> {
        if !Span::new(&self.from, self.next.as_deref())?.contains(key) {
            return Err(ChunkError::NotCovered);
        }
        let found = self.entries.binary_search_by(|(entry, _)| entry.as_ref().cmp(key)).ok();
        Ok(found.map(|position| &self.entries[position].1))
    }
}

/// Checks `chunk` against `root`; `span` is from `from` to where the chunk says it ends.
pub(super) fn verify(chunk: &Chunk, root: &Digest, from: &[u8], span: Span<'_>) -> Result<VerifiedChunk, ChunkError> {
    let mut check = Check {
        chunk,
        span,
        open: Vec::new(),
        digests: Vec::new(),
        buffer: Vec::new(),
        entries: Vec::new(),
        beyond: VecDeque::new(),
    };
    let mut walk = chunk.walk();
    while let Some(step) = walk.step()? {
        match step {
            Step::Pruned(slot, digest) => check.pruned(slot, walk.path(), digest)?,
            Step::Leaf(slot, key, shown) => check.leaf(slot, key, shown)?,
            Step::Open(slot, header) => check.branch(slot, header)?,
            Step::Close => check.close(),
        }
    }
    if hash::root_digest(chunk.map_len(), check.digests.last()) != *root {
        return Err(ChunkError::WrongRoot);
    }
    Ok(VerifiedChunk {
        root: *root,
        from: Bytes::copy_from_slice(from),
        next: chunk.next().cloned(),
        map_len: chunk.map_len(),
        entries: check.entries,
        beyond: check.beyond,
    })
}

/// The state of a verification.
struct Check<'a> {
    chunk: &'a Chunk,
    span: Span<'a>,
    /// The branches on the path.
    open: Vec<Open<'a>>,
    /// The digests of finished nodes whose parent is not finished.
    digests: Vec<Digest>,
    buffer: Vec<u8>,
    entries: Vec<(Bytes, Content)>,
    /// The last so many subtrees pruned behind the range: the walk climbs, so they come largest last.
    beyond: VecDeque<Pruned>,
}

/// A branch whose slots are being checked.
struct Open<'a> {
    header: BranchHeader<'a>,
    bounds: Bounds<'a>,
    /// Where its slots begin among the digests.
    first: usize,
}

impl<'a> Check<'a> {
    /// The path up to where `slot` begins, and whether the slot can hold a key of the range.
    fn enter(&self, slot: Slot) -> (Bounds<'a>, bool) {
        let parent = self.open.last().map_or(Bounds::new(self.span), |open| open.bounds);
        match slot {
            Slot::Top => (parent, parent.overlaps()),
            Slot::Own => (parent, parent.contains()),
            Slot::Child(nibble) => {
                let bounds = parent.push(nibble);
                (bounds, bounds.overlaps())
            }
        }
    }

    fn pruned(&mut self, slot: Slot, path: &[u8], digest: Digest) -> Result<(), ChunkError> {
        let (bounds, relevant) = self.enter(slot);
        if relevant {
            return Err(ChunkError::Incomplete);
        }
        self.digests.push(digest);
        if matches!(slot, Slot::Child(_)) && bounds.is_beyond() {
            if self.beyond.len() == BEYOND_MAX {
                self.beyond.pop_front();
            }
            self.beyond.push_back(Pruned { path: path.to_vec(), digest });
        }
        Ok(())
    }

    fn leaf(&mut self, slot: Slot, key: Vec<u8>, shown: Shown<'a>) -> Result<(), ChunkError> {
        let inside = self.span.contains(&key);
        let (_, relevant) = self.enter(slot);
        if !relevant || !inside && matches!(shown, Shown::Value(_)) {
            return Err(ChunkError::Needless);
        }
        let (value, content) = match shown {
            Shown::Value(value) => (hash::value_digest(value), Content::Value(self.chunk.share(value))),
            Shown::Digest(digest) => (digest, Content::Digest(digest)),
        };
        self.digests.push(hash::leaf_digest(&key, &value));
        if inside {
            self.entries.push((key.into(), content));
        }
        Ok(())
    }

    fn branch(&mut self, slot: Slot, header: BranchHeader<'a>) -> Result<(), ChunkError> {
        let (bounds, relevant) = self.enter(slot);
        if !relevant {
            return Err(ChunkError::Needless);
        }
        let segment = nibbles::segment_nibbles(header.segment, header.start, header.depth);
        let bounds = segment.fold(bounds, Bounds::push);
        self.open.push(Open { header, bounds, first: self.digests.len() });
        Ok(())
    }

    fn close(&mut self) {
        let open = self.open.pop().expect("the walk closes what it opened");
        let digest = open.header.digest(self.digests.drain(open.first..), &mut self.buffer);
        self.digests.push(digest);
    }
}

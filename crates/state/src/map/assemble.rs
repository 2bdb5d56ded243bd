//! Putting the chunks of a content together again.

use super::{AssembleError, Content, MerkleMap, VerifiedChunk};
use bytes::Bytes;
use synod_kernel::Digest;

/// Rebuilds a map from verified chunks, fed in key order without gaps. Every chunk was checked against the root, so
/// no peer can put a wrong entry in or leave one out, and memory is bounded by the content the root stands for.
#[derive(Clone, Debug)]
pub struct Assembler {
    root: Digest,
    next: Option<Bytes>,
    map: MerkleMap,
}

impl Assembler {
    /// Starts on the content with this root.
    pub fn new(root: Digest) -> Self {
        Self { root, next: Some(Bytes::new()), map: MerkleMap::new() }
    }

    /// The key from which the next chunk must start; none if all are here.
    pub fn next(&self) -> Option<&Bytes> {
        self.next.as_ref()
    }

    /// How many entries are here.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether no entry is here yet.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Adds the entries of a chunk. A chunk that is refused changes nothing.
    pub fn feed(&mut self, chunk: &VerifiedChunk) -> Result<(), AssembleError> {
        if chunk.root() != self.root {
            return Err(AssembleError::WrongRoot);
        }
        if self.next.as_ref() != Some(chunk.from()) {
            return Err(AssembleError::OutOfOrder);
        }
        if chunk.entries().is_empty() && chunk.next().is_some() {
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
        self.next = chunk.next().cloned();
        Ok(())
    }

    /// The map, whose root is the one expected.
    pub fn finish(self) -> Result<MerkleMap, AssembleError> {
        if self.next.is_some() {
            return Err(AssembleError::Unfinished);
        }
        if self.map.root() != self.root {
            return Err(AssembleError::WrongRoot);
        }
        Ok(self.map)
    }
}

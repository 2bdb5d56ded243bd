//! Making chunks: choosing a range that fits, and pruning everything outside it.

use super::bounds::{Bounds, Span};
use super::chunk::{self, BRANCH, DIGESTED, ENTRY, PRUNED};
use super::node::{Branch, Leaf, NodeRef};
use super::tree::check_key;
use super::{Chunk, MapError, Snapshot, hash, nibbles};
use alloc::vec::Vec;
use bytes::Bytes;

/// The most that a chunk can be asked to hold, in bytes; more is cut down to it.
const MAX_BUDGET_BYTES: usize = 4 * 1024 * 1024;

/// In which form the values in the range are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    Full,
    Digested,
}

impl Snapshot {
    /// The entries from the key `from` (inclusive) on, with their proof: as many as `max_bytes` hold, and at least
    /// one if there is one. The encoding is longer than that by the proof of the range, some kilobytes unless keys
    /// were chosen to form long paths, and never exceeds [`MAX_CHUNK_BYTES`](super::MAX_CHUNK_BYTES).
    pub fn chunk(&self, from: &[u8], max_bytes: usize) -> Chunk {
        self.fill(from, None, max_bytes)
    }

    /// As [`Snapshot::chunk`], but not beyond `to` (exclusive). If all entries of the range fit, the chunk's `next` is
    /// `to`; otherwise it is the first key left out.
    pub fn prove_range(&self, from: &[u8], to: Option<&[u8]>, max_bytes: usize) -> Result<Chunk, MapError> {
        if let Some(to) = to {
            check_key(to)?;
        }
        if to.is_some_and(|to| to <= from) {
            return Err(MapError::EmptyRange);
        }
        Ok(self.fill(from, to, max_bytes))
    }

    /// Proof that `key` has the value it has, which the proof contains, or that it is absent.
    pub fn prove(&self, key: &[u8]) -> Result<Chunk, MapError> {
        self.prove_key(key, Values::Full)
    }

    /// As [`Snapshot::prove`], with the digest in place of the value.
    pub fn prove_digest(&self, key: &[u8]) -> Result<Chunk, MapError> {
        self.prove_key(key, Values::Digested)
    }

    fn prove_key(&self, key: &[u8], values: Values) -> Result<Chunk, MapError> {
        check_key(key)?;
        let successor: Vec<u8> = key.iter().copied().chain([0]).collect();
        Ok(self.prune(key, Some(&successor), values))
    }

    /// Takes entries from `from` on until `to` or the budget is reached.
    fn fill(&self, from: &[u8], to: Option<&[u8]>, max_bytes: usize) -> Chunk {
        let budget = max_bytes.min(MAX_BUDGET_BYTES);
        let mut used = 0;
        let beyond = self.range(from, to).enumerate().find_map(|(position, (key, value))| {
            used += chunk::weight(key, value);
            (position > 0 && used > budget).then(|| key.clone())
        });
        let next = beyond.or_else(|| to.map(Bytes::copy_from_slice));
        self.prune(from, next.as_deref(), Values::Full)
    }

    /// The trie with everything pruned that cannot hold a key of the range.
    fn prune(&self, from: &[u8], next: Option<&[u8]>, values: Values) -> Chunk {
        let span = Span::new(from, next).expect("the next key is beyond the first");
        let mut pruner = Pruner { span, values, out: Vec::new(), segment: Vec::new(), pending: Vec::new() };
        if let Some(top) = self.map().top() {
            let bounds = Bounds::new(span);
            pruner.pending.push(Pending { node: top.as_ref(), start: 0, bounds, shown: bounds.overlaps() });
        }
        while let Some(next) = pruner.pending.pop() {
            pruner.write(next);
        }
        Chunk::assemble(next, self.map().entries(), &pruner.out)
    }
}

/// A node that is still to be written.
struct Pending<'a> {
    node: NodeRef<'a>,
    /// The nibble at which its slot begins.
    start: usize,
    /// The path up to there.
    bounds: Bounds<'a>,
    /// Whether it is shown or pruned.
    shown: bool,
}

/// Writes a pruned trie in preorder.
struct Pruner<'a> {
    span: Span<'a>,
    values: Values,
    out: Vec<u8>,
    segment: Vec<u8>,
    /// The next node is the last. Holds at most 17 nodes for each node on a path.
    pending: Vec<Pending<'a>>,
}

impl<'a> Pruner<'a> {
    fn write(&mut self, pending: Pending<'a>) {
        match pending.node {
            node if !pending.shown => {
                self.out.push(PRUNED);
                self.out.extend_from_slice(node.digest().as_bytes());
            }
            NodeRef::Leaf(leaf) => self.leaf(leaf, pending.start),
            NodeRef::Branch(branch) => self.branch(branch, pending.bounds),
        }
    }

    fn leaf(&mut self, leaf: &Leaf, start: usize) {
        let full = self.values == Values::Full && self.span.contains(leaf.key());
        self.out.push(if full { ENTRY } else { DIGESTED });
        let end = nibbles::count(leaf.key());
        hash::put_position(&mut self.out, end);
        nibbles::write_segment(&mut self.out, leaf.key(), start, end);
        if full {
            let length = u32::try_from(leaf.value().len()).expect("values are bounded far below u32::MAX");
            self.out.extend_from_slice(&length.to_le_bytes());
            self.out.extend_from_slice(leaf.value());
        } else {
            self.out.extend_from_slice(hash::value_digest(leaf.value()).as_bytes());
        }
    }

    fn branch(&mut self, branch: &'a Branch, bounds: Bounds<'a>) {
        let header = branch.header(&mut self.segment);
        self.out.push(BRANCH);
        hash::put_position(&mut self.out, header.depth);
        self.out.extend_from_slice(header.segment);
        self.out.push(u8::from(header.has_entry));
        self.out.extend_from_slice(&header.occupied.to_le_bytes());
        let (start, depth) = (header.start, header.depth);
        let bounds = (start..depth).fold(bounds, |bounds, at| bounds.push(nibbles::at(branch.sample(), at)));
        self.pending.extend(branch.slots().rev().map(|node| match node.path() {
            (_, length) if length == depth => Pending { node, start: depth, bounds, shown: bounds.contains() },
            (key, _) => {
                let bounds = bounds.push(nibbles::at(key, depth));
                Pending { node, start: depth + 1, bounds, shown: bounds.overlaps() }
            }
        }));
    }
}

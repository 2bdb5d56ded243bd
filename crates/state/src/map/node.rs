//! The nodes of the trie.
//!
//! A leaf holds an entry; a branch stands where keys part. Nodes are shared between maps and snapshots: they change
//! only through [`Branch::edit`], which copies a shared branch and forgets the digest. A branch in a map has at least
//! two slots in use. Nothing here recurses along a path, dropping included.

use super::hash::{self, BranchHeader, DigestCell};
use super::nibbles;
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::Digest;

/// An entry.
#[derive(Debug)]
pub(super) struct Leaf {
    key: Bytes,
    value: Bytes,
    digest: DigestCell,
}

impl Leaf {
    /// Copies both, so that the map never keeps alive the larger buffer that they may be slices of.
    pub(super) fn new(key: &[u8], value: &[u8]) -> Self {
        let (key, value) = (Bytes::copy_from_slice(key), Bytes::copy_from_slice(value));
        Self { key, value, digest: DigestCell::default() }
    }

    pub(super) fn key(&self) -> &Bytes {
        &self.key
    }

    pub(super) fn value(&self) -> &Bytes {
        &self.value
    }

    /// Its digest, computed on first use.
    pub(super) fn digest(&self) -> Digest {
        self.digest.get().unwrap_or_else(|| {
            let digest = hash::leaf_digest(&self.key, &hash::value_digest(&self.value));
            self.digest.set(digest);
            digest
        })
    }
}

/// What hangs in a slot.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Leaf(Arc<Leaf>),
    Branch(Arc<Branch>),
}

/// What hangs in a slot, borrowed; the own entry of a branch too.
#[derive(Clone, Copy, Debug)]
pub(super) enum NodeRef<'a> {
    Leaf(&'a Leaf),
    Branch(&'a Branch),
}

impl<'a> NodeRef<'a> {
    /// The path that all keys below share: the first so many nibbles of a key.
    pub(super) fn path(self) -> (&'a [u8], usize) {
        match self {
            Self::Leaf(leaf) => (&leaf.key, nibbles::count(&leaf.key)),
            Self::Branch(branch) => (&branch.sample, branch.depth),
        }
    }

    /// Its digest, computed on first use.
    pub(super) fn digest(self) -> Digest {
        match self {
            Self::Leaf(leaf) => leaf.digest(),
            Self::Branch(branch) => branch.digest(),
        }
    }
}

impl Node {
    pub(super) fn as_ref(&self) -> NodeRef<'_> {
        match self {
            Self::Leaf(leaf) => NodeRef::Leaf(leaf),
            Self::Branch(branch) => NodeRef::Branch(branch),
        }
    }

    /// Tells it that its slot now begins at nibble `start`.
    fn restart(&mut self, start: usize) {
        match self {
            Self::Leaf(_) => {}
            Self::Branch(branch) => Branch::edit(branch).start = start,
        }
    }
}

/// Where keys part.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    /// Some key that begins with the path. It may have left the map since; only its first `depth` nibbles matter.
    sample: Bytes,
    start: usize,
    depth: usize,
    entry: Option<Arc<Leaf>>,
    occupied: u16,
    /// One for each bit set in `occupied`, in nibble order.
    children: Vec<Node>,
    digest: DigestCell,
}

impl Branch {
    /// The branch where `displaced`, whose slot begins at nibble `start`, and `leaf` part: `depth` nibbles are shared.
    pub(super) fn fork(start: usize, depth: usize, mut displaced: Node, leaf: Arc<Leaf>) -> Self {
        let sample = leaf.key.clone();
        let (entry, occupied, children, digest) = (None, 0, Vec::with_capacity(2), DigestCell::default());
        let mut fork = Self { sample, start, depth, entry, occupied, children, digest };
        displaced.restart(depth + 1);
        fork.attach(displaced);
        fork.attach(Node::Leaf(leaf));
        fork
    }

    /// Exclusive access to a branch that is about to change: a copy if others share it, its digest forgotten.
    pub(super) fn edit(shared: &mut Arc<Self>) -> &mut Self {
        let branch = Arc::make_mut(shared);
        branch.digest.clear();
        branch
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn sample(&self) -> &[u8] {
        &self.sample
    }

    pub(super) fn entry(&self) -> Option<&Arc<Leaf>> {
        self.entry.as_ref()
    }

    pub(super) fn children(&self) -> &[Node] {
        &self.children
    }

    /// What hangs in it, in key order.
    pub(super) fn slots(&self) -> impl DoubleEndedIterator<Item = NodeRef<'_>> {
        self.entry.iter().map(|leaf| NodeRef::Leaf(leaf)).chain(self.children.iter().map(Node::as_ref))
    }

    /// How many children lie before `nibble`.
    pub(super) fn rank(&self, nibble: u8) -> usize {
        (self.occupied & ((1 << nibble) - 1)).count_ones() as usize
    }

    /// The child that `nibble` leads to.
    pub(super) fn child(&self, nibble: u8) -> Option<&Node> {
        (self.occupied & 1 << nibble != 0).then(|| &self.children[self.rank(nibble)])
    }

    /// The child that `nibble` leads to, to be changed.
    pub(super) fn child_mut(&mut self, nibble: u8) -> Option<&mut Node> {
        let rank = self.rank(nibble);
        (self.occupied & 1 << nibble != 0).then(|| &mut self.children[rank])
    }

    /// Whether `key` begins with the path of this branch, of which the first `start` nibbles are known to agree.
    pub(super) fn leads_to(&self, key: &[u8]) -> bool {
        nibbles::common(&self.sample, key, self.start) >= self.depth && nibbles::count(key) >= self.depth
    }

    /// Hangs a node, whose path extends this one, into its slot; a leaf replaces a leaf with its key.
    pub(super) fn attach(&mut self, node: Node) -> Option<Arc<Leaf>> {
        let (key, length) = node.as_ref().path();
        if length == self.depth {
            return match node {
                Node::Leaf(leaf) => self.entry.replace(leaf),
                Node::Branch(_) => unreachable!("a branch below this one has a longer path"),
            };
        }
        let nibble = nibbles::at(key, self.depth);
        assert!(self.child(nibble).is_none(), "the caller descends into a slot in use");
        let rank = self.rank(nibble);
        self.occupied |= 1 << nibble;
        self.children.reserve_exact(1);
        self.children.insert(rank, node);
        None
    }

    /// Takes out the leaf with `key`, if it hangs in this branch itself.
    pub(super) fn detach(&mut self, key: &[u8]) -> Option<Arc<Leaf>> {
        if nibbles::count(key) == self.depth {
            return self.entry.take();
        }
        let nibble = nibbles::at(key, self.depth);
        match self.child(nibble)? {
            Node::Leaf(leaf) => {
                let leaf = Arc::clone(leaf);
                self.children.remove(self.rank(nibble));
                self.occupied &= !(1 << nibble);
                Some(leaf)
            }
            Node::Branch(_) => None,
        }
    }

    /// If a single slot is left in use, what hangs in it: it takes the place of this branch.
    pub(super) fn take_only_slot(&mut self) -> Option<Node> {
        let mut only = match (self.children.len(), self.entry.is_some()) {
            (1, false) => self.children.pop(),
            (0, true) => self.entry.take().map(Node::Leaf),
            _ => None,
        }?;
        self.occupied = 0;
        only.restart(self.start);
        Some(only)
    }

    /// Whether its digest was computed.
    #[cfg(test)]
    pub(super) fn is_hashed(&self) -> bool {
        self.digest.get().is_some()
    }

    /// Its digest, computed on first use. Children first, on a stack of our own.
    pub(super) fn digest(&self) -> Digest {
        if let Some(digest) = self.digest.get() {
            return digest;
        }
        let mut buffer = Vec::new();
        let mut segment = Vec::new();
        let mut stack = Vec::from([(self, 0)]);
        let mut digest = Digest::ZERO;
        while let Some((branch, next)) = stack.pop() {
            let unhashed = branch.children[next..].iter().enumerate().find_map(|(skipped, child)| match child {
                Node::Branch(child) if child.digest.get().is_none() => Some((next + skipped + 1, child)),
                Node::Branch(_) | Node::Leaf(_) => None,
            });
            if let Some((next, child)) = unhashed {
                stack.push((branch, next));
                stack.push((child, 0));
            } else {
                digest = branch.combine(&mut segment, &mut buffer);
            }
        }
        digest
    }

    /// Computes the digest when those of the branches below are known.
    fn combine(&self, segment: &mut Vec<u8>, buffer: &mut Vec<u8>) -> Digest {
        let entry = self.entry.iter().map(|leaf| leaf.digest());
        let children = self.children.iter().map(|child| match child {
            Node::Leaf(leaf) => leaf.digest(),
            Node::Branch(branch) => branch.digest.get().expect("children are hashed before their parent"),
        });
        let digest = self.header(segment).digest(entry.chain(children), buffer);
        self.digest.set(digest);
        digest
    }

    /// What it commits to besides the digests below it. The segment is written into `segment`.
    pub(super) fn header<'a>(&self, segment: &'a mut Vec<u8>) -> BranchHeader<'a> {
        segment.clear();
        nibbles::write_segment(segment, &self.sample, self.start, self.depth);
        let (start, depth, has_entry, occupied) = (self.start, self.depth, self.entry.is_some(), self.occupied);
        BranchHeader { start, depth, segment, has_entry, occupied }
    }
}

/// Frees a subtree without recursing along its paths, which an attacker can make some thousand nodes long.
impl Drop for Branch {
    fn drop(&mut self) {
        let mut pending = Vec::new();
        self.release(&mut pending);
        while let Some(shared) = pending.pop() {
            if let Some(mut branch) = Arc::into_inner(shared) {
                branch.release(&mut pending);
            }
        }
    }
}

impl Branch {
    /// Drops the leaves and hands over the branches below.
    fn release(&mut self, pending: &mut Vec<Arc<Self>>) {
        pending.extend(self.children.drain(..).filter_map(|child| match child {
            Node::Leaf(_) => None,
            Node::Branch(branch) => Some(branch),
        }));
    }
}

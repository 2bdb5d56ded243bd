//! The map that is written to.
//!
//! A write descends once, copying only the branches that a snapshot or another clone shares. Shape and content are
//! one: after every write each branch on the path has at least two slots in use, and parts keys where they differ.

use super::hash;
use super::nibbles;
use super::node::{Branch, Leaf, Node};
use super::{MAX_KEY_BYTES, MAX_VALUE_BYTES, MapError, Range, Snapshot};
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use core::hash::{Hash, Hasher};
use synod_kernel::Digest;

/// A persistent, ordered, authenticated map from byte strings to byte strings.
///
/// `clone` costs O(1) and shares everything; writes to one clone are not seen by another. Equality and `Hash` go by
/// the root, hence by content.
#[derive(Clone, Default)]
pub struct MerkleMap {
    top: Option<Node>,
    len: usize,
}

impl MerkleMap {
    /// The empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries it holds.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Option<&Bytes> {
        let mut node = self.top.as_ref()?;
        loop {
            match node {
                Node::Leaf(leaf) => return (leaf.key() == key).then(|| leaf.value()),
                Node::Branch(branch) if nibbles::count(key) > branch.depth() => {
                    node = branch.child(nibbles::at(key, branch.depth()))?;
                }
                Node::Branch(branch) => {
                    return branch.entry().filter(|leaf| leaf.key() == key).map(|leaf| leaf.value());
                }
            }
        }
    }

    /// Whether `key` is present.
    pub fn contains_key(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    /// Sets the value of `key` and returns the one it had. Both are copied: the map never keeps alive the buffers
    /// they may be slices of.
    ///
    /// Refuses a key beyond [`MAX_KEY_BYTES`] and a value beyond [`MAX_VALUE_BYTES`], and then changes nothing.
    pub fn insert(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Bytes>, MapError> {
        check_key(key)?;
        if value.len() > MAX_VALUE_BYTES {
            return Err(MapError::ValueTooLong { bytes: value.len() });
        }
        let leaf = Arc::new(Leaf::new(key, value));
        let replaced = match &mut self.top {
            Some(top) => place(top, leaf),
            None => {
                self.top = Some(Node::Leaf(leaf));
                None
            }
        };
        self.len += usize::from(replaced.is_none());
        Ok(replaced.map(|leaf| leaf.value().clone()))
    }

    /// Removes `key` and returns the value it had. Copies and changes nothing if the key is absent.
    pub fn remove(&mut self, key: &[u8]) -> Option<Bytes> {
        let value = self.get(key)?.clone();
        match &mut self.top {
            Some(top @ Node::Branch(_)) => detach(top, key),
            Some(Node::Leaf(_)) | None => self.top = None,
        }
        self.len -= 1;
        Some(value)
    }

    /// The entries with `from <= key`, and `key < to` if there is an end, in key order. For a limit, `take` so many.
    pub fn range(&self, from: &[u8], to: Option<&[u8]>) -> Range<'_> {
        Range::new(self.top.as_ref(), from, to)
    }

    /// The entries whose keys begin with `prefix`, in key order.
    pub fn prefix(&self, prefix: &[u8]) -> Range<'_> {
        self.range(prefix, prefix_end(prefix).as_deref())
    }

    /// All entries, in key order.
    pub fn iter(&self) -> Range<'_> {
        self.range(&[], None)
    }

    /// The digest of the content. Hashes what changed since this was last asked, of this map or of one it shares
    /// nodes with.
    pub fn root(&self) -> Digest {
        hash::root_digest(self.entries(), self.top.as_ref().map(|top| top.as_ref().digest()).as_ref())
    }

    /// The content as it is now, in O(1): it shares every node, and is hashed when somebody asks for a digest. The map
    /// goes on.
    pub fn seal(&self) -> Snapshot {
        Snapshot::new(self.clone())
    }

    /// The digest of what hangs in the slot that begins where `path` ends, one nibble to an element; none if no slot
    /// in use begins there.
    pub(super) fn slot_digest(&self, path: &[u8]) -> Option<Digest> {
        let mut node = self.top.as_ref()?;
        let mut start = 0;
        while start < path.len() {
            let Node::Branch(branch) = node else { return None };
            node = branch.child(*path.get(branch.depth())?)?;
            start = branch.depth() + 1;
        }
        let (key, length) = node.as_ref().path();
        let is_there = start == path.len()
            && length >= start
            && path.iter().enumerate().all(|(position, nibble)| nibbles::at(key, position) == *nibble);
        is_there.then(|| node.as_ref().digest())
    }

    /// The topmost node.
    pub(super) fn top(&self) -> Option<&Node> {
        self.top.as_ref()
    }

    /// The number of entries, as it is hashed and encoded.
    pub(super) fn entries(&self) -> u64 {
        self.len as u64
    }
}

/// Refuses a key that no map holds.
pub(super) fn check_key(key: &[u8]) -> Result<(), MapError> {
    if key.len() > MAX_KEY_BYTES { Err(MapError::KeyTooLong { bytes: key.len() }) } else { Ok(()) }
}

/// Hangs `leaf` into the trie under `slot`, and returns the leaf it replaces.
fn place(mut slot: &mut Node, leaf: Arc<Leaf>) -> Option<Arc<Leaf>> {
    let key = leaf.key().clone();
    let mut start = 0;
    while let Some((depth, nibble)) = way_down(slot, &key) {
        start = depth + 1;
        slot = step_down(slot, nibble);
    }
    match slot {
        Node::Leaf(old) if *old.key() == key => return Some(core::mem::replace(old, leaf)),
        Node::Branch(branch) if branch.leads_to(&key) => return Branch::edit(branch).attach(Node::Leaf(leaf)),
        Node::Leaf(_) | Node::Branch(_) => {}
    }
    let (sample, length) = slot.as_ref().path();
    let depth = nibbles::common(sample, &key, start).min(length);
    let displaced = core::mem::replace(slot, Node::Leaf(Arc::clone(&leaf)));
    *slot = Node::Branch(Arc::new(Branch::fork(start, depth, displaced, leaf)));
    None
}

/// Takes out the leaf with `key`, which is somewhere below the branch `slot`.
fn detach(mut slot: &mut Node, key: &[u8]) {
    while let Some((_, nibble)) = way_down(slot, key) {
        if is_leaf_at(slot, nibble) {
            break;
        }
        slot = step_down(slot, nibble);
    }
    let Node::Branch(branch) = slot else { unreachable!("a leaf is never stepped onto") };
    let branch = Branch::edit(branch);
    branch.detach(key).expect("the key was found before anything was copied");
    if let Some(only) = branch.take_only_slot() {
        *slot = only;
    }
}

/// If `slot` is a branch with a child on the way to `key`: its depth, and the nibble that leads to the child.
fn way_down(slot: &Node, key: &[u8]) -> Option<(usize, u8)> {
    let Node::Branch(branch) = slot else { return None };
    if !branch.leads_to(key) || nibbles::count(key) == branch.depth() {
        return None;
    }
    let nibble = nibbles::at(key, branch.depth());
    branch.child(nibble).map(|_| (branch.depth(), nibble))
}

fn is_leaf_at(slot: &Node, nibble: u8) -> bool {
    matches!(slot, Node::Branch(branch) if matches!(branch.child(nibble), Some(Node::Leaf(_))))
}

/// The child that [`way_down`] found, to be changed.
fn step_down(slot: &mut Node, nibble: u8) -> &mut Node {
    let Node::Branch(branch) = slot else { unreachable!("only a branch has a way down") };
    Branch::edit(branch).child_mut(nibble).expect("the way down was found")
}

/// The least key beyond all keys that begin with `prefix`; none if there is no such key.
fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] += 1;
    Some(end)
}

impl PartialEq for MerkleMap {
    fn eq(&self, other: &Self) -> bool {
        self.root() == other.root()
    }
}

impl Eq for MerkleMap {}

impl Hash for MerkleMap {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.root().hash(state);
    }
}

impl fmt::Debug for MerkleMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MerkleMap {{ {} entries, root {} }}", self.len, self.root())
    }
}

#[cfg(test)]
mod tests;

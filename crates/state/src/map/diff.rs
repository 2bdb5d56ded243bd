//! The difference of two snapshots, found by digest.
//!
//! Both tries are walked in path order at once. Where the next nodes have equal digests, both are skipped. Otherwise
//! the one whose path comes first is opened, or, if it is a leaf, has no counterpart.

use super::nibbles;
use super::node::{Leaf, Node, NodeRef};
use alloc::vec::Vec;
use bytes::Bytes;
use core::cmp::Ordering;

/// The keys in which two snapshots differ; see [`Snapshot::diff`](super::Snapshot::diff).
#[derive(Clone, Debug)]
pub struct Diff<'a> {
    older: Cursor<'a>,
    newer: Cursor<'a>,
}

impl<'a> Diff<'a> {
    pub(super) fn new(older: Option<&'a Node>, newer: Option<&'a Node>) -> Self {
        Self { older: Cursor::new(older), newer: Cursor::new(newer) }
    }

    /// How many branches were opened so far, in both snapshots together: the cost of the comparison.
    pub fn opened(&self) -> usize {
        self.older.opened + self.newer.opened
    }
}

impl Iterator for Diff<'_> {
    /// A key, and its value in the newer snapshot if it has one there.
    type Item = (Bytes, Option<Bytes>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let order = match (self.older.peek(), self.newer.peek()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(older), Some(newer)) if older.digest() == newer.digest() => {
                    self.older.pending.pop();
                    self.newer.pending.pop();
                    continue;
                }
                (Some(older), Some(newer)) => nibbles::compare(older.path(), newer.path()),
            };
            match order {
                Ordering::Less => {
                    if let Some(gone) = self.older.take_leaf() {
                        return Some((gone.key().clone(), None));
                    }
                }
                Ordering::Greater => {
                    if let Some(new) = self.newer.take_leaf() {
                        return Some((new.key().clone(), Some(new.value().clone())));
                    }
                }
                Ordering::Equal => {
                    if let Some(changed) = take_changed(&mut self.older, &mut self.newer) {
                        return Some((changed.key().clone(), Some(changed.value().clone())));
                    }
                }
            }
        }
    }
}

/// At equal paths: opens the branches, or takes two leaves of one key, whose values then differ.
fn take_changed<'a>(older: &mut Cursor<'a>, newer: &mut Cursor<'a>) -> Option<&'a Leaf> {
    let leaves = matches!((older.peek(), newer.peek()), (Some(NodeRef::Leaf(_)), Some(NodeRef::Leaf(_))));
    if leaves {
        older.take_leaf();
        return newer.take_leaf();
    }
    older.open();
    newer.open();
    None
}

/// What is still to be compared of one trie.
#[derive(Clone, Debug)]
struct Cursor<'a> {
    /// The next node is the last. Holds at most 17 nodes for each node on a path.
    pending: Vec<NodeRef<'a>>,
    opened: usize,
}

impl<'a> Cursor<'a> {
    fn new(top: Option<&'a Node>) -> Self {
        Self { pending: top.map(Node::as_ref).into_iter().collect(), opened: 0 }
    }

    fn peek(&self) -> Option<NodeRef<'a>> {
        self.pending.last().copied()
    }

    /// Takes the next node if it is a leaf, and opens it if it is a branch.
    fn take_leaf(&mut self) -> Option<&'a Leaf> {
        match self.peek()? {
            NodeRef::Leaf(leaf) => {
                self.pending.pop();
                Some(leaf)
            }
            NodeRef::Branch(_) => {
                self.open();
                None
            }
        }
    }

    /// Replaces the next node, if it is a branch, by what hangs in it.
    fn open(&mut self) {
        if let Some(NodeRef::Branch(branch)) = self.peek() {
            self.pending.pop();
            self.pending.extend(branch.slots().rev());
            self.opened += 1;
        }
    }
}

#[cfg(test)]
mod tests;

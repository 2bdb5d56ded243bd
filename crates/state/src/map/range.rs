//! Walking over the entries in key order.

use super::nibbles;
use super::node::{Branch, Leaf, Node};
use alloc::vec::Vec;
use bytes::Bytes;
use core::cmp::Ordering;

/// The entries of a key range, in key order. Finding the first costs one descent, each further one O(1) amortised.
#[derive(Clone, Debug)]
pub struct Range<'a> {
    /// A leaf that comes before everything on the stack.
    first: Option<&'a Leaf>,
    /// The branches on the path, with the slot to visit next: 0 is the own entry, `i + 1` the child `i`.
    stack: Vec<(&'a Branch, usize)>,
    to: Option<Bytes>,
}

impl<'a> Range<'a> {
    pub(super) fn new(top: Option<&'a Node>, from: &[u8], to: Option<&[u8]>) -> Self {
        let mut range = Self { first: None, stack: Vec::new(), to: to.map(Bytes::copy_from_slice) };
        let mut node = top;
        while let Some(next) = node {
            node = range.seek(next, from);
        }
        range
    }

    /// Skips what lies before `from` in `node`, and returns the child that is still to be sought in.
    fn seek(&mut self, node: &'a Node, from: &[u8]) -> Option<&'a Node> {
        let branch = match node {
            Node::Leaf(leaf) => {
                self.first = (leaf.key().as_ref() >= from).then_some(&**leaf);
                return None;
            }
            Node::Branch(branch) => &**branch,
        };
        let depth = branch.depth();
        let reached = nibbles::count(from).min(depth);
        match nibbles::compare((branch.sample(), reached), (from, reached)) {
            Ordering::Less => None,
            Ordering::Equal if reached == depth && nibbles::count(from) > depth => {
                let nibble = nibbles::at(from, depth);
                let child = branch.child(nibble);
                self.stack.push((branch, branch.rank(nibble) + 1 + usize::from(child.is_some())));
                child
            }
            Ordering::Equal | Ordering::Greater => {
                self.stack.push((branch, 0));
                None
            }
        }
    }

    fn advance(&mut self) -> Option<&'a Leaf> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        while let Some((branch, slot)) = self.stack.last_mut() {
            let (branch, visited) = (*branch, *slot);
            *slot += 1;
            if visited == 0 {
                if let Some(leaf) = branch.entry() {
                    return Some(leaf);
                }
                continue;
            }
            match branch.children().get(visited - 1) {
                Some(Node::Leaf(leaf)) => return Some(leaf),
                Some(Node::Branch(child)) => self.stack.push((child, 0)),
                None => {
                    self.stack.pop();
                }
            }
        }
        None
    }
}

impl<'a> Iterator for Range<'a> {
    type Item = (&'a Bytes, &'a Bytes);

    fn next(&mut self) -> Option<Self::Item> {
        let leaf = self.advance()?;
        if self.to.as_ref().is_some_and(|to| leaf.key() >= to) {
            self.stack.clear();
            return None;
        }
        Some((leaf.key(), leaf.value()))
    }
}

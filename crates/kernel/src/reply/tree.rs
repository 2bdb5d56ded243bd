//! The hash tree over answers that are signed together.
//!
//! Digests are paired level by level; one that is left over at the end of a level goes up as it is. Which digests are
//! paired depends on the number of answers alone, so a path from an index has one length and one order of sides.

use super::Answer;
use crate::codec::Encode;
use crate::digest::{Digest, Hasher};
use alloc::vec::Vec;
use core::iter;

/// Where the other digest of a pair stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

fn leaf(answer: &Answer) -> Digest {
    Digest::of("synod answer v1", &answer.to_bytes())
}

fn pair(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Hasher::new("synod answers v1");
    hasher.update(left.as_bytes()).update(right.as_bytes());
    hasher.finish()
}

/// The sides on which the path from `index` of `count` stands, from the leaf up. At most ceil(log2 `count`).
///
/// # Panics
/// If the index is not below the count: whoever reads the two compares them.
pub(super) fn siblings(index: usize, count: usize) -> impl Iterator<Item = Side> {
    assert!(index < count, "an answer that is not in the tree");
    let levels = iter::successors(Some((index, count - 1)), |&(index, last)| Some((index / 2, last / 2)));
    levels.take_while(|&(_, last)| last > 0).filter_map(|(index, last)| match index % 2 {
        1 => Some(Side::Left),
        _ if index < last => Some(Side::Right),
        _ => None,
    })
}

/// The root of the tree of `count` answers in which `answer` stands at `index` and the path is this.
///
/// # Panics
/// If the index is not below the count.
pub(super) fn root(answer: &Answer, index: usize, count: usize, path: &[Digest]) -> Digest {
    siblings(index, count).zip(path).fold(leaf(answer), |digest, (side, sibling)| match side {
        Side::Left => pair(sibling, &digest),
        Side::Right => pair(&digest, sibling),
    })
}

/// All digests of a tree.
pub(super) struct Tree {
    /// From the leaves up to the root, which is alone.
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// The tree over at least one answer.
    pub(super) fn new<'a>(answers: impl Iterator<Item = &'a Answer>) -> Self {
        let mut level: Vec<Digest> = answers.map(leaf).collect();
        assert!(!level.is_empty(), "a tree of nothing has no root");
        let mut levels = Vec::new();
        while level.len() > 1 {
            let above = level.chunks(2).map(|two| match two {
                [left, right] => pair(left, right),
                alone => alone[0],
            });
            let above = above.collect();
            levels.push(core::mem::replace(&mut level, above));
        }
        levels.push(level);
        Self { levels }
    }

    /// What stands at the top.
    pub(super) fn root(&self) -> Digest {
        self.levels[self.levels.len() - 1][0]
    }

    /// What leads there from the answer at `index`.
    pub(super) fn path(&self, index: usize) -> Vec<Digest> {
        let sibling = |(height, level): (usize, &Vec<Digest>)| level.get((index >> height) ^ 1).copied();
        self.levels.iter().enumerate().filter_map(sibling).collect()
    }
}

#[cfg(test)]
mod tests;

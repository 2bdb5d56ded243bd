//! Partitions of the nodes of a scenario, each written in one way only, and how renaming nodes changes them.

/// Nodes of a scenario, at most: honest replicas, and both copies of every twin.
pub const NODES_MAX: usize = 10;

/// Who is in which block. Blocks are numbered in the order of their first nodes, so that a partition, whose blocks have
/// no names, has one way to be written. Partitions are ordered as they are written; the first leaves all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Partition([u8; NODES_MAX]);

/// A permutation of the nodes: which node each becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Renaming([u8; NODES_MAX]);

impl Partition {
    /// All partitions of so many nodes into at most so many blocks, in order.
    ///
    /// # Panics
    /// If there are more nodes than [`NODES_MAX`].
    pub(super) fn all(nodes: usize, blocks: usize) -> Vec<Self> {
        assert!(nodes <= NODES_MAX, "a family checks how many nodes it has");
        let mut all = vec![(Self([0; NODES_MAX]), 0_u8)];
        for node in 0..nodes {
            let longer = all.into_iter().flat_map(|(partition, used)| {
                let open = usize::from(used).saturating_add(1).min(blocks);
                (0_u8..).take(open).map(move |block| {
                    let mut longer = partition;
                    longer.0[node] = block;
                    (longer, used.max(block + 1))
                })
            });
            all = longer.collect();
        }
        all.into_iter().map(|(partition, _)| partition).collect()
    }

    /// The block of a node.
    pub(super) fn block(&self, node: usize) -> usize {
        usize::from(self.0[node])
    }

    /// The same partition once its nodes have other names.
    pub(super) fn renamed(&self, renaming: &Renaming, nodes: usize) -> Self {
        let mut placed = [0_u8; NODES_MAX];
        for node in 0..nodes {
            placed[usize::from(renaming.0[node])] = self.0[node];
        }
        let (mut number, mut used) = ([u8::MAX; NODES_MAX], 0_u8);
        let mut written = [0_u8; NODES_MAX];
        for (place, block) in written.iter_mut().zip(placed).take(nodes) {
            let number = &mut number[usize::from(block)];
            if *number == u8::MAX {
                (*number, used) = (used, used + 1);
            }
            *place = *number;
        }
        Self(written)
    }
}

impl Renaming {
    /// Everybody keeps their name.
    pub(super) fn identity() -> Self {
        let mut names = [0; NODES_MAX];
        names.iter_mut().zip(0_u8..).for_each(|(name, own)| *name = own);
        Self(names)
    }

    /// The renaming that is this one, except that each of `from` becomes what stands in its place in `to`.
    ///
    /// # Panics
    /// If a node is not below [`NODES_MAX`].
    pub(super) fn with(mut self, from: &[usize], to: &[usize]) -> Self {
        for (&one, &other) in from.iter().zip(to) {
            self.0[one] = u8::try_from(other).expect("a node is below NODES_MAX");
        }
        self
    }

    /// The renaming that is this one, and then exchanges two names.
    pub(super) fn swapped(mut self, one: usize, other: usize) -> Self {
        for name in &mut self.0 {
            if usize::from(*name) == one {
                *name = u8::try_from(other).expect("a node is below NODES_MAX");
            } else if usize::from(*name) == other {
                *name = u8::try_from(one).expect("a node is below NODES_MAX");
            }
        }
        self
    }
}

/// All orders of some things.
pub(super) fn permutations(things: &[usize]) -> Vec<Vec<usize>> {
    let Some((&first, rest)) = things.split_first() else { return vec![Vec::new()] };
    let insert = |order: Vec<usize>| {
        (0..=order.len()).map(move |place| {
            let mut longer = order.clone();
            longer.insert(place, first);
            longer
        })
    };
    permutations(rest).into_iter().flat_map(insert).collect()
}

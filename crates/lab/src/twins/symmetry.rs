//! Scenarios of one choice of twins, up to symmetry: how many there are, and which has which number.
//!
//! A group of renamings acts on sequences of partitions, one for each round, by renaming all of a sequence alike. The
//! representative of an orbit is made round by round: the partition of a round is the least of its orbit under those
//! renamings that leave all earlier rounds as they are. Two such sequences of one orbit agree in the first round, which
//! is the least of its orbit, hence are renamed into each other by what leaves that alone, and so on: each orbit has
//! exactly one. How many there are, Burnside's lemma says: on average a renaming leaves so many sequences as they are.

use super::partition::{Partition, Renaming, permutations};

/// Renamings times partitions that are gone through, at most.
const WORK_MAX: usize = 32 << 20;

/// The nodes of a choice of twins: honest replicas in order, then both copies of each twin.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    /// Whether each honest replica may be renamed, in order.
    pub(super) honest: Vec<bool>,
    /// Whether each replica with a twin may be.
    pub(super) twins: Vec<bool>,
}

/// What may be renamed among the nodes of one choice of twins, and the partitions that it acts on.
#[derive(Clone, Debug)]
pub(super) struct Symmetry {
    nodes: usize,
    renamings: Vec<Renaming>,
    partitions: Vec<Partition>,
    /// How many partitions each renaming leaves as they are.
    fixed: Vec<u64>,
    /// The orbits of the first round.
    first: Vec<Orbit>,
}

/// Partitions that are renamed into each other.
#[derive(Clone, Debug)]
struct Orbit {
    least: Partition,
    /// The renamings that leave it as it is.
    stabilizer: Vec<usize>,
}

impl Nodes {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.honest.len() + 2 * self.twins.len()
    }

    fn copies(&self, twin: usize) -> [usize; 2] {
        [0, 1].map(|copy| self.honest.len() + 2 * twin + copy)
    }

    /// Everything that may be renamed: free honest replicas among themselves, free twins, and the copies of each.
    fn renamings(&self) -> Vec<Renaming> {
        let free = |may: &[bool]| -> Vec<usize> { (0..may.len()).filter(|&which| may[which]).collect() };
        let (honest, twins) = (free(&self.honest), free(&self.twins));
        let mut renamings = vec![Renaming::identity()];
        renamings = permutations(&honest).iter().flat_map(|to| with(&renamings, &honest, to)).collect();
        let pairs = |twins: &[usize]| -> Vec<usize> { twins.iter().flat_map(|&twin| self.copies(twin)).collect() };
        renamings = permutations(&twins).iter().flat_map(|to| with(&renamings, &pairs(&twins), &pairs(to))).collect();
        for twin in 0..self.twins.len() {
            let [one, other] = self.copies(twin);
            let swapped: Vec<Renaming> = renamings.iter().map(|renaming| renaming.swapped(one, other)).collect();
            renamings.extend(swapped);
        }
        renamings
    }
}

fn with(renamings: &[Renaming], from: &[usize], to: &[usize]) -> Vec<Renaming> {
    renamings.iter().map(|renaming| renaming.with(from, to)).collect()
}

impl Symmetry {
    /// What acts on the partitions of these nodes into at most so many blocks, unless that is too much to go through.
    pub(super) fn new(nodes: &Nodes, blocks: usize) -> Option<Self> {
        let partitions = Partition::all(nodes.len(), blocks);
        let renamings = nodes.renamings();
        if renamings.len().saturating_mul(partitions.len()) > WORK_MAX {
            return None;
        }
        let nodes = nodes.len();
        let fixed = |renaming: &Renaming| {
            partitions.iter().filter(|partition| partition.renamed(renaming, nodes) == **partition).count() as u64
        };
        let fixed = renamings.iter().map(fixed).collect();
        let mut symmetry = Self { nodes, renamings, partitions, fixed, first: Vec::new() };
        let all: Vec<usize> = (0..symmetry.renamings.len()).collect();
        symmetry.first = symmetry.orbits(&all);
        Some(symmetry)
    }

    /// How many sequences of so many partitions there are, all told apart.
    pub(super) fn before(&self, rounds: u32) -> Option<u64> {
        (self.partitions.len() as u64).checked_pow(rounds)
    }

    /// How many there are up to symmetry.
    pub(super) fn after(&self, rounds: u32) -> Option<u64> {
        let all: Vec<usize> = (0..self.renamings.len()).collect();
        self.count(&all, rounds)
    }

    /// How many there are up to some of the renamings.
    fn count(&self, group: &[usize], rounds: u32) -> Option<u64> {
        let fixed = group.iter().map(|&renaming| u128::from(self.fixed[renaming]).checked_pow(rounds));
        let sum = fixed.into_iter().try_fold(0_u128, |sum, fixed| sum.checked_add(fixed?))?;
        u64::try_from(sum / group.len() as u128).ok()
    }

    /// The orbits of partitions under some of the renamings, in order.
    fn orbits(&self, group: &[usize]) -> Vec<Orbit> {
        let orbit = |partition: &Partition| {
            let mut stabilizer = Vec::new();
            for &renaming in group {
                let renamed = partition.renamed(&self.renamings[renaming], self.nodes);
                if renamed < *partition {
                    return None;
                }
                if renamed == *partition {
                    stabilizer.push(renaming);
                }
            }
            Some(Orbit { least: *partition, stabilizer })
        };
        self.partitions.iter().filter_map(orbit).collect()
    }

    /// The sequence with this number among the representatives, if there are so many.
    pub(super) fn sequence(&self, mut number: u64, rounds: u32) -> Option<Vec<Partition>> {
        let mut sequence = Vec::new();
        let mut group: Vec<usize> = Vec::new();
        for left in (0..rounds).rev() {
            let later;
            let orbits = if sequence.is_empty() {
                &self.first
            } else {
                later = self.orbits(&group);
                &later
            };
            let mut found = None;
            for orbit in orbits {
                let inside = self.count(&orbit.stabilizer, left)?;
                if number < inside {
                    found = Some(orbit);
                    break;
                }
                number -= inside;
            }
            let orbit = found?;
            sequence.push(orbit.least);
            group = orbit.stabilizer.clone();
        }
        (number == 0).then_some(sequence)
    }
}

//! A bounded family of scenarios, numbered from 0.

use super::partition::{NODES_MAX, Partition};
use super::symmetry::{Nodes, Symmetry};
use std::collections::BTreeSet;
use std::fmt;
use synod_kernel::{Membership, ReplicaId, View};

/// Rounds of a scenario, at most.
pub const ROUNDS_MAX: u32 = 20;

/// Which scenarios are gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The replicas.
    pub membership: Membership,
    /// How many of them have a twin.
    pub twins: u16,
    /// How many rounds there are.
    pub rounds: u32,
    /// Into how many blocks the nodes are parted in each of them, at most.
    pub blocks: usize,
    /// Replicas that lead one of the first so many views are told apart.
    pub views: u64,
}

/// All scenarios within bounds, up to symmetry.
#[derive(Clone, Debug)]
pub struct Family {
    bounds: Bounds,
    choices: Vec<Choice>,
    before: u64,
    len: u64,
}

/// One choice of who has twins, up to symmetry.
#[derive(Clone, Debug)]
struct Choice {
    twins: Vec<ReplicaId>,
    symmetry: Symmetry,
    len: u64,
}

/// Who has a twin, and who is with whom in each round.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scenario {
    /// The replicas with a twin, in order.
    pub twins: Vec<ReplicaId>,
    nodes: usize,
    rounds: Vec<Partition>,
}

/// Why a family cannot be gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyError {
    /// Nobody has a twin, or more than there are replicas.
    Twins,
    /// There is no round, or there are too many.
    Rounds,
    /// One block is no partition, and no more than the nodes are of use.
    Blocks,
    /// Too many nodes.
    Nodes(usize),
    /// So many scenarios, or so much symmetry, that they cannot be counted.
    TooLarge,
}

impl fmt::Display for FamilyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twins => write!(f, "at least one replica has a twin, and at most all have"),
            Self::Rounds => write!(f, "there are between 1 and {ROUNDS_MAX} rounds"),
            Self::Blocks => write!(f, "there are between 2 and {NODES_MAX} blocks"),
            Self::Nodes(nodes) => write!(
                f,
                "replicas and their twins are {nodes} together, and scenarios of at most {NODES_MAX} can be numbered"
            ),
            Self::TooLarge => {
                write!(
                    f,
                    "there are too many scenarios to be numbered; take fewer rounds or blocks, or tell more apart"
                )
            }
        }
    }
}

impl std::error::Error for FamilyError {}

impl Family {
    /// Counts and numbers the scenarios within these bounds.
    ///
    /// # Errors
    /// If there are none, or too many to be numbered.
    pub fn new(bounds: Bounds) -> Result<Self, FamilyError> {
        let Bounds { membership, twins, rounds, blocks, .. } = bounds;
        let replicas = usize::from(membership.size());
        let nodes = replicas + usize::from(twins);
        if twins == 0 || usize::from(twins) > replicas {
            return Err(FamilyError::Twins);
        }
        if !(1..=ROUNDS_MAX).contains(&rounds) {
            return Err(FamilyError::Rounds);
        }
        if !(2..=NODES_MAX).contains(&blocks) {
            return Err(FamilyError::Blocks);
        }
        if nodes > NODES_MAX {
            return Err(FamilyError::Nodes(nodes));
        }
        let leads = bounds.leads();
        let mut family = Self { bounds, choices: Vec::new(), before: 0, len: 0 };
        for (chosen, ways) in choose_twins(membership, usize::from(twins), &leads) {
            let symmetry = family.symmetry(&chosen, &leads)?;
            let add = |sum: u64, more: Option<u64>| sum.checked_add(more?);
            let len = symmetry.after(rounds).ok_or(FamilyError::TooLarge)?;
            let before = symmetry.before(rounds).and_then(|before| before.checked_mul(ways));
            family.before = add(family.before, before).ok_or(FamilyError::TooLarge)?;
            family.len = add(family.len, Some(len)).ok_or(FamilyError::TooLarge)?;
            family.choices.push(Choice { twins: chosen, symmetry, len });
        }
        Ok(family)
    }

    fn symmetry(&self, twins: &[ReplicaId], leads: &BTreeSet<ReplicaId>) -> Result<Symmetry, FamilyError> {
        let honest = self.bounds.membership.replicas().filter(|id| !twins.contains(id));
        let nodes = Nodes {
            honest: honest.map(|id| !leads.contains(&id)).collect(),
            twins: twins.iter().map(|id| !leads.contains(id)).collect(),
        };
        Symmetry::new(&nodes, self.bounds.blocks).ok_or(FamilyError::TooLarge)
    }

    /// Within which bounds.
    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// How many scenarios there are if all replicas and all copies are told apart.
    pub const fn before_symmetry(&self) -> u64 {
        self.before
    }

    /// How many there are up to symmetry.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Never: there is always the scenario in which nobody is parted.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The scenario with this number, if there are so many.
    pub fn scenario(&self, mut number: u64) -> Option<Scenario> {
        for Choice { twins, symmetry, len } in &self.choices {
            if number < *len {
                let rounds = symmetry.sequence(number, self.bounds.rounds)?;
                let nodes = usize::from(self.bounds.membership.size()) + twins.len();
                return Some(Scenario { twins: twins.clone(), nodes, rounds });
            }
            number -= len;
        }
        None
    }
}

impl Bounds {
    /// Who leads one of the views in which replicas are told apart.
    fn leads(&self) -> BTreeSet<ReplicaId> {
        let views = self.views.min(self.membership.size().into());
        (0..views).map(|view| self.membership.primary(View::new(view))).collect()
    }
}

impl Scenario {
    /// The block of every node in every round, in the order in which a world asks for them: honest replicas by their
    /// numbers, then the two copies of each twin.
    pub fn blocks(&self) -> impl Iterator<Item = usize> {
        self.rounds.iter().flat_map(|partition| (0..self.nodes).map(|node| partition.block(node)))
    }
}

/// Who can have twins, up to symmetry, and in how many ways each choice is meant: of those who lead nothing, the first.
fn choose_twins(membership: Membership, twins: usize, leads: &BTreeSet<ReplicaId>) -> Vec<(Vec<ReplicaId>, u64)> {
    let others: Vec<ReplicaId> = membership.replicas().filter(|id| !leads.contains(id)).collect();
    let mut choices = Vec::new();
    for chosen in subsets(&leads.iter().copied().collect::<Vec<_>>()) {
        let Some(more) = twins.checked_sub(chosen.len()).filter(|more| *more <= others.len()) else { continue };
        let ways = subsets(&others).into_iter().filter(|subset| subset.len() == more).count() as u64;
        let mut all: Vec<ReplicaId> = chosen.into_iter().chain(others[..more].iter().copied()).collect();
        all.sort_unstable();
        choices.push((all, ways));
    }
    choices.sort_unstable();
    choices
}

/// All subsets, of at most [`NODES_MAX`] things.
fn subsets(things: &[ReplicaId]) -> Vec<Vec<ReplicaId>> {
    let subset = |bits: u32| {
        let inside = |place: &(usize, &ReplicaId)| bits & (1 << place.0) != 0;
        things.iter().enumerate().filter(inside).map(|(_, id)| *id).collect()
    };
    (0..1 << things.len()).map(subset).collect()
}

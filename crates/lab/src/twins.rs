//! Twins, gone through one by one: every scenario of a bounded family, up to symmetry. [TWINS-21]
//!
//! A scenario says which replicas have a twin, and into which blocks all nodes are parted in each of some rounds. A
//! replica with a twin is two honest copies with one key, which are two nodes: the attack `twins`. In a round a node
//! reaches those of its block and nobody else, except that clients reach everybody. A round is a stretch of virtual
//! time, because the world that parts its network knows no views. It is several times as long as the patience of a
//! replica in its first view, so that views change in it wherever a block can do so, and more than one may, which a
//! round that ended with a view would not let happen. After the last round the network is whole, and everything has to
//! be finished in time. Who leads is the protocol's affair: the primary of a view is known, so which replica has the
//! twin decides which views are led by two.
//!
//! Blocks are answers to named questions of the same world, attack and judges that campaigns have; a [`Plan`] gives
//! those of a scenario, and a seed, which is the scenario's number, answers all others: delays, and which copy hears
//! what a client says. So a scenario is recorded, replayed and shrunk as any run is.
//!
//! # Symmetry
//!
//! Scenarios are the same for us if one becomes the other by renaming nodes in all rounds alike, where
//!
//! * the two copies of a twin may exchange their names. They are clones that take the same first input, under one
//!   key, and nobody addresses one of them: what a message says and who hears it does not depend on which is called
//!   first.
//! * replicas that lead none of the first views, a number that is a bound of the family, may exchange theirs,
//!   together with their twins if they have any. In these views the protocol tells its members apart by who leads.
//!
//! Blocks have no names at all. A renaming that keeps the leaders of all views that a run comes to turns each run of
//! one scenario into a run of the other: steps and judges treat what was renamed as they treated what it was. So if
//! any answers to the other questions break a rule in one scenario, the renamed answers break it in the other. Of the
//! scenarios that are renamed into each other one is run, with the answers of one seed, which are a sample in both.
//!
//! What that leaves out: a run that comes to later views than those in which replicas are told apart is not renamed
//! into a run, and where the program prefers one of equals by its number (whom it asks first for what it misses, which
//! copy is first given an input that both hear), the renamed run prefers another. There a scenario that is not run may
//! have runs that the one in its place has not. What is reported as broken is broken in a run that took place.

mod family;
mod partition;
mod symmetry;

pub use family::{Bounds, Family, FamilyError, ROUNDS_MAX, Scenario};
pub use partition::NODES_MAX;

use crate::attack::Attack;
use crate::campaign::{Next, Series, Shard, run_all};
use crate::protocol::Protocol;
use crate::setup::{Setup, Sizes};
use crate::summary::{Subject, Summary};
use crate::trial::{Enough, Trial, run_twice};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use std::num::NonZero;
use synod_kernel::adversary::Parting;
use synod_kernel::chooser::{Chooser, Seeded};
use synod_kernel::descriptor::Parameters;
use synod_protocols::pbft::HISTORY_BYTES;
use synod_sim::options::{Faults, Load, MILLISECOND, Network, Rounds, SECOND, Speed};
use synod_sim::{Count, Options};

/// The attack of every scenario.
const ATTACK: &str = "twins";
/// Rounds, if nobody says.
pub const ROUNDS: u32 = 3;
/// How long a round lasts, in microseconds.
pub const ROUND: u64 = 60 * MILLISECOND;
/// How long replicas are patient in their first view, in milliseconds.
const VIEW_TIMEOUT_MS: u32 = 20;
/// Clients, and requests of each: so many that each round has some, and that a checkpoint is taken.
const CLIENTS: usize = 2;
const REQUESTS: u64 = 6;
/// What keeps the draw of the order apart from other draws of a seed.
const ORDER: u64 = 0x7A15_0DE5_0F5E_ED00;
/// What has to happen in a family. Nobody crashes in it, and no message is lost but for partitions.
const HAPPENS: [Count; 8] = [
    Count::Runs,
    Count::Operations,
    Count::Batches,
    Count::ViewChanges,
    Count::Checkpoints,
    Count::Messages,
    Count::Cut,
    Count::Partitions,
];

/// Scenarios of a family, or a part of them, to be run.
#[derive(Clone, Debug)]
pub struct Enumeration {
    /// What is on trial.
    pub protocol: Protocol,
    /// All scenarios.
    pub family: Family,
    /// In which order they are run.
    pub order: Order,
    /// How many are passed over at the beginning of that order.
    pub first: u64,
    /// How many are run in all shards together, at most.
    pub most: Option<u64>,
    /// Which of them are ours: those whose place in the order leaves the shard's number.
    pub shard: Shard,
}

/// In which order scenarios are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// That of their numbers.
    Numbers,
    /// One that this seed draws, so that the first are spread over the family. None is run twice.
    Shuffled(u64),
}

/// What a summary says of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilySubject {
    /// How many rounds a scenario has.
    pub rounds: u32,
    /// How many blocks a partition has, at most.
    pub blocks: usize,
    /// In how many views replicas are told apart by whether they lead.
    pub views: u64,
    /// Scenarios if all nodes are told apart.
    pub before_symmetry: u64,
    /// Scenarios up to symmetry.
    pub scenarios: u64,
    /// What the order was drawn from, if it is not that of the numbers.
    pub sample: Option<u64>,
}

/// Answers where everybody is as a scenario has it, and everything else as a seed does.
#[derive(Clone, Debug)]
pub struct Plan {
    blocks: VecDeque<usize>,
    others: Seeded,
}

impl Plan {
    /// The answers of a scenario and a seed.
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        Self { blocks: scenario.blocks().collect(), others: Seeded::new(seed) }
    }
}

impl Chooser for Plan {
    fn choose(&mut self, question: &'static str, options: usize) -> usize {
        if question != Parting::QUESTION {
            return self.others.choose(question, options);
        }
        let block = self.blocks.pop_front().unwrap_or(0);
        assert!(block < options, "a scenario has as many blocks as the world that is asked for");
        block
    }
}

impl Enumeration {
    /// Which scenario is run at this place.
    fn at(&self, place: u64) -> u64 {
        let all = u128::from(self.family.len());
        let (step, start) = match self.order {
            Order::Numbers => (1, 0),
            Order::Shuffled(seed) => {
                let choose = &mut Seeded::new(seed ^ ORDER);
                let mut draw = || choose.choose("order", usize::MAX) as u128 % all;
                let start = draw();
                // Whatever has no divisor in common with their number meets each of them once.
                let step = std::iter::from_fn(|| Some(draw())).find(|step| divisor(*step, all) == 1);
                (step.unwrap_or(1), start)
            }
        };
        u64::try_from((start + u128::from(place) * step) % all).expect("below the number of scenarios")
    }

    /// How many are run in all shards together.
    pub fn total(&self) -> u64 {
        let left = self.family.len().saturating_sub(self.first);
        self.most.map_or(left, |most| most.min(left))
    }

    /// Runs the scenarios on so many threads; see [`Campaign::run`](crate::Campaign::run).
    pub fn run(&self, jobs: NonZero<usize>, hear: impl FnMut(&Trial, &Summary) -> Next + Send) -> Summary {
        run_all(self, jobs, hear)
    }

    /// The scenario of a number that the family has.
    fn scenario(&self, number: u64) -> Scenario {
        self.family.scenario(number).expect("only scenarios of the family are run")
    }
}

impl Series for Enumeration {
    type Chooser = Plan;

    fn number(&self, position: u64) -> Option<u64> {
        let place = position.checked_mul(self.shard.of())?.checked_add(self.shard.index())?;
        (place < self.total()).then(|| self.at(self.first + place))
    }

    fn len(&self) -> Option<u64> {
        Some(self.total().saturating_sub(self.shard.index()).div_ceil(self.shard.of()))
    }

    fn setup(&self, number: u64) -> Setup {
        let Bounds { membership, rounds, blocks, .. } = *self.family.bounds();
        let rounds = Rounds { count: rounds.into(), length: ROUND, blocks };
        let attack = Attack::named(ATTACK, self.protocol).expect("copies are made of any protocol");
        let corrupt = self.scenario(number).twins;
        let is_beyond = corrupt.len() > usize::from(membership.tolerated());
        let options = Options {
            seed: number,
            membership,
            corrupt,
            frail: Vec::new(),
            load: load(&rounds),
            network: Network::calm(),
            faults: Faults::none(),
            speed: Speed { sync_max: 100, task_max: 20, save_max: 20, skew_ppm: 0 },
            heal_at: rounds.count * rounds.length,
            // With too many twins nothing is owed, so there is nothing to wait for.
            budget: if is_beyond { SECOND } else { 60 * SECOND },
            nudge_every: 2 * SECOND,
            wire: true,
            audit_every: 16,
            rehearse_every: 0,
            repeat_steps: true,
            outsiders: false,
            restless: false,
            rounds,
        };
        Setup { protocol: self.protocol, attack, sizes: sizes(), options }
    }

    fn chooser(&self, number: u64) -> Plan {
        Plan::new(&self.scenario(number), number)
    }

    fn run_one(&self, number: u64) -> Trial {
        let enough = Enough { operations: CLIENTS as u64 * REQUESTS, checkpoints: 1 };
        run_twice(&self.setup(number), enough, || self.chooser(number))
    }

    fn summary(&self) -> Summary {
        let Bounds { membership, twins, rounds, blocks, views } = *self.family.bounds();
        let family = FamilySubject {
            rounds,
            blocks,
            views,
            before_symmetry: self.family.before_symmetry(),
            scenarios: self.family.len(),
            sample: match self.order {
                Order::Numbers => None,
                Order::Shuffled(seed) => Some(seed),
            },
        };
        let subject = Subject {
            attack: ATTACK.to_owned(),
            corrupt: twins,
            beyond_f: twins > membership.tolerated(),
            first: self.first,
            family: Some(family),
            ..Subject::of(self.protocol, membership)
        };
        let never: BTreeSet<Count> = Count::ALL.iter().copied().filter(|count| !HAPPENS.contains(count)).collect();
        Summary::of(subject, self.shard, never)
    }
}

/// Two clients that ask now and then in every round.
fn load(rounds: &Rounds) -> Load {
    Load {
        clients: CLIENTS,
        requests: REQUESTS,
        operations_max: 2,
        outstanding: 2,
        pause_max: 2 * rounds.count * rounds.length / REQUESTS,
        broadcast: 1000,
        widen: 20 * MILLISECOND,
        deadline: 30 * SECOND,
    }
}

/// Small enough for checkpoints, large enough for the copies of a replica to remember a whole run.
fn sizes() -> Sizes {
    let parameters = Parameters {
        checkpoint_interval: 2,
        window: 8,
        pipeline: 2,
        batch_bytes: 1 << 11,
        view_timeout_ms: VIEW_TIMEOUT_MS,
        status_interval_ms: 10,
    };
    Sizes { parameters, history_bytes: HISTORY_BYTES }
}

/// The greatest common divisor.
fn divisor(one: u128, other: u128) -> u128 {
    if other == 0 { one } else { divisor(other, one % other) }
}

#[cfg(test)]
mod tests;

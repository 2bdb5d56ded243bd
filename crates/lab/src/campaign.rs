//! Many seeds on all cores. A seed is its own world, so what a campaign comes to does not depend on who ran what when.

use crate::attack::{Assault, MustAttack};
use crate::protocol::Protocol;
use crate::setup::Setup;
use crate::summary::Summary;
use crate::trial::{Trial, run_seed};
use std::fmt;
use std::num::NonZero;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use synod_kernel::Membership;
use synod_kernel::chooser::{Chooser, Seeded};
use synod_sim::panics;

/// What is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// What is on trial.
    pub protocol: Protocol,
    /// How many replicas there are, and how many may lie.
    pub membership: Membership,
    /// The attacks.
    pub assault: Assault,
    /// How many replicas an attacker owns; more than are tolerated to see what breaks then.
    pub corrupt: u16,
    /// The first seed.
    pub first: u64,
    /// How many seeds in all shards together; without a number until somebody stops it.
    pub seeds: Option<u64>,
    /// Which of them are ours.
    pub shard: Shard,
}

/// One part of a campaign: seed s belongs to shard s mod `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    of: u64,
}

impl Shard {
    /// All of a campaign.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// The part with this number, from 0, if there are so many.
    pub const fn new(index: u64, of: u64) -> Option<Self> {
        if index < of { Some(Self { index, of }) } else { None }
    }

    /// Its number.
    pub const fn index(self) -> u64 {
        self.index
    }

    /// How many there are.
    pub const fn of(self) -> u64 {
        self.of
    }
}

/// A shard is not written like `0/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadShard;

impl fmt::Display for BadShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "write I/N, like 0/4 for the first of four shards; I is below N")
    }
}

impl std::error::Error for BadShard {}

impl FromStr for Shard {
    type Err = BadShard;

    fn from_str(text: &str) -> Result<Self, BadShard> {
        let (index, of) = text.split_once('/').ok_or(BadShard)?;
        let [index, of] = [index, of].map(|number| number.parse::<u64>().map_err(|_| BadShard));
        Self::new(index?, of?).ok_or(BadShard)
    }
}

/// Whether a campaign goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// With the next seed.
    GoOn,
    /// No further: seeds that are under way are finished, others are not begun.
    Stop,
}

impl Campaign {
    /// Whether it is there to see what breaks when there are too many liars.
    pub fn is_beyond(&self) -> bool {
        self.corrupt > self.membership.tolerated()
    }

    /// The run of a seed.
    pub fn setup(&self, seed: u64) -> Setup {
        let must_attack = if self.is_beyond() { MustAttack::Yes } else { MustAttack::No };
        let attack = self.assault.of(seed, self.protocol, must_attack);
        Setup::draw(self.protocol, self.membership, attack, self.corrupt, seed)
    }

    /// Our `number`-th seed, if there is one.
    fn seed(&self, number: u64) -> Option<u64> {
        let Shard { index, of } = self.shard;
        let skipped = (index + of - self.first % of) % of;
        let offset = number.checked_mul(of)?.checked_add(skipped)?;
        if self.seeds.is_some_and(|seeds| offset >= seeds) { None } else { self.first.checked_add(offset) }
    }

    /// How many seeds are ours, if that is bounded.
    pub fn len(&self) -> Option<u64> {
        let Shard { index, of } = self.shard;
        let skipped = (index + of - self.first % of) % of;
        self.seeds.map(|seeds| seeds.saturating_sub(skipped).div_ceil(of))
    }

    /// Whether no seed is ours.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Runs the seeds on so many threads. `hear` is told of each trial and of the sums so far, from any thread, one at
    /// a time, in no particular order. A defect of the tester ends the campaign, too.
    pub fn run(&self, jobs: NonZero<usize>, hear: impl FnMut(&Trial, &Summary) -> Next + Send) -> Summary {
        run_all(self, jobs, hear)
    }
}

/// Runs that have numbers, each its own world.
pub trait Series: Sync {
    /// What answers the questions of a run.
    type Chooser: Chooser;

    /// The number of our `position`-th run, if there is one.
    fn number(&self, position: u64) -> Option<u64>;

    /// How many runs are ours, if that is bounded.
    fn len(&self) -> Option<u64>;

    /// Whether none is.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The run with a number that [`Series::number`] gave.
    fn setup(&self, number: u64) -> Setup;

    /// The answers of that run.
    fn chooser(&self, number: u64) -> Self::Chooser;

    /// Runs it.
    fn run_one(&self, number: u64) -> Trial;

    /// The sums before the first run.
    fn summary(&self) -> Summary;
}

impl Series for Campaign {
    type Chooser = Seeded;

    fn number(&self, position: u64) -> Option<u64> {
        self.seed(position)
    }

    fn len(&self) -> Option<u64> {
        Self::len(self)
    }

    fn setup(&self, number: u64) -> Setup {
        Self::setup(self, number)
    }

    fn chooser(&self, number: u64) -> Seeded {
        Seeded::new(number)
    }

    fn run_one(&self, number: u64) -> Trial {
        run_seed(&Self::setup(self, number))
    }

    fn summary(&self) -> Summary {
        Summary::new(self)
    }
}

/// Does the runs of a series on so many threads; see [`Campaign::run`].
pub fn run_all(
    series: &impl Series,
    jobs: NonZero<usize>,
    hear: impl FnMut(&Trial, &Summary) -> Next + Send,
) -> Summary {
    panics::watch();
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let shared = Mutex::new((series.summary(), hear));
    let work = || {
        while !stop.load(Ordering::Relaxed)
            && let Some(number) = series.number(next.fetch_add(1, Ordering::Relaxed))
        {
            let trial = series.run_one(number);
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let (summary, hear) = &mut *shared;
            summary.add(&trial);
            if hear(&trial, summary) == Next::Stop || trial.defect.is_some() {
                stop.store(true, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..jobs.get() {
            scope.spawn(work);
        }
    });
    shared.into_inner().unwrap_or_else(PoisonError::into_inner).0
}

#[cfg(test)]
mod tests;

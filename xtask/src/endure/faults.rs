//! What is done to whom, for how long: drawn from a seed, never to more replicas at once than may fail.

use std::fmt;
use std::time::Duration;

use crate::random::Random;

/// What happens to one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is killed, and started when its time is over.
    Kill,
    /// It does not run for a while, and does not know.
    Pause,
    /// What it sends, what it should receive, or both, is held back or lost.
    Cut {
        /// Which.
        ways: Ways,
        /// Whether its connections break at once.
        is_severed: bool,
    },
}

/// What a replica is cut off from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    /// It hears nobody and nobody hears it.
    Both,
    /// Nobody hears it.
    Outgoing,
    /// It hears nobody.
    Incoming,
}

/// How long replicas are affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lasting {
    /// At least.
    pub(super) least: Duration,
    /// Until the others have passed so many checkpoints.
    pub(super) checkpoints: u64,
    /// At most.
    pub(super) most: Duration,
}

/// What is done to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Each of these happens to another replica.
    Some {
        /// One for each victim.
        faults: Vec<Fault>,
        /// All replicas, in the order in which they are chosen.
        order: Vec<usize>,
        /// Whether the primary is chosen before them.
        is_primary_first: bool,
    },
    /// All replicas are killed at once.
    All,
}

/// One trouble, and the calm after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Episode {
    /// What is done.
    pub(super) deed: Deed,
    /// For how long.
    pub(super) lasting: Lasting,
    /// How long nothing happens afterwards.
    pub(super) calm: Duration,
}

/// Draws one episode after the other.
pub(super) struct Faults {
    random: Random,
    replicas: u64,
    faults_max: u64,
    kills_all: bool,
    count: u64,
}

/// In one of so many episodes all replicas are killed, if that is asked for.
const KILL_ALL: u64 = 6;

impl Faults {
    /// Troubles of so many replicas. Sometimes all of them are killed if `kills_all`.
    pub(super) fn new(seed: u64, replicas: u16, kills_all: bool) -> Self {
        let faults_max = u64::from(replicas.saturating_sub(1) / 3);
        Self { random: Random::new(seed), replicas: replicas.into(), faults_max, kills_all, count: 0 }
    }

    fn between(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.random.below(most - least + 1))
    }

    /// What happens next.
    pub(super) fn next(&mut self) -> Episode {
        let kills_all = self.kills_all && self.random.below(KILL_ALL) == 0;
        let deed = if kills_all || self.faults_max == 0 { Deed::All } else { self.some() };
        let lasting = match (&deed, self.random.below(3)) {
            (Deed::All, _) => Lasting { least: self.between(0, 2000), checkpoints: 0, most: Duration::ZERO },
            // Too short to miss a checkpoint for certain, or to be noticed at all.
            (Deed::Some { .. }, 0) => Lasting { least: self.between(50, 1500), checkpoints: 0, most: Duration::ZERO },
            (Deed::Some { .. }, 1) => Lasting { least: self.between(2000, 8000), checkpoints: 0, most: Duration::ZERO },
            // Long enough that what was missed is forgotten by the others.
            (Deed::Some { .. }, _) => {
                let checkpoints = 3 + self.random.below(4);
                Lasting { least: self.between(3000, 12_000), checkpoints, most: Duration::from_secs(40) }
            }
        };
        // Mostly long enough to demand progress, sometimes hardly any.
        let calm = if self.random.below(4) == 0 { self.between(0, 2000) } else { self.between(11_000, 16_000) };
        Episode { deed, lasting, calm }
    }

    fn some(&mut self) -> Deed {
        let victims = 1 + self.random.below(self.faults_max);
        // In turn, so that even a short run has some of each.
        let faults = (0..victims).map(|_| self.fault()).collect();
        let mut order: Vec<usize> = (0..usize::try_from(self.replicas).unwrap_or_default()).collect();
        for end in (1..order.len()).rev() {
            let other = self.random.below(end as u64 + 1);
            order.swap(end, usize::try_from(other).unwrap_or_default());
        }
        Deed::Some { faults, order, is_primary_first: self.random.below(2) == 0 }
    }

    fn fault(&mut self) -> Fault {
        self.count += 1;
        match self.count % 3 {
            0 => Fault::Kill,
            1 => Fault::Pause,
            _ => {
                let ways = [Ways::Both, Ways::Both, Ways::Outgoing, Ways::Incoming];
                let ways = ways[usize::try_from(self.random.below(4)).unwrap_or_default()];
                Fault::Cut { ways, is_severed: self.random.below(3) == 0 }
            }
        }
    }
}

impl Deed {
    /// Who suffers what, with this replica as the primary.
    pub(super) fn victims(&self, primary: usize) -> Vec<(usize, Fault)> {
        match self {
            Self::All => Vec::new(),
            Self::Some { faults, order, is_primary_first } => {
                let first = is_primary_first.then_some(primary);
                let others = order.iter().copied().filter(|position| Some(*position) != first);
                first.into_iter().chain(others).zip(faults.iter().copied()).collect()
            }
        }
    }
}

impl Fault {
    /// What kind it is, for tables.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::Cut { .. } => "cut off",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "killed",
            Self::Pause => "paused",
            Self::Cut { ways: Ways::Both, is_severed: false } => "cut off",
            Self::Cut { ways: Ways::Both, is_severed: true } => "cut off with a bang",
            Self::Cut { ways: Ways::Outgoing, is_severed: false } => "made dumb",
            Self::Cut { ways: Ways::Outgoing, is_severed: true } => "made dumb with a bang",
            Self::Cut { ways: Ways::Incoming, is_severed: false } => "made deaf",
            Self::Cut { ways: Ways::Incoming, is_severed: true } => "made deaf with a bang",
        })
    }
}

#[cfg(test)]
mod tests;

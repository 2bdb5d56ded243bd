//! One seed on trial, and the checks of the tester itself: a run that did too little, or that is another when it is
//! repeated, says nothing about the code under test.

use crate::attack::Attack;
use crate::setup::Setup;
use std::fmt;
use synod_kernel::chooser::{Chooser, Seeded};
use synod_sim::options::OPERATIONS_MIN;
use synod_sim::{Count, Report, Rule};

/// One in so many seeds is run twice.
const TWICE: usize = 100;
/// What keeps the draw of those apart from the other draws of a seed.
const DRAW: u64 = 0x7321_C3AB_0F5E_ED00;

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Which attack it drew.
    pub attack: Attack,
    /// Whether it was run twice.
    pub was_repeated: bool,
    /// The run.
    pub report: Report,
    /// What is wrong with the tester.
    pub defect: Option<Defect>,
}

/// The tester failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The same seed was another run the second time.
    NotDeterministic {
        /// The fingerprints of both.
        fingerprints: [u64; 2],
    },
    /// All is well, but so little happened that it means nothing.
    TooLittle {
        /// Operations that clients know to be committed.
        operations: u64,
        /// Stable checkpoints at honest replicas.
        checkpoints: u64,
    },
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotDeterministic { fingerprints: [one, other] } => {
                write!(f, "the same seed was two different runs, with the fingerprints {one:016x} and {other:016x}")
            }
            Self::TooLittle { operations, checkpoints } => {
                write!(f, "{operations} operations and {checkpoints} stable checkpoints are too few to mean anything")
            }
        }
    }
}

impl std::error::Error for Defect {}

impl Trial {
    /// The seed.
    pub fn seed(&self) -> u64 {
        self.report.options.seed
    }

    /// The rule that was broken, and how: the one that ended the run, or the first of those that nobody owed.
    pub fn broken(&self) -> Option<(Rule, &str)> {
        let ended = self.report.failure.as_ref().map(|failure| &failure.violation);
        let ended = ended.map(|violation| (violation.rule, violation.sentence.as_str()));
        ended.or_else(|| self.report.tolerated.first_key_value().map(|(rule, sentence)| (*rule, sentence.as_str())))
    }
}

/// What has to happen in a run, at least, for it to mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enough {
    /// Operations that clients know to be committed.
    pub operations: u64,
    /// Stable checkpoints for each honest replica, and one more.
    pub checkpoints: u64,
}

/// Runs the seed of a setup, some seeds twice.
pub fn run_seed(setup: &Setup) -> Trial {
    let enough = Enough { operations: OPERATIONS_MIN, checkpoints: 1 };
    run_twice(setup, enough, || Seeded::new(setup.options.seed))
}

/// Runs a setup with the answers of this chooser, and twice if its seed is one of those.
pub(crate) fn run_twice<C: Chooser>(setup: &Setup, enough: Enough, chooser: impl Fn() -> C) -> Trial {
    let run = || setup.run(setup.owed(), &mut chooser());
    let report = run();
    let was_repeated = is_repeated(setup.options.seed);
    let again = if was_repeated { run().fingerprint } else { report.fingerprint };
    let defect = if again == report.fingerprint {
        too_little(setup, enough, &report)
    } else {
        Some(Defect::NotDeterministic { fingerprints: [report.fingerprint, again] })
    };
    Trial { attack: setup.attack, was_repeated, report, defect }
}

/// Whether this seed is run twice.
fn is_repeated(seed: u64) -> bool {
    Seeded::new(seed ^ DRAW).choose("twice", TWICE) == 0
}

fn too_little(setup: &Setup, enough: Enough, report: &Report) -> Option<Defect> {
    if setup.is_beyond() || !report.is_good() {
        return None;
    }
    let Setup { options, .. } = setup;
    let honest = usize::from(options.membership.size()) - options.corrupt.len() - options.frail.len();
    let operations = report.counters.get(Count::Operations);
    let checkpoints = report.counters.rule("StableCheckpoint");
    // One more means that there was another, whether all took it or some fetched it.
    let is_enough = operations >= enough.operations && checkpoints > enough.checkpoints * honest as u64;
    (!is_enough).then_some(Defect::TooLittle { operations, checkpoints })
}

#[cfg(test)]
mod tests;

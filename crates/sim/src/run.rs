//! One seed from the first boot to the verdict: a phase in which anything goes wrong, then a phase in which nothing
//! does and everything must be finished within its budget.

use crate::counters::{Count, Counters};
use crate::judge::{Rule, Violation};
use crate::options::Options;
use crate::panics;
use crate::scenario::Scenario;
use crate::world::World;
use std::collections::BTreeMap;
use std::fmt;
use synod_kernel::chooser::{Chooser, Seeded};

/// Events of one run, at most. A run that needs more makes no progress in virtual time.
const EVENTS_MAX: u64 = 20_000_000;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was drawn for it.
    pub options: Options,
    /// The sentence that ended it, if one did.
    pub failure: Option<Failure>,
    /// The first sentence on each rule that was broken and not expected to hold.
    pub tolerated: BTreeMap<Rule, String>,
    /// What happened, counted.
    pub counters: Counters,
    /// Two runs with the same fingerprint were the same run.
    pub fingerprint: u64,
    /// When it ended, in microseconds of virtual time.
    pub ended_at: u64,
    /// How many events its transcript had.
    pub events: u64,
}

/// Why a run ended before its time, and how to see it again.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The judge's sentence.
    pub violation: Violation,
    /// What happened before, one event in a line.
    pub transcript: String,
    /// The command that repeats the run.
    pub replay: String,
}

impl Report {
    /// Whether no rule was broken that was expected to hold.
    pub fn is_good(&self) -> bool {
        self.failure.is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Failure { violation, transcript, replay }) = &self.failure else {
            return writeln!(f, "seed {} is good, fingerprint {:016x}", self.options.seed, self.fingerprint);
        };
        writeln!(f, "{transcript}")?;
        writeln!(f, "{:#?}", self.options)?;
        writeln!(f, "seed {}: {violation}", self.options.seed)?;
        writeln!(f, "to see it again: {replay}")
    }
}

/// Runs one seed to its end with its own chooser. `replay` is the command that repeats it.
pub fn run<S: Scenario>(
    scenario: S,
    options: Options,
    expected: impl IntoIterator<Item = Rule>,
    replay: String,
) -> Report {
    let choose = &mut Seeded::new(options.seed);
    run_with(scenario, options, expected, replay, choose)
}

/// Runs a world to its end with this chooser.
pub fn run_with<S: Scenario>(
    scenario: S,
    options: Options,
    expected: impl IntoIterator<Item = Rule>,
    replay: String,
    choose: &mut dyn Chooser,
) -> Report {
    run_world(scenario, options, expected, replay, choose).0
}

/// What happened in a run, to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// The last events, one in a line.
    pub lines: Vec<String>,
    /// How many events there were.
    pub events: u64,
}

impl Story {
    /// Whether no event is missing.
    pub fn is_whole(&self) -> bool {
        self.events == self.lines.len() as u64
    }
}

/// Runs a world to its end with this chooser, and tells what happened, whether or not a rule was broken.
pub fn run_and_tell<S: Scenario>(
    scenario: S,
    options: Options,
    expected: impl IntoIterator<Item = Rule>,
    replay: String,
    choose: &mut dyn Chooser,
) -> (Report, Story) {
    let (report, world) = run_world(scenario, options, expected, replay, choose);
    let story =
        world.map_or_else(Story::default, |world| Story { lines: world.tell(), events: world.transcript().total() });
    (report, story)
}

fn run_world<S: Scenario>(
    scenario: S,
    options: Options,
    expected: impl IntoIterator<Item = Rule>,
    replay: String,
    choose: &mut dyn Chooser,
) -> (Report, Option<World<S>>) {
    let expected: Vec<Rule> = expected.into_iter().collect();
    let made = panics::caught(|| World::new(scenario, options.clone(), expected.iter().copied(), choose));
    let mut world = match made {
        Ok(world) => world,
        Err(violation) => {
            let failure = Some(Failure { violation, transcript: String::new(), replay });
            let (tolerated, counters) = (BTreeMap::new(), Counters::default());
            return (Report { options, failure, tolerated, counters, fingerprint: 0, ended_at: 0, events: 0 }, None);
        }
    };
    let verdict = panics::caught(|| drive(&mut world, choose));
    let mut counters = world.counters();
    counters.add(Count::Runs);
    let mut tolerated = world.court().tolerated().clone();
    let failure = match verdict {
        // A world in which something panicked cannot go on, also where that is nobody's fault but the liars'.
        Err(Violation { rule: Rule::Assertions, sentence }) if !expected.contains(&Rule::Assertions) => {
            tolerated.entry(Rule::Assertions).or_insert(sentence);
            None
        }
        Err(violation) => Some(Failure { violation, transcript: world.transcript().to_string(), replay }),
        Ok(()) => None,
    };
    let (fingerprint, ended_at) = (world.transcript().fingerprint(), world.now());
    let events = world.transcript().total();
    (Report { options, failure, tolerated, counters, fingerprint, ended_at, events }, Some(world))
}

fn drive<S: Scenario>(world: &mut World<S>, choose: &mut dyn Chooser) -> Result<(), Violation> {
    let deadline = world.setting().options.heal_at + world.setting().options.budget;
    for event in 0..EVENTS_MAX {
        // Looking at everything is dear, and one event more or less does not matter.
        if world.now() > deadline || (event % 64 == 0 && world.is_healed() && world.is_settled()) {
            break;
        }
        if !world.advance(choose)? {
            break;
        }
    }
    world.settle()
}

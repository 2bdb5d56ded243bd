//! What an exploration came to, as a value that is written as JSON.

use super::choices::Choice;
use super::exploration::Exploration;
use crate::summary::Verdict;
use serde::Serialize;
use std::collections::BTreeSet;
use synod_kernel::ReplicaId;
use synod_sim::explore::{Found, Outcome, Path};

/// What an exploration came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Findings {
    /// The version of synod.
    pub version: String,
    /// The commit it was built from, if the build was told.
    pub commit: Option<String>,
    /// The protocol.
    pub protocol: String,
    /// How many replicas.
    pub replicas: u16,
    /// How many of them may lie.
    pub faults: u16,
    /// How many do.
    pub corrupt: u16,
    /// Whether those are more than may lie.
    pub beyond_f: bool,
    /// Within which everything that is said here holds.
    pub bounds: Bounds,
    /// How many choices of liars there are to look at; fewer were if something was wrong or somebody stopped it.
    pub choices: usize,
    /// Different states of the world that were visited, with all choices of liars.
    pub states: u64,
    /// Steps that were looked at and changed something.
    pub steps: u64,
    /// If something is wrong, how many steps it takes; if nothing is left, how many it takes to get to the state that
    /// is furthest away. Otherwise, nothing is wrong that takes at most so many steps.
    pub depth: usize,
    /// Whether nothing within the bounds is left, with any choice of liars.
    pub complete: bool,
    /// What is wrong, if something is.
    pub violation: Option<Violation>,
    /// Whether it was ended before it was done.
    pub interrupted: bool,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What was looked at with which liars.
    pub looked: Vec<Looked>,
}

/// The edges of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// Views: nobody gets beyond the last one.
    pub views: u16,
    /// Places in the order.
    pub places: u16,
    /// Crashes on one path, at most.
    pub crashes: u8,
    /// Different states with each choice of liars, at most.
    pub states: usize,
}

/// What was looked at with one choice of liars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// Who lies.
    pub liars: Vec<u16>,
    /// Choices that make the same world, and were not looked at for this reason.
    pub like: Vec<Vec<u16>>,
    /// Different states of the world that were visited.
    pub states: u64,
    /// Steps that were looked at and changed something.
    pub steps: u64,
    /// See [`Findings::depth`].
    pub depth: usize,
    /// Whether nothing within the bounds is left.
    pub complete: bool,
    /// What is wrong, if something is.
    #[serde(skip)]
    violation: Option<Violation>,
}

/// Something that is wrong, and a shortest way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Who lies.
    pub liars: Vec<u16>,
    /// What is wrong.
    pub sentence: String,
    /// How it came to it.
    pub steps: Vec<Step>,
}

/// One step on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// At which replica.
    pub replica: u16,
    /// What happened to it.
    pub what: String,
    /// What it did about it, by the names of the protocol's rules.
    pub rules: Vec<String>,
    /// What it said then.
    pub said: Vec<String>,
}

impl Findings {
    /// Before the first of so many choices.
    pub(super) fn new(exploration: &Exploration, choices: usize) -> Self {
        let Exploration { protocol, membership, views, places, limits, .. } = exploration;
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("SYNOD_COMMIT").map(str::to_owned),
            protocol: protocol.name().to_owned(),
            replicas: membership.size(),
            faults: membership.tolerated(),
            corrupt: exploration.corrupt(),
            beyond_f: exploration.is_beyond(),
            bounds: Bounds { views: *views, places: *places, crashes: limits.crashes, states: limits.states },
            choices,
            states: 0,
            steps: 0,
            depth: 0,
            complete: false,
            violation: None,
            interrupted: false,
            seconds: 0.0,
            looked: Vec::new(),
        }
    }

    /// Adds what was looked at with another choice.
    pub(super) fn add(&mut self, looked: Looked) {
        self.states += looked.states;
        self.steps += looked.steps;
        self.violation = self.violation.take().or_else(|| looked.violation.clone());
        self.looked.push(looked);
        self.complete = self.looked.len() == self.choices && self.looked.iter().all(|looked| looked.complete);
        self.depth = self.depth_of_all();
    }

    fn depth_of_all(&self) -> usize {
        if let Some(violation) = &self.violation {
            return violation.steps.len();
        }
        let furthest = self.looked.iter().map(|looked| looked.depth).max();
        let unfinished = self.looked.iter().filter(|looked| !looked.complete).map(|looked| looked.depth).min();
        unfinished.or(furthest).unwrap_or_default()
    }

    /// What all of it means.
    pub fn verdict(&self) -> Verdict {
        match (self.violation.is_some(), self.beyond_f) {
            (true, true) => Verdict::AsExpected,
            (true, false) => Verdict::Violated,
            (false, _) if !self.complete => Verdict::Inconclusive,
            (false, true) => Verdict::Violated,
            (false, false) => Verdict::AsExpected,
        }
    }
}

impl Looked {
    pub(super) fn new(choice: &Choice, found: Found) -> Self {
        let Found { outcome, states, steps, depth, .. } = found;
        let liars = numbers(&choice.liars);
        let complete = outcome == Outcome::Complete;
        let violation = match outcome {
            Outcome::Violated(path) => Some(Violation::new(liars.clone(), path)),
            Outcome::Complete | Outcome::Incomplete => None,
        };
        let like = choice.like.iter().map(numbers).collect();
        Self { liars, like, states: states as u64, steps, depth, complete, violation }
    }
}

impl Violation {
    fn new(liars: Vec<u16>, path: Path) -> Self {
        let step = |step: synod_sim::explore::Step| {
            let synod_sim::explore::Step { replica, what, rules, said } = step;
            Step { replica, what, rules, said }
        };
        Self { liars, sentence: path.sentence, steps: path.steps.into_iter().map(step).collect() }
    }
}

fn numbers(liars: &BTreeSet<ReplicaId>) -> Vec<u16> {
    liars.iter().map(|id| id.get()).collect()
}

//! Every choice of liars, one after the other.

use super::choices::{Choice, choices};
use super::findings::{Findings, Looked};
use super::world::SmallWorld;
use crate::protocol::Protocol;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Instant;
use synod_kernel::{Membership, ReplicaId};
use synod_sim::explore::{Limits, Outcome, Progress};

/// What is to be explored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploration {
    /// What is on trial.
    pub protocol: Protocol,
    /// How many replicas there are, at most [`super::REPLICAS_MAX`], and how many may lie.
    pub membership: Membership,
    /// Who lies.
    pub liars: Liars,
    /// How many views there are, 1 to [`super::VIEWS_MAX`].
    pub views: u16,
    /// How many places in the order there are, 1 to [`super::PLACES_MAX`].
    pub places: u16,
    /// How much may be explored with each choice of liars.
    pub limits: Limits,
}

/// Who lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liars {
    /// So many: every choice that is not like another one.
    Any(u16),
    /// These.
    These(BTreeSet<ReplicaId>),
}

impl Exploration {
    /// How many replicas lie.
    pub fn corrupt(&self) -> u16 {
        match &self.liars {
            Liars::Any(corrupt) => *corrupt,
            Liars::These(liars) => u16::try_from(liars.len()).expect("a small world has few replicas"),
        }
    }

    /// Whether it is there to see what breaks when there are too many liars.
    pub fn is_beyond(&self) -> bool {
        self.corrupt() > self.membership.tolerated()
    }

    /// The choices of liars, in the order in which they are explored.
    pub fn choices(&self) -> Vec<Choice> {
        match &self.liars {
            Liars::Any(corrupt) => choices(self.protocol, self.membership, *corrupt, self.views),
            Liars::These(liars) => vec![Choice { liars: liars.clone(), like: Vec::new() }],
        }
    }

    /// Explores every choice until something is wrong, as long as `watch` lets it go on. It is told which choice is
    /// under way, and how far that is.
    pub fn run(&self, mut watch: impl FnMut(&Choice, Progress) -> ControlFlow<()>) -> Findings {
        let (begun, choices) = (Instant::now(), self.choices());
        let mut findings = Findings::new(self, choices.len());
        let mut is_stopped = false;
        for choice in choices {
            let world = SmallWorld {
                protocol: self.protocol,
                membership: self.membership,
                liars: choice.liars.clone(),
                views: self.views,
                places: self.places,
            };
            let found = world.explore(self.limits, |progress| {
                let next = watch(&choice, progress);
                is_stopped |= next.is_break();
                next
            });
            let is_wrong = matches!(found.outcome, Outcome::Violated(_));
            findings.add(Looked::new(&choice, found));
            if is_wrong || is_stopped {
                break;
            }
        }
        findings.interrupted = is_stopped;
        findings.seconds = begun.elapsed().as_secs_f64();
        findings
    }
}

#[cfg(test)]
mod tests;

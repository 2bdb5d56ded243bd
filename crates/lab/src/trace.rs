//! A run as a text: which it is, every number of it, every choice that was made in it, and what came of it.
//!
//! This is the one format in which runs are kept, from the first failure of a campaign to the scripts that stand for
//! what went wrong once. It is written by its `Display` and read by [`Trace::parse`], which trusts nothing.

mod error;
mod read;
mod write;

pub use error::{Problem, TraceError};

use crate::setup::Setup;
use synod_kernel::chooser::{Choice, Chooser, Divergence, Fit, Recording, Replaying};
use synod_sim::{Report, Rule, Story, panics};

/// The version of the format.
pub const VERSION: u32 = 1;
/// Bytes of a trace, at most.
pub const BYTES_MAX: usize = 64 << 20;
/// Lines of a story that are kept in a trace. Longer ones are known by their fingerprint.
pub const STORY_MAX: usize = 400;

/// What is noted of a run with more choices than are kept.
const TRUNCATED: &str =
    "only the first choices were kept, and what was asked after them is answered with 0 in a replay";

/// What comes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No rule was broken.
    Holds,
    /// This one was.
    Breaks(Rule),
}

/// One run, kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The version of synod that made it.
    pub made_by: String,
    /// What people are to know about it, in lines.
    pub notes: Vec<String>,
    /// Which run it is.
    pub setup: Setup,
    /// What came of it.
    pub expected: Outcome,
    /// Every choice; what is asked after the last is answered with 0.
    pub choices: Vec<Choice>,
    /// The fingerprint of all its events.
    pub fingerprint: u64,
    /// How many events there were.
    pub events: u64,
    /// Every event in a line, if there are few.
    pub story: Option<Vec<String>>,
}

/// A run that was played from a trace.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The run.
    pub report: Report,
    /// What happened in it.
    pub story: Story,
    /// What came of it.
    pub outcome: Outcome,
    /// In what it is not the run of the trace.
    pub difference: Option<Difference>,
}

/// The code or the trace was changed, so that what was played is another run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// Something else was asked.
    #[error("{0}")]
    Question(Divergence),
    /// The run ended, and choices were left.
    #[error("the run ends after {passed} of {recorded} choices")]
    Leftover {
        /// Choices that were asked for.
        passed: usize,
        /// Choices that there are.
        recorded: usize,
    },
    /// The same choices led to other events.
    #[error("the choices are the same, and the events are not: the fingerprint is {is:016x} and was {was:016x}")]
    Events {
        /// The fingerprint of the trace.
        was: u64,
        /// That of the run.
        is: u64,
    },
}

impl Outcome {
    /// What came of a run, and the judge's sentence.
    pub fn of(report: &Report) -> (Self, Option<&str>) {
        if let Some(failure) = &report.failure {
            return (Self::Breaks(failure.violation.rule), Some(&failure.violation.sentence));
        }
        match report.tolerated.first_key_value() {
            Some((rule, sentence)) => (Self::Breaks(*rule), Some(sentence)),
            None => (Self::Holds, None),
        }
    }
}

impl Trace {
    /// Runs a setup with this chooser, and keeps it. A run in which `rule` is to be broken ends when it is; if another
    /// one is instead, it ends there.
    pub fn record(setup: Setup, rule: Option<Rule>, choose: impl Chooser) -> Self {
        panics::watch();
        let mut recording = Recording::new(choose);
        let (report, story) = setup.tell(&rules(&setup, rule), &mut recording);
        let notes = if recording.is_whole() { Vec::new() } else { vec![TRUNCATED.to_owned()] };
        let (_, choices) = recording.into_parts();
        let expected = Outcome::of(&report).0;
        if let Outcome::Breaks(other) = expected
            && report.is_good()
        {
            // Nobody looked out for this rule, so the run went on after it was broken.
            return Self::record(setup, Some(other), Replaying::new(&choices, Fit::Exact));
        }
        Self {
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
            notes,
            setup,
            expected,
            choices,
            fingerprint: report.fingerprint,
            events: story.events,
            story: (story.is_whole() && story.lines.len() <= STORY_MAX).then_some(story.lines),
        }
    }

    /// Plays it again. If it has to fit nearly only, a difference is none.
    pub fn replay(&self, fit: Fit) -> Replay {
        panics::watch();
        let mut replaying = Replaying::new(&self.choices, fit);
        let (report, story) = self.setup.tell(&rules(&self.setup, self.rule()), &mut replaying);
        let outcome = Outcome::of(&report).0;
        let difference = match fit {
            Fit::Exact => self.difference(&replaying, &report),
            Fit::Near => None,
        };
        Replay { report, story, outcome, difference }
    }

    /// The same run as the code of today plays it.
    pub fn renewed(&self) -> Self {
        let replaying = Replaying::new(&self.choices, Fit::Near);
        let notes = self.notes.clone();
        Self { notes, ..Self::record(self.setup.clone(), self.rule(), replaying) }
    }

    fn difference(&self, replaying: &Replaying<'_>, report: &Report) -> Option<Difference> {
        let (passed, recorded) = (replaying.passed(), self.choices.len());
        if let Some(divergence) = replaying.divergence() {
            Some(Difference::Question(divergence.clone()))
        } else if passed < recorded {
            Some(Difference::Leftover { passed, recorded })
        } else if report.fingerprint != self.fingerprint {
            Some(Difference::Events { was: self.fingerprint, is: report.fingerprint })
        } else {
            None
        }
    }

    /// The rule that it breaks.
    pub fn rule(&self) -> Option<Rule> {
        match self.expected {
            Outcome::Breaks(rule) => Some(rule),
            Outcome::Holds => None,
        }
    }
}

/// The rules that end a run: the one that is to be broken alone, so that the run goes on until it is.
pub(crate) fn rules(setup: &Setup, rule: Option<Rule>) -> Vec<Rule> {
    rule.map_or_else(|| setup.owed().to_vec(), |rule| vec![rule])
}

#[cfg(test)]
mod tests;

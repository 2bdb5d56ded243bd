//! The shortest story of the same failure: options are lowered, choices are left out and answers made smaller, as long
//! as the same rule breaks. What failed in a large world is first looked for in small ones, where it is often at home.
//!
//! Every candidate is played as near to its choices as it goes, and what it asked and answered then is the next base,
//! so that nothing is kept that was not asked. The order of attempts is fixed, and so is their number: unless somebody
//! stops it, the same trace shrinks to the same trace on every machine.

mod passes;

use crate::campaign::Next;
use crate::setup::Setup;
use crate::trace::{Outcome, Trace, rules};
use std::fmt;
use synod_kernel::chooser::{Choice, Chooser, Fit, Recording, Replaying};
use synod_sim::options::{Lower, Number};
use synod_sim::{Report, Rule, panics};

/// Candidates that are tried, at most.
pub const ATTEMPTS_MAX: u64 = 20_000;

/// How far the shrinker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Candidates that were tried.
    pub attempts: u64,
    /// Events of the shortest failure so far.
    pub events: u64,
    /// Its choices that are not 0.
    pub choices: usize,
}

/// Why there is nothing to shrink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NothingToShrink {
    /// The trace is one of a run in which nothing breaks.
    Holds,
    /// Played with the code of today, it does not break the rule.
    DoesNotBreak {
        /// What it should break.
        rule: Rule,
        /// What comes of it instead.
        outcome: Outcome,
    },
}

impl fmt::Display for NothingToShrink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => write!(f, "nothing is broken in this run, so there is no failure to shrink"),
            Self::DoesNotBreak { rule, outcome } => {
                write!(f, "the run should break {rule}, and with this program it {outcome}")
            }
        }
    }
}

impl std::error::Error for NothingToShrink {}

/// Shrinks a failure, with at most so many attempts; `watch` hears of each, and may stop it.
///
/// # Errors
/// If it is no failure.
pub fn shrink(
    trace: &Trace,
    attempts_max: u64,
    watch: impl FnMut(&Progress) -> Next,
) -> Result<Trace, NothingToShrink> {
    panics::watch();
    let rule = trace.rule().ok_or(NothingToShrink::Holds)?;
    let (report, choices) = play(&trace.setup, rule, Replaying::new(&trace.choices, Fit::Near));
    let outcome = Outcome::of(&report).0;
    if outcome != Outcome::Breaks(rule) {
        return Err(NothingToShrink::DoesNotBreak { rule, outcome });
    }
    let cost = Cost::of(&trace.setup, &choices, report.events);
    let best = Best { setup: trace.setup.clone(), choices, cost };
    let mut search = Search { rule, best, attempts: 0, attempts_max, is_over: false, watch };
    search.run();
    let Best { setup, choices, .. } = search.best;
    let replaying = Replaying::new(&choices, Fit::Near);
    Ok(Trace { notes: trace.notes.clone(), ..Trace::record(setup, Some(rule), replaying) })
}

/// Plays a run, and says what was asked and answered.
fn play(setup: &Setup, rule: Rule, choose: impl Chooser) -> (Report, Vec<Choice>) {
    let mut recording = Recording::new(choose);
    let report = setup.run(&rules(setup, Some(rule)), &mut recording);
    (report, recording.into_parts().1)
}

/// A failure.
struct Best {
    setup: Setup,
    choices: Vec<Choice>,
    cost: Cost,
}

/// What makes a failure hard to read, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    events: u64,
    /// Replicas that lie or are frail, and digits of options that could be lower.
    trouble: u64,
    /// Answers other than 0.
    answers: usize,
    choices: usize,
    /// Digits of the answers.
    size: u64,
}

impl Cost {
    fn of(setup: &Setup, choices: &[Choice], events: u64) -> Self {
        let numbers = setup.numbers();
        let over = |number: &Number| match number.lower {
            Lower::Calmer => bits(number.value - number.bounds.0.min(number.value)),
            Lower::OnlyZeroIsCalmer => u64::from(number.value > 0),
            Lower::Different => 0,
        };
        let liars = (setup.options.corrupt.len() + setup.options.frail.len()) as u64;
        Self {
            events,
            trouble: liars + numbers.iter().map(over).sum::<u64>(),
            answers: choices.iter().filter(|choice| choice.answer > 0).count(),
            choices: choices.len(),
            size: choices.iter().map(|choice| bits(choice.answer as u64)).sum(),
        }
    }
}

fn bits(number: u64) -> u64 {
    u64::from(u64::BITS - number.leading_zeros())
}

/// The search for something shorter.
struct Search<W> {
    rule: Rule,
    best: Best,
    attempts: u64,
    attempts_max: u64,
    is_over: bool,
    watch: W,
}

impl<W: FnMut(&Progress) -> Next> Search<W> {
    /// Tries all there is to try, again and again until nothing of it helps.
    fn run(&mut self) {
        self.start_small();
        loop {
            let before = self.best.cost;
            self.lower_options();
            self.free_liars();
            self.rename_liars();
            self.cut_the_tail();
            self.calm_blocks();
            self.leave_out_blocks();
            self.lower_answers();
            if self.is_over || self.best.cost == before {
                return;
            }
        }
    }

    /// Takes a candidate over if it fails alike and is easier to read. Says whether it does.
    fn attempt(&mut self, setup: &Setup, choices: &[Choice]) -> bool {
        self.attempt_with(setup, Replaying::new(choices, Fit::Near))
    }

    /// The same with any chooser.
    fn attempt_with(&mut self, setup: &Setup, choose: impl Chooser) -> bool {
        if self.is_over || self.attempts == self.attempts_max {
            self.is_over = true;
            return false;
        }
        self.attempts += 1;
        let (report, choices) = play(setup, self.rule, choose);
        let cost = Cost::of(setup, &choices, report.events);
        let is_better = Outcome::of(&report).0 == Outcome::Breaks(self.rule) && cost < self.best.cost;
        if is_better {
            self.best = Best { setup: setup.clone(), choices, cost };
        }
        let Cost { events, answers, .. } = self.best.cost;
        let progress = Progress { attempts: self.attempts, events, choices: answers };
        self.is_over = (self.watch)(&progress) == Next::Stop;
        is_better
    }
}

#[cfg(test)]
mod tests;

//! What an exploration found, told so that a stranger can follow it.

use std::fmt;

/// What came of exploring a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The verdict.
    pub outcome: Outcome,
    /// Different states of the world that were visited.
    pub states: usize,
    /// Steps of the world that were looked at and changed something.
    pub steps: u64,
    /// Steps that would have left the world's edge, and were not followed.
    pub beyond: u64,
    /// Different states of one replica among them.
    pub locals: usize,
    /// Different messages.
    pub messages: usize,
    /// Different sets of messages said.
    pub soups: usize,
    /// Everything that takes at most so many steps was looked at, up to what is wrong if something is; if nothing is
    /// left, the steps from the beginning to the state that is furthest away.
    pub depth: usize,
    /// How many states are how many steps away, as far as all of them are known.
    pub levels: Vec<usize>,
}

/// How far an exploration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Different states of the world that were visited.
    pub states: usize,
    /// Steps of the world that were looked at and changed something.
    pub steps: u64,
    /// Everything that takes at most so many steps was looked at.
    pub depth: usize,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything within the bounds was visited, and nothing was wrong.
    Complete,
    /// There was more than the limit on states allows; nothing was wrong as far as that.
    Incomplete,
    /// Something is wrong, and this is a shortest way to it.
    Violated(Path),
}

/// A way from the beginning to a state in which something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// What is wrong.
    pub sentence: String,
    /// How it came to it.
    pub steps: Vec<Step>,
}

/// One step of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which replica.
    pub replica: u16,
    /// What happened to it.
    pub what: String,
    /// What it did about it, by the names of the protocol's rules.
    pub rules: Vec<String>,
    /// What it said then.
    pub said: Vec<String>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{} {}", self.replica, self.what)?;
        if !self.rules.is_empty() {
            write!(f, "   [{}]", self.rules.join(", "))?;
        }
        self.said.iter().try_for_each(|said| write!(f, "\n     says {said}"))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "{:>3}. {step}", number + 1)?;
        }
        writeln!(f, "{}", self.sentence)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Complete => writeln!(f, "nothing is wrong, and nothing within the bounds is left")?,
            Outcome::Incomplete => writeln!(f, "nothing is wrong as far as the limit allowed; there is more")?,
            Outcome::Violated(path) => write!(f, "{path}")?,
        }
        let Self { states, steps, beyond, locals, messages, soups, depth, .. } = self;
        write!(
            f,
            "{states} states, {steps} steps, {depth} deep; {locals} states of one replica, {messages} messages in \
             {soups} sets; {beyond} steps beyond the edge"
        )
    }
}

//! Why a text is no trace that can be played.

use super::VERSION;
use crate::names::UnknownName;
use synod_kernel::membership::MembershipError;
use synod_sim::options::NumberError;

/// Why a trace is refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TraceError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is something else.
    #[error("this is no trace: the first line has to be `synod-trace {VERSION}`")]
    NotATrace,
    /// It is of another version.
    #[error("the trace has version {0}, and this program reads version {VERSION}")]
    Version(String),
    /// It is larger than any trace.
    #[error("a trace of {0} bytes is too large")]
    TooLarge(usize),
    /// It ends too early.
    #[error("the trace ends here, and `{0}` is missing: it was cut off")]
    Truncated(&'static str),
    /// A line is not what has to stand there.
    #[error("`{0}` has to stand here")]
    Missing(&'static str),
    /// A value is not one.
    #[error("`{value}` is no {what}")]
    Value {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// A name is not known.
    #[error("{0}")]
    Name(#[from] UnknownName),
    /// There is no such rule.
    #[error("there is no rule `{0}`")]
    Rule(String),
    /// There is no such cluster.
    #[error("{0}")]
    Membership(#[from] MembershipError),
    /// An attacker without replicas, or replicas without an attacker, or a replica that is not there or twice.
    #[error(
        "corrupted and frail replicas have to be members, in order and apart; the corrupted belong to an attack, and \
             the frail are no more than may lie"
    )]
    Coalition,
    /// A number is not one of this run.
    #[error("option `{name}`: {why}")]
    Option {
        /// Which.
        name: String,
        /// Why not.
        why: NumberError,
    },
    /// An option is missing.
    #[error("option `{0}` is missing")]
    NoOption(&'static str),
    /// The sizes of the protocol contradict each other.
    #[error("{0}")]
    Sizes(String),
    /// An answer is not below the number of options.
    #[error("answer {answer} to `{question}`: there are only {options} options")]
    Answer {
        /// What was asked.
        question: String,
        /// How many answers there are.
        options: usize,
        /// Which was given.
        answer: usize,
    },
    /// There are more or fewer than was said.
    #[error("{found} {what} where {said} were said to be")]
    Count {
        /// Of what.
        what: &'static str,
        /// As it was said.
        said: usize,
        /// As it is.
        found: usize,
    },
}

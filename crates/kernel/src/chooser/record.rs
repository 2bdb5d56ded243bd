//! Decisions that were made, kept so that they can be made again.
//!
//! A record answers the same questions in the same order. What becomes of a question that it does not have is stated
//! by its [`Fit`]; whatever is asked after its end is answered with 0.

use super::Chooser;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

/// Choices that one recording keeps, at most.
pub const CHOICES_MAX: usize = 4_000_000;
/// Choices that are looked ahead for a question that is not next, if the record need fit nearly only.
const LOOK_AHEAD: usize = 64;

/// The name of a question: one of our own, or one that was read, and is shared by the choices that have it.
#[derive(Clone)]
pub enum Label {
    /// As it stands in the program.
    Own(&'static str),
    /// As it stood in a file.
    Read(Arc<str>),
}

impl Label {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Own(name) => name,
            Self::Read(name) => name,
        }
    }
}

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
impl Eq for Label {}

impl Hash for Label {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Choice {
    /// What was asked.
    pub question: Label,
    /// How many answers there were.
    pub options: usize,
    /// Which was given; below `options`.
    pub answer: usize,
}

/// Has another chooser answer, and keeps what was asked and answered.
#[derive(Clone, Debug)]
pub struct Recording<C> {
    chooser: C,
    choices: Vec<Choice>,
    is_whole: bool,
}

impl<C: Chooser> Recording<C> {
    /// Keeps what this chooser decides, up to [`CHOICES_MAX`] decisions.
    pub const fn new(chooser: C) -> Self {
        Self { chooser, choices: Vec::new(), is_whole: true }
    }

    /// Whether all decisions were kept.
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The chooser and the decisions, of which a tail of zeros is left out: it is what a replay answers anyway.
    pub fn into_parts(mut self) -> (C, Vec<Choice>) {
        while self.choices.last().is_some_and(|last| last.answer == 0) {
            self.choices.pop();
        }
        (self.chooser, self.choices)
    }
}

impl<C: Chooser> Chooser for Recording<C> {
    fn choose(&mut self, question: &'static str, options: usize) -> usize {
        let answer = self.chooser.choose(question, options);
        if self.choices.len() < CHOICES_MAX {
            self.choices.push(Choice { question: Label::Own(question), options, answer });
        } else {
            self.is_whole = false;
        }
        answer
    }
}

/// How well a record has to fit the questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Every question is the next one of the record. The first that is not is a [`Divergence`], and from there on
    /// everything is answered with 0.
    Exact,
    /// A question that is not next is looked for a little further on, and what is in between is left out; if it is
    /// not there, it is answered with 0. An answer that is too large is lowered.
    Near,
}

/// A question was asked that is not the next one of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The number of the choice, from 0.
    pub at: usize,
    /// What the record has.
    pub recorded: (Label, usize),
    /// What was asked, with how many options.
    pub asked: (&'static str, usize),
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, recorded: (question, options), asked: (asked, among) } = self;
        write!(f, "choice {at}: the record has `{question}` among {options}, and `{asked}` among {among} is asked")
    }
}

impl core::error::Error for Divergence {}

/// Answers from a record.
#[derive(Clone, Debug)]
pub struct Replaying<'a> {
    choices: &'a [Choice],
    next: usize,
    fit: Fit,
    divergence: Option<Divergence>,
}

impl<'a> Replaying<'a> {
    /// Begins at the beginning.
    pub const fn new(choices: &'a [Choice], fit: Fit) -> Self {
        Self { choices, next: 0, fit, divergence: None }
    }

    /// How many recorded choices were passed.
    pub const fn passed(&self) -> usize {
        self.next
    }

    /// Where the questions first were others than in the record, if it had to fit exactly.
    pub const fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    fn exact(&mut self, question: &'static str, options: usize) -> usize {
        let Some(recorded) = self.choices.get(self.next) else { return 0 };
        if self.divergence.is_some() {
            return 0;
        }
        if recorded.question.as_str() != question || recorded.options != options {
            let recorded = (recorded.question.clone(), recorded.options);
            self.divergence = Some(Divergence { at: self.next, recorded, asked: (question, options) });
            return 0;
        }
        self.next += 1;
        recorded.answer.min(options - 1)
    }

    fn near(&mut self, question: &'static str, options: usize) -> usize {
        let ahead = self.choices[self.next..].iter().take(LOOK_AHEAD);
        let Some(skipped) = ahead.into_iter().position(|choice| choice.question.as_str() == question) else { return 0 };
        let answer = self.choices[self.next + skipped].answer;
        self.next += skipped + 1;
        answer.min(options - 1)
    }
}

impl Chooser for Replaying<'_> {
    fn choose(&mut self, question: &'static str, options: usize) -> usize {
        assert!(options > 0, "a choice among nothing");
        match self.fit {
            Fit::Exact => self.exact(question, options),
            Fit::Near => self.near(question, options),
        }
    }
}

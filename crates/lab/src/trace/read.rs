//! Reading traces. They come from files that anybody may have written: every number has bounds, and a choice takes a
//! few words, however often it is said to be repeated.

use super::{BYTES_MAX, Outcome, Problem, STORY_MAX, Trace, TraceError, VERSION};
use crate::attack::Attack;
use crate::protocol::Protocol;
use crate::setup::Setup;
use std::str::FromStr;
use std::sync::Arc;
use synod_kernel::chooser::{CHOICES_MAX, Choice, Label};
use synod_kernel::{Faults, Membership, ReplicaId};
use synod_sim::Rule;

/// Letters of a question, at most.
const QUESTION_MAX: usize = 100;
/// Lines of notes, at most.
const NOTES_MAX: usize = 100;

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    /// The first line that is not right, and why.
    pub fn parse(text: &str) -> Result<Self, TraceError> {
        let mut lines = Lines { text: text.lines(), next: None, number: 0 };
        lines.step();
        trace(&mut lines, text.len()).map_err(|problem| TraceError { line: lines.number.max(1), problem })
    }
}

/// The lines of a trace, of which the next can be looked at.
struct Lines<'a> {
    text: std::str::Lines<'a>,
    next: Option<&'a str>,
    /// The number of the next line.
    number: usize,
}

impl<'a> Lines<'a> {
    fn step(&mut self) {
        self.next = self.text.next();
        self.number += 1;
    }

    /// What follows `key` in the next line, if it begins with it.
    fn accept(&mut self, key: &str) -> Option<&'a str> {
        let rest = self.next?.strip_prefix(key)?;
        let rest = if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }?;
        self.step();
        Some(rest)
    }

    /// What follows `key` in the next line, which has to begin with it.
    fn expect(&mut self, key: &'static str) -> Result<&'a str, Problem> {
        let missing = if self.next.is_none() { Problem::Truncated(key) } else { Problem::Missing(key) };
        self.accept(key).ok_or(missing)
    }

    /// The same, as a value.
    fn value<T: FromStr>(&mut self, key: &'static str) -> Result<T, Problem> {
        value(key, self.expect(key)?)
    }
}

fn value<T: FromStr>(what: &'static str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::Value { what, value: short(text) })
}

/// What is shown of a text that is not right.
fn short(text: &str) -> String {
    text.chars().take(QUESTION_MAX).collect()
}

fn trace(lines: &mut Lines<'_>, bytes: usize) -> Result<Trace, Problem> {
    let version = lines.next.and_then(|line| line.strip_prefix("synod-trace ")).ok_or(Problem::NotATrace)?;
    if version != VERSION.to_string() {
        return Err(Problem::Version(short(version)));
    }
    if bytes > BYTES_MAX {
        return Err(Problem::TooLarge(bytes));
    }
    lines.step();
    let made_by = short(lines.expect("synod")?);
    let mut notes = Vec::new();
    while let Some(note) = lines.accept("note") {
        if notes.len() == NOTES_MAX {
            return Err(Problem::Count { what: "notes", said: NOTES_MAX, found: notes.len() + 1 });
        }
        notes.push(note.to_owned());
    }
    let mut setup = setup(lines)?;
    let expected = outcome(lines.expect("expected")?)?;
    options(lines, &mut setup)?;
    let choices = choices(lines)?;
    let events = lines.value("events")?;
    let fingerprint = lines.expect("fingerprint")?;
    let fingerprint = u64::from_str_radix(fingerprint, 16)
        .map_err(|_| Problem::Value { what: "fingerprint", value: short(fingerprint) })?;
    let story = story(lines)?;
    lines.expect("end")?;
    Ok(Trace { made_by, notes, setup, expected, choices, fingerprint, events, story })
}

/// Which run it is. Numbers are those of its seed until they are read.
fn setup(lines: &mut Lines<'_>) -> Result<Setup, Problem> {
    let protocol: Protocol = lines.expect("protocol")?.parse()?;
    let (replicas, faults) = (lines.value("replicas")?, lines.value("faults")?);
    let membership = Membership::new(replicas, Faults::Byzantine(faults))?;
    let corrupt = list(lines.expect("corrupt")?)?;
    let frail = list(lines.expect("frail")?)?;
    let attack = Attack::named(lines.expect("attack")?, protocol)?;
    let are_members =
        |ids: &[ReplicaId]| ids.is_sorted_by(|one, other| one < other) && ids.iter().all(|id| membership.contains(*id));
    let is_right = are_members(&corrupt)
        && are_members(&frail)
        && !frail.iter().any(|id| corrupt.contains(id))
        && corrupt.is_empty() == (attack == Attack::NONE)
        // Frail replicas count as liars, and nobody looks at what breaks when there are too many of them.
        && (frail.is_empty() || corrupt.len() + frail.len() <= usize::from(membership.tolerated()));
    if !is_right {
        return Err(Problem::Coalition);
    }
    let mut setup = Setup::draw(protocol, membership, Attack::NONE, 0, lines.value("seed")?);
    (setup.attack, setup.options.corrupt, setup.options.frail) = (attack, corrupt, frail);
    Ok(setup)
}

/// Replicas by their numbers.
fn list(text: &str) -> Result<Vec<ReplicaId>, Problem> {
    match text {
        "none" => Ok(Vec::new()),
        ids => ids.split(' ').map(|id| value("replica", id).map(ReplicaId::new)).collect(),
    }
}

fn outcome(text: &str) -> Result<Outcome, Problem> {
    if text == "holds" {
        return Ok(Outcome::Holds);
    }
    let name = text.strip_prefix("breaks ").ok_or_else(|| Problem::Rule(short(text)))?;
    let rule = Rule::ALL.into_iter().find(|rule| rule.to_string() == name);
    rule.map(Outcome::Breaks).ok_or_else(|| Problem::Rule(short(name)))
}

/// Every option, in order.
fn options(lines: &mut Lines<'_>, setup: &mut Setup) -> Result<(), Problem> {
    for number in setup.numbers() {
        let Some(option) = lines.accept("option") else {
            return Err(if lines.next.is_none() {
                Problem::Truncated("option")
            } else {
                Problem::NoOption(number.name)
            });
        };
        let (name, said) = option.split_once(" = ").ok_or(Problem::Missing("option NAME = VALUE"))?;
        if setup.numbers().iter().any(|other| other.name == name) && name != number.name {
            return Err(Problem::NoOption(number.name));
        }
        let said = value("number", said)?;
        setup.set(name, said).map_err(|why| Problem::Option { name: short(name), why })?;
    }
    setup.check().map_err(|error| Problem::Sizes(error.to_string()))
}

fn choices(lines: &mut Lines<'_>) -> Result<Vec<Choice>, Problem> {
    let said: usize = lines.value("choices")?;
    if said > CHOICES_MAX {
        return Err(Problem::Count { what: "choices", said: CHOICES_MAX, found: said });
    }
    let mut choices = Vec::new();
    while choices.len() < said {
        let Some(line) = lines.next else { return Err(Problem::Truncated("choices")) };
        let (head, answers) = line.rsplit_once(':').ok_or(Problem::Missing("QUESTION/OPTIONS: ANSWERS"))?;
        let (question, options) = head.rsplit_once('/').ok_or(Problem::Missing("QUESTION/OPTIONS: ANSWERS"))?;
        let options: usize = value("number of options", options)?;
        if question.len() > QUESTION_MAX {
            return Err(Problem::Value { what: "question", value: short(question) });
        }
        let label = Label::Read(Arc::from(question));
        for answer in answers.split(' ').skip(1) {
            let (answer, times) = answer.split_once('*').unwrap_or((answer, "1"));
            let (answer, times): (usize, usize) = (value("answer", answer)?, value("count", times)?);
            if answer >= options {
                return Err(Problem::Answer { question: question.to_owned(), options, answer });
            }
            let found = choices.len().saturating_add(times);
            if found > said {
                return Err(Problem::Count { what: "choices", said, found });
            }
            let choice = Choice { question: label.clone(), options, answer };
            choices.extend(std::iter::repeat_n(choice, times));
        }
        lines.step();
    }
    Ok(choices)
}

fn story(lines: &mut Lines<'_>) -> Result<Option<Vec<String>>, Problem> {
    let said = match lines.expect("story")? {
        "none" => return Ok(None),
        number => value("number of lines", number)?,
    };
    if said > STORY_MAX {
        return Err(Problem::Count { what: "lines", said: STORY_MAX, found: said });
    }
    let mut story = Vec::with_capacity(said);
    for found in 0..said {
        let line = lines.next.ok_or(Problem::Truncated("story"))?;
        let line = line.strip_prefix('|').ok_or(Problem::Count { what: "lines", said, found })?;
        story.push(line.to_owned());
        lines.step();
    }
    Ok(Some(story))
}

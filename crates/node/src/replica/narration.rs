//! Telling the operator what a protocol has to say, with the time that it has no clock for.
//!
//! What is told may have been caused by a stranger, so there is a bound on how much is told in a while, and nothing in
//! it can act on a terminal. What is left out is counted, and the count is told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use synod_kernel::process::{Chapter, Note};

/// How long the bound is for.
const WHILE: Duration = Duration::from_secs(10);
/// Notes that are told in a while, at most.
const NOTES_MAX: u32 = 60;

/// Makes lines of notes.
#[derive(Debug, Default)]
pub(super) struct Narration {
    /// When the story of each topic began. Topics are words of the protocol's own: a handful.
    begun: BTreeMap<&'static str, Instant>,
    /// When the present while began.
    since: Option<Instant>,
    told: u32,
    left_out: u64,
}

/// What to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lines {
    /// How many notes were left out before, if any.
    pub(super) left_out: Option<u64>,
    /// The note, unless there was too much.
    pub(super) line: Option<String>,
}

impl Narration {
    /// A note was written at `now`.
    pub(super) fn take(&mut self, note: &Note, now: Instant) -> Lines {
        let begun = self.time(note, now);
        let mut left_out = None;
        if self.since.is_none_or(|since| now.duration_since(since) >= WHILE) {
            left_out = Some(std::mem::take(&mut self.left_out)).filter(|count| *count > 0);
            (self.since, self.told) = (Some(now), 0);
        }
        if self.told >= NOTES_MAX {
            self.left_out += 1;
            return Lines { left_out, line: None };
        }
        self.told += 1;
        let Note { topic, sentence, .. } = note;
        let when =
            begun.map_or_else(String::new, |begun| format!(" after {:.3} s", now.duration_since(begun).as_secs_f64()));
        let line = format!("{topic}{when}: {sentence}");
        Lines { left_out, line: Some(line.chars().map(|c| if c.is_control() { '?' } else { c }).collect()) }
    }

    /// When the story began that the note goes on with.
    fn time(&mut self, note: &Note, now: Instant) -> Option<Instant> {
        match note.chapter {
            Chapter::Begins => {
                self.begun.insert(note.topic, now);
                None
            }
            Chapter::GoesOn => self.begun.get(note.topic).copied(),
            Chapter::Ends => self.begun.remove(note.topic),
        }
    }
}

#[cfg(test)]
mod tests;

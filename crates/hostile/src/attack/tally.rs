//! What came of an attack, and whether it was one: an attack that reached nobody shows nothing.

use crate::channel::Fate;
use std::io;

/// What came of an attack.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Connections or requests that were tried.
    pub(crate) actions: u64,
    /// Connections that the other side ended.
    pub(crate) closed: u64,
    /// Connections that we ended.
    pub(crate) left: u64,
    /// Of the actions, those that did not come about for want of a connection.
    pub(crate) failed: u64,
    /// Bytes that came back over standing channels.
    pub(crate) heard: u64,
    /// Of those attacks that wait for answers: how many they believed.
    pub(crate) answered: u64,
}

/// What must have come about at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A replica closed a connection.
    Closed,
    /// A connection was made, and ended by us.
    Left,
    /// Either of the two.
    ClosedOrLeft,
    /// Replicas said something to it.
    Heard,
    /// An answer was believed.
    Answered,
}

impl Tally {
    /// One connection has ended, or did not come about.
    pub(super) fn count(&mut self, fate: io::Result<Fate>) {
        match fate {
            Ok(Fate::Closed) => self.closed += 1,
            Ok(Fate::Left) => self.left += 1,
            Err(_) => self.failed += 1,
        }
    }

    /// Why this was no attack, in sentences.
    pub(super) fn wrong(&self, mark: Mark) -> Vec<String> {
        let mut wrong = Vec::new();
        let Self { actions, failed, .. } = self;
        if *actions == 0 || *failed > actions / 2 {
            wrong.push(format!("the attack failed itself: {failed} of {actions} actions did not come about"));
        }
        let (count, what) = match mark {
            Mark::Closed => (self.closed, "no connection was closed by a replica"),
            Mark::Left => (self.left, "no connection came about"),
            Mark::ClosedOrLeft => (self.closed + self.left, "no connection came to an end"),
            Mark::Heard => (self.heard, "no replica said anything"),
            Mark::Answered => (self.answered, "no answer was believed"),
        };
        if count == 0 {
            wrong.push(what.to_owned());
        }
        wrong
    }
}

#[cfg(test)]
mod tests;

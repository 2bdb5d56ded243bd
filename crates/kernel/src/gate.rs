//! Output commit, once for every driver: nothing leaves before everything said earlier is durable (C2).
//!
//! The gate stands between a step's effects and the world. The driver feeds it effects in order, does what comes
//! back, writes the log commands in order, and tells the gate how many of them are durable; group commit falls
//! out of that. The gate does no I/O and knows no protocol.

use crate::codec::Encode;
use crate::digest::Digest;
use crate::process::{Effect, Process, Record, Task};
use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;

/// What to do with the log. Commands are executed in order; the n-th one is position n.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogCommand {
    /// Append a record.
    Append(Vec<u8>),
    /// Replace everything by these records, atomically.
    Replace(Vec<Vec<u8>>),
}

/// What became of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted<P: Process> {
    /// It may happen now.
    Now(Effect<P>),
    /// It is a command to the log.
    Log(LogCommand),
    /// It waits for the log.
    Held,
    /// It says again what the log already holds, so there is nothing to do.
    Elided,
}

/// Holds back what may not leave yet.
#[derive(Clone, Debug)]
pub struct Gate<P: Process> {
    /// Effects with the log position that has to be durable first, in order. Whoever drives the process bounds
    /// this by not stepping it while [`Gate::held`] is beyond its own limit.
    waiting: VecDeque<(u64, Effect<P>)>,
    /// How many of them are installations, and tasks that wait behind one. While there are any, later tasks wait, too:
    /// a batch would be executed on the state that is being replaced, or before the batches ahead of it.
    waiting_tasks: usize,
    /// How many log commands were given out.
    commanded: u64,
    /// How many of them are durable.
    durable: u64,
    /// The vows in the log, so that repeating one costs no record. Reset by compaction, hence bounded by the log.
    recorded: BTreeSet<Digest>,
}

fn fingerprint(record: &[u8]) -> Digest {
    Digest::of("synod gate v1", record)
}

/// Whether later tasks may not overtake this one. A checkpoint may be overtaken: which state it makes durable is
/// settled before it is asked for. So may what discards older ones.
fn leads_tasks<P: Process>(effect: &Effect<P>) -> bool {
    matches!(effect, Effect::Ask(task) if !matches!(task, Task::Checkpoint { .. } | Task::Discard { .. }))
}

impl<P: Process> Gate<P> {
    /// A gate in front of a log in which these records are durable. What was merely read back is not enough: a
    /// repeated vow is not recorded again, so a driver syncs a recovered log before it makes its gate.
    pub fn new(records: &[Record<P>]) -> Self {
        let vows = records.iter().filter(|record| matches!(record, Record::Vow(_)));
        let recorded = vows.map(|record| fingerprint(&record.to_bytes())).collect();
        Self { waiting: VecDeque::new(), waiting_tasks: 0, commanded: 0, durable: 0, recorded }
    }

    /// Takes the next effect of a step.
    pub fn admit(&mut self, effect: Effect<P>) -> Admitted<P> {
        match effect {
            Effect::Persist(record) => {
                let bytes = record.to_bytes();
                if matches!(record, Record::Vow(_)) && !self.recorded.insert(fingerprint(&bytes)) {
                    return Admitted::Elided;
                }
                self.commanded += 1;
                Admitted::Log(LogCommand::Append(bytes))
            }
            Effect::Compact(records) => {
                let kept: Vec<Vec<u8>> = records.iter().map(Encode::to_bytes).collect();
                let vows = records.iter().zip(&kept).filter(|(record, _)| matches!(record, Record::Vow(_)));
                self.recorded = vows.map(|(_, bytes)| fingerprint(bytes)).collect();
                self.commanded += 1;
                Admitted::Log(LogCommand::Replace(kept))
            }
            Effect::Send { .. } | Effect::Reply { .. } | Effect::Forward { .. } => self.outward(effect),
            Effect::Ask(ref task) if task.is_outward() || self.waiting_tasks > 0 => self.outward(effect),
            Effect::Ask(_) | Effect::Arm { .. } | Effect::Disarm(_) | Effect::Applied(_) | Effect::Note(_) => {
                Admitted::Now(effect)
            }
        }
    }

    fn outward(&mut self, effect: Effect<P>) -> Admitted<P> {
        if self.waiting.is_empty() && self.durable == self.commanded {
            return Admitted::Now(effect);
        }
        self.waiting_tasks += usize::from(leads_tasks(&effect));
        self.waiting.push_back((self.commanded, effect));
        Admitted::Held
    }

    /// The first `position` log commands are durable. Positions only grow; a smaller one changes nothing.
    pub fn durable(&mut self, position: u64) {
        assert!(position <= self.commanded, "the log is durable beyond what was written to it");
        self.durable = self.durable.max(position);
    }

    /// The next effect that may happen by now, in order.
    pub fn release(&mut self) -> Option<Effect<P>> {
        self.release_with_position().map(|(_, effect)| effect)
    }

    /// The same, with the position that it waited for.
    pub fn release_with_position(&mut self) -> Option<(u64, Effect<P>)> {
        let (position, _) = self.waiting.front()?;
        if *position > self.durable {
            return None;
        }
        let (position, effect) = self.waiting.pop_front()?;
        self.waiting_tasks -= usize::from(leads_tasks(&effect));
        Some((position, effect))
    }

    /// How many log commands were given out.
    pub fn commanded(&self) -> u64 {
        self.commanded
    }

    /// How many of them are durable.
    pub fn position(&self) -> u64 {
        self.durable
    }

    /// How many effects wait for the log.
    pub fn held(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests;

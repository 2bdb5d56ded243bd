//! What was decided lately and is forgotten otherwise: for replicas that lag by less than a state transfer is worth, or
//! that come out of one while the others went on.
//!
//! It is kept in memory only and bounded in bytes; losing it costs time. What is in it was proved to this replica.

use super::statement::{Checkpoint, Commit};
use alloc::collections::BTreeMap;
use synod_kernel::{Batch, Certificate, Request, Seq};

/// Batches that are kept, at most, however small.
const PLACES_MAX: usize = 1 << 14;
/// What a batch takes besides its requests, about, its proof included: bytes.
const OVERHEAD_BYTES: usize = 1024;

/// A batch with the proof that it was decided.
pub(super) type Decision = (Certificate<Commit>, Batch);

/// Decisions at and below the last stable checkpoint, and what proved the checkpoints among them.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct History {
    decisions: BTreeMap<Seq, Decision>,
    /// Checkpoints that were stable, not older than the oldest decision.
    stable: BTreeMap<Seq, Certificate<Checkpoint>>,
    bytes: usize,
}

/// What a decision counts towards a bound, in bytes.
pub(super) fn weight(batch: &Batch) -> usize {
    batch.requests().iter().map(Request::size).sum::<usize>() + OVERHEAD_BYTES
}

impl History {
    /// Keeps a decision, and forgets the oldest ones beyond so many bytes.
    pub(super) fn keep(&mut self, (certificate, batch): Decision, bytes_max: usize) {
        self.bytes += weight(&batch);
        let seq = certificate.statement().seq;
        if let Some((_, replaced)) = self.decisions.insert(seq, (certificate, batch)) {
            self.bytes -= weight(&replaced);
        }
        while self.bytes > bytes_max || self.decisions.len() > PLACES_MAX {
            let Some((_, (_, oldest))) = self.decisions.pop_first() else { return };
            self.bytes -= weight(&oldest);
        }
        let oldest = self.decisions.keys().next().copied().unwrap_or(seq);
        self.stable = self.stable.split_off(&oldest);
    }

    /// Keeps the proof of a checkpoint. At most one comes with every checkpoint interval.
    pub(super) fn keep_stable(&mut self, certificate: Certificate<Checkpoint>) {
        self.stable.insert(certificate.statement().seq, certificate);
        let oldest = self.decisions.keys().next().copied().unwrap_or_default();
        while self.stable.len() > PLACES_MAX || self.stable.first_key_value().is_some_and(|(seq, _)| *seq < oldest) {
            self.stable.pop_first();
        }
    }

    /// The decision at this place.
    pub(super) fn decision(&self, seq: Seq) -> Option<Decision> {
        self.decisions.get(&seq).cloned()
    }

    /// The proofs of checkpoints above one place, up to another.
    pub(super) fn stable(&self, above: Seq, up_to: Seq) -> impl Iterator<Item = &Certificate<Checkpoint>> {
        let is_wanted = move |seq: &Seq| above < *seq && *seq <= up_to;
        self.stable.iter().filter(move |(seq, _)| is_wanted(seq)).map(|(_, certificate)| certificate)
    }
}

#[cfg(test)]
mod tests;

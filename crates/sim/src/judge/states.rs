//! State equality: honest replicas that have executed the same batches have the same state.

use super::{Rule, Violation};
use std::collections::BTreeMap;
use synod_kernel::{Digest, ReplicaId, Seq};

/// The states that honest replicas had.
#[derive(Clone, Debug, Default)]
pub struct States {
    known: BTreeMap<Seq, (Digest, ReplicaId)>,
}

impl States {
    /// An honest replica computed the state after `seq`.
    ///
    /// # Errors
    /// If another one computed another state.
    pub fn computed(&mut self, at: ReplicaId, seq: Seq, state: Digest) -> Result<(), Violation> {
        let (known, first) = *self.known.entry(seq).or_insert((state, at));
        if known == state {
            return Ok(());
        }
        let sentence =
            format!("after {seq} the state of replica {at} is {state}, and that of replica {first} is {known}");
        Err(Violation::of(Rule::StateEquality, sentence))
    }

    /// An honest replica took over a state, or found one on its disk.
    ///
    /// # Errors
    /// If it is not the one that honest replicas computed. At zero there is nothing to compute.
    pub fn adopted(&mut self, at: ReplicaId, seq: Seq, state: Digest) -> Result<(), Violation> {
        if seq == Seq::default() || self.known.contains_key(&seq) {
            return if seq == Seq::default() { Ok(()) } else { self.computed(at, seq, state) };
        }
        let sentence = format!("replica {at} took over state {state} after {seq}, which no honest replica computed");
        Err(Violation::of(Rule::StateEquality, sentence))
    }
}

#[cfg(test)]
mod tests;

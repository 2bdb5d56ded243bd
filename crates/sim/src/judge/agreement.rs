//! Agreement: at every sequence number at most one batch is executed by honest replicas, in order, without gaps,
//! and a restart changes nothing about it.
//!
//! An execution binds when everything the replica had written by then is durable. What a replica executes on the
//! strength of its own vote, and forgets with that vote in a crash, nobody ever saw.

use super::{Rule, Violation};
use synod_kernel::{Batch, ReplicaId, Seq};

/// What honest replicas executed.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// The agreed order from sequence number 1, with who executed it first.
    order: Vec<(Batch, ReplicaId)>,
    /// The last batch that each replica's state includes.
    executed: Vec<u64>,
}

/// What an execution means for the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// Nobody had executed this sequence number before.
    New,
    /// Somebody had.
    Known,
}

impl Agreement {
    /// Before anything happened, for this many replicas.
    pub fn new(replicas: usize) -> Self {
        Self { order: Vec::new(), executed: vec![0; replicas] }
    }

    /// An honest replica executes a batch.
    ///
    /// # Errors
    /// If there is a gap before it.
    pub fn execute(&mut self, at: ReplicaId, seq: Seq) -> Result<(), Violation> {
        let before = self.executed[at.index()];
        if seq.get() != before + 1 {
            let sentence = format!("replica {at} executed {seq} when the last one it had executed was {before}");
            return Err(Violation::of(Rule::Agreement, sentence));
        }
        self.executed[at.index()] = seq.get();
        Ok(())
    }

    /// What an honest replica executed cannot be undone by a crash any more. Each tells in the order in which it
    /// executed.
    ///
    /// # Errors
    /// If another batch has this place.
    pub fn bind(&mut self, at: ReplicaId, seq: Seq, batch: &Batch) -> Result<Novelty, Violation> {
        let position = usize::try_from(seq.get() - 1).expect("sequence numbers are counted up one by one");
        match self.order.get(position) {
            Some((agreed, first)) if agreed.digest() != batch.digest() => {
                let sentence =
                    format!("at {seq} replica {at} executed {batch:?}, and replica {first} had executed {agreed:?}");
                Err(Violation::of(Rule::Agreement, sentence))
            }
            Some(_) => Ok(Novelty::Known),
            None => {
                // Whoever is the first at `seq` went through every number before it, or installed a state of somebody
                // who did, so the order has no holes.
                assert!(position == self.order.len(), "the first execution of {seq} left a hole in the order");
                self.order.push((batch.clone(), at));
                Ok(Novelty::New)
            }
        }
    }

    /// The state of an honest replica is now the one after `seq`: after a reboot, a rollback or an installation.
    ///
    /// # Errors
    /// If nobody ever executed that far.
    pub fn resume(&mut self, at: ReplicaId, seq: Seq) -> Result<(), Violation> {
        let known = self.order.len() as u64;
        self.executed[at.index()] = seq.get().min(known);
        if seq.get() <= known {
            return Ok(());
        }
        let sentence = format!("replica {at} has a state after {seq}, and no honest replica executed beyond {known}");
        Err(Violation::of(Rule::Agreement, sentence))
    }

    /// The agreed order, from sequence number 1.
    pub fn order(&self) -> impl ExactSizeIterator<Item = &Batch> {
        self.order.iter().map(|(batch, _)| batch)
    }

    /// The last batch that this replica's state includes.
    pub fn executed(&self, at: ReplicaId) -> Seq {
        Seq::new(self.executed[at.index()])
    }
}

#[cfg(test)]
mod tests;

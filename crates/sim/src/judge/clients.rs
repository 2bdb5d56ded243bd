//! What clients were promised: an acknowledged write stays where it was acknowledged, with the result it had, and in
//! the end every request is answered.

use super::reference::{Effect, Model, Reference, Submission};
use super::{Agreement, Rule, Violation};
use bytes::Bytes;
use std::collections::BTreeMap;
use synod_kernel::request::RequestKey;
use synod_kernel::{ReplicaId, Seq};

/// What correct clients asked and learned.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    open: BTreeMap<Submission, u64>,
}

impl Clients {
    /// A correct client submits something, at this time.
    pub fn submit(&mut self, submission: Submission, at: u64) {
        self.open.insert(submission, at);
    }

    /// A correct client learns that its submission is settled without results.
    pub fn refuse(&mut self, submission: Submission) {
        self.open.remove(&submission);
    }

    /// A correct client learns that its request is committed.
    ///
    /// # Errors
    /// If the agreed order does not hold it there, or the model has other results.
    pub fn acknowledge<M: Model>(
        &mut self,
        submission: Submission,
        (key, seq): (RequestKey, Seq),
        results: &[Bytes],
        reference: &Reference<M>,
    ) -> Result<(), Violation> {
        self.open.remove(&submission);
        match reference.effect(&key) {
            Some(effect) if effect.seq != seq => {
                let sentence =
                    format!("{key:?} was acknowledged at {seq}, and the agreed order has it at {}", effect.seq);
                Err(Violation::of(Rule::AcknowledgedWrites, sentence))
            }
            Some(Effect { results: expected, .. }) if expected != results => {
                let sentence = format!("a client believes {results:?} of {key:?}; the model has {expected:?}");
                Err(Violation::of(Rule::Results, sentence))
            }
            Some(_) => Ok(()),
            None => {
                let sentence = format!("{key:?} was acknowledged at {seq}, and no honest replica executed it");
                Err(Violation::of(Rule::AcknowledgedWrites, sentence))
            }
        }
    }

    /// The end of a run, after everything had its time to settle.
    ///
    /// # Errors
    /// If a request is unanswered, an honest replica lags behind the others.
    pub fn settle(
        &self,
        honest: impl IntoIterator<Item = ReplicaId>,
        agreement: &Agreement,
        now: u64,
    ) -> Result<(), Violation> {
        if let Some(((client, number), submitted)) = self.open.first_key_value() {
            let (open, now, submitted) = (self.open.len(), now / 1000, submitted / 1000);
            let sentence = format!(
                "{open} requests are unanswered at {now} ms; number {number} of client {client} since {submitted} ms"
            );
            return Err(Violation::of(Rule::Liveness, sentence));
        }
        let end = agreement.order().len() as u64;
        for id in honest {
            let executed = agreement.executed(id);
            if executed.get() != end {
                let sentence = format!("replica {id} ends at {executed}, and others at {end}");
                return Err(Violation::of(Rule::Liveness, sentence));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! What clients were promised: an acknowledged write stays where it was acknowledged, with the result it had, and in the
//! end every request is answered.

use super::reference::{Effect, Model, Reference};
use super::{Agreement, Rule, Violation};
use std::collections::BTreeMap;
use synod_kernel::request::RequestKey;
use synod_kernel::{ReplicaId, Request, Seq};

/// What correct clients asked and learned.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    open: BTreeMap<RequestKey, u64>,
}

impl Clients {
    /// A correct client submits a request for the first time, at this time.
    pub fn submit(&mut self, request: &Request, at: u64) {
        self.open.insert(request.key(), at);
    }

    /// A correct client learns that its request is committed.
    ///
    /// # Errors
    /// If the agreed order does not hold it there, or the model has another result.
    pub fn acknowledge<M: Model>(
        &mut self,
        key: RequestKey,
        seq: Seq,
        result: &[u8],
        reference: &Reference<M>,
    ) -> Result<(), Violation> {
        self.open.remove(&key);
        match reference.effect(&key) {
            Some(effect) if effect.seq != seq => {
                let sentence =
                    format!("{key:?} was acknowledged at {seq}, and the agreed order has it at {}", effect.seq);
                Err(Violation::of(Rule::AcknowledgedWrites, sentence))
            }
            Some(Effect { result: expected, .. }) if expected != result => {
                let sentence = format!("a client believes result {result:?} for {key:?}; the model has {expected:?}");
                Err(Violation::of(Rule::Results, sentence))
            }
            Some(_) => Ok(()),
            None => {
                let sentence = format!("{key:?} was acknowledged at {seq}, and no honest replica executed it");
                Err(Violation::of(Rule::AcknowledgedWrites, sentence))
            }
        }
    }

    /// Whether every request was answered.
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
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
        if let Some((key, submitted)) = self.open.first_key_value() {
            let open = self.open.len();
            let sentence = format!(
                "{open} requests are unanswered at {} ms; the first, {key:?}, was submitted at {} ms",
                now / 1000,
                submitted / 1000
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

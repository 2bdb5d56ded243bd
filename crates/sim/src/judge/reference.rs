//! The reference: the agreed order once more, executed by an independent model.
//!
//! The order is walked as it becomes known. A request is valid if a client of this run submitted it; of one request key
//! at most one body takes effect, the first in the order. What it did then is what everybody must have been told.

use super::{Rule, Violation};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use synod_kernel::process::{Executed, Fate};
use synod_kernel::request::RequestKey;
use synod_kernel::{Batch, Digest, Malformed, ReplicaId, Request, Seq};
use synod_state::{ReplyBody, Resolution, plain};

/// An independent, simple implementation of the replicated service.
pub trait Model: Clone {
    /// The results of the operations of the next request of the agreed order, which was not executed before.
    fn execute(&mut self, seq: Seq, request: &Request) -> Vec<Bytes>;
}

/// A client's number and the number of its submission. A client may sign one submission under several keys, if it was
/// proved to it that nothing under the earlier ones will ever take effect.
pub type Submission = (usize, u64);

/// What the agreed order means.
#[derive(Clone, Debug)]
pub struct Reference<M> {
    model: M,
    submitted: BTreeMap<RequestKey, BTreeMap<Digest, Submission>>,
    served: BTreeMap<Submission, RequestKey>,
    effects: BTreeMap<RequestKey, Effect>,
}

/// What a request did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Which body.
    pub request: Digest,
    /// Where.
    pub seq: Seq,
    /// With what result of each operation.
    pub results: Vec<Bytes>,
}

impl<M: Model> Reference<M> {
    /// Before anything was submitted.
    pub fn new(model: M) -> Self {
        Self { model, submitted: BTreeMap::new(), served: BTreeMap::new(), effects: BTreeMap::new() }
    }

    /// A client signed and sent a request, for the first time or again.
    pub fn submit(&mut self, submission: Submission, request: &Request) {
        self.submitted.entry(request.key()).or_default().insert(request.digest(), submission);
    }

    /// The order grew by a batch. Says how many of its requests had been executed before.
    ///
    /// # Errors
    /// If it holds a request that nobody submitted, or a submission takes effect under a second key.
    pub fn extend(&mut self, seq: Seq, batch: &Batch) -> Result<u64, Violation> {
        let mut repetitions = 0;
        for request in batch.requests() {
            let key = request.key();
            let Some(&submission) = self.submitted.get(&key).and_then(|bodies| bodies.get(&request.digest())) else {
                let sentence = format!("{request:?} was executed at {seq}, and no client submitted it");
                return Err(Violation::of(Rule::Validity, sentence));
            };
            if self.effects.contains_key(&key) {
                repetitions += 1;
                continue;
            }
            if let Some(earlier) = self.served.insert(submission, key) {
                let sentence = format!("{key:?} takes effect at {seq}, and the same submission did as {earlier:?}");
                return Err(Violation::of(Rule::Validity, sentence));
            }
            let results = self.model.execute(seq, request);
            self.effects.insert(key, Effect { request: request.digest(), seq, results });
        }
        Ok(repetitions)
    }

    /// Where the agreed order has a submission, if anywhere.
    pub fn place(&self, submission: &Submission) -> Option<Seq> {
        self.served.get(submission).and_then(|key| self.effects.get(key)).map(|effect| effect.seq)
    }

    /// What the agreed order says that this request did.
    pub fn effect(&self, key: &RequestKey) -> Option<&Effect> {
        self.effects.get(key)
    }

    /// An honest replica says what became of the requests of a batch.
    ///
    /// # Errors
    /// If an outcome is missing, had its effect elsewhere, or is not what the model says.
    pub fn check(&self, at: ReplicaId, seq: Seq, batch: &Batch, outcomes: &[Executed]) -> Result<(), Violation> {
        let asked: Vec<RequestKey> = batch.requests().iter().map(Request::key).collect();
        if !outcomes.iter().map(|outcome| outcome.request).eq(asked.iter().copied()) {
            let sentence = format!("replica {at} reported outcomes at {seq} that are not those of {batch:?}");
            return Err(Violation::of(Rule::Results, sentence));
        }
        let mut seen = BTreeSet::new();
        outcomes.iter().try_for_each(|outcome| {
            let first_here = seen.insert(outcome.request);
            let is_effect = first_here && self.effects.get(&outcome.request).is_some_and(|effect| effect.seq == seq);
            if is_effect { self.check_effect(at, outcome) } else { self.check_repetition(at, outcome) }?;
            if is_effect != (outcome.fate == Fate::Executed) {
                let sentence = format!("replica {at} counts {:?} as {:?} at {seq}", outcome.request, outcome.fate);
                return Err(Violation::of(Rule::Results, sentence));
            }
            Ok(())
        })
    }

    /// An honest replica says what became of a request that was executed before, if it still knows.
    ///
    /// # Errors
    /// As [`Reference::check`].
    pub fn check_repetition(&self, at: ReplicaId, outcome: &Executed) -> Result<(), Violation> {
        let is_refused = matches!(body(outcome), Ok(ReplyBody::Refused(_)));
        let is_known = self.effects.contains_key(&outcome.request);
        if is_known && is_refused { Ok(()) } else { self.check_effect(at, outcome) }
    }

    /// An honest replica refuses a request for good, without its being ordered.
    ///
    /// # Errors
    /// If it is no such refusal.
    pub fn check_refusal(&self, at: ReplicaId, outcome: &Executed) -> Result<(), Violation> {
        match body(outcome) {
            Ok(ReplyBody::Refused(refusal)) if refusal.is_final() && outcome.seq == Seq::default() => Ok(()),
            other => {
                let sentence = format!("replica {at} refuses {:?} with {other:?}", outcome.request);
                Err(Violation::of(Rule::Results, sentence))
            }
        }
    }

    fn check_effect(&self, at: ReplicaId, outcome: &Executed) -> Result<(), Violation> {
        let key = outcome.request;
        let Some(effect) = self.effects.get(&key) else {
            let sentence = format!("replica {at} knows an outcome of {key:?}, which is nowhere in the agreed order");
            return Err(Violation::of(Rule::Results, sentence));
        };
        if effect.seq != outcome.seq {
            let (here, there) = (outcome.seq, effect.seq);
            let sentence =
                format!("for replica {at} {key:?} took effect at {here}, and in the agreed order at {there}");
            return Err(Violation::of(Rule::Validity, sentence));
        }
        match body(outcome) {
            Ok(ReplyBody::Executed(results)) if results == effect.results => Ok(()),
            other => {
                let expected = &effect.results;
                let sentence = format!("replica {at} answers {key:?} with {other:?}; the model has {expected:?}");
                Err(Violation::of(Rule::Results, sentence))
            }
        }
    }
}

fn body(outcome: &Executed) -> Result<ReplyBody, Malformed> {
    plain::decode::<Resolution>(outcome.result.clone()).map(|resolution| resolution.body)
}

#[cfg(test)]
mod tests;

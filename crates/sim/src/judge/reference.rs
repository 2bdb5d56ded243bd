//! The reference: the agreed order once more, executed by an independent model.
//!
//! The order is walked as it becomes known. A request is valid if a client of this run submitted it; of one request key
//! at most one body takes effect, the first in the order. What it did then is what everybody must have been told.

use super::{Rule, Violation};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use synod_kernel::process::Executed;
use synod_kernel::request::RequestKey;
use synod_kernel::{Batch, Digest, ReplicaId, Request, Seq};

/// An independent, simple implementation of the replicated service.
pub trait Model: Clone {
    /// The result of the next request of the agreed order, whose key was not executed before.
    fn execute(&mut self, seq: Seq, request: &Request) -> Bytes;

    /// Whether a result says that a repetition came too late to be told what the request did the first time.
    fn is_refusal(&self, result: &Bytes) -> bool;
}

/// What the agreed order means.
#[derive(Clone, Debug)]
pub struct Reference<M> {
    model: M,
    submitted: BTreeMap<RequestKey, BTreeSet<Digest>>,
    effects: BTreeMap<RequestKey, Effect>,
}

/// What a request did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Which body.
    pub request: Digest,
    /// Where.
    pub seq: Seq,
    /// With what result.
    pub result: Bytes,
}

impl<M: Model> Reference<M> {
    /// Before anything was submitted.
    pub fn new(model: M) -> Self {
        Self { model, submitted: BTreeMap::new(), effects: BTreeMap::new() }
    }

    /// A client signed and submitted a request.
    pub fn submit(&mut self, request: &Request) {
        self.submitted.entry(request.key()).or_default().insert(request.digest());
    }

    /// The order grew by a batch. Says how many of its requests had been executed before.
    ///
    /// # Errors
    /// If it holds a request that nobody submitted.
    pub fn extend(&mut self, seq: Seq, batch: &Batch) -> Result<u64, Violation> {
        let mut repetitions = 0;
        for request in batch.requests() {
            let key = request.key();
            if !self.submitted.get(&key).is_some_and(|digests| digests.contains(&request.digest())) {
                let sentence = format!("{request:?} was executed at {seq}, and no client submitted it");
                return Err(Violation::of(Rule::Validity, sentence));
            }
            if self.effects.contains_key(&key) {
                repetitions += 1;
            } else {
                let result = self.model.execute(seq, request);
                self.effects.insert(key, Effect { request: request.digest(), seq, result });
            }
        }
        Ok(repetitions)
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
            if is_effect { self.check_effect(at, outcome) } else { self.check_repetition(at, outcome) }
        })
    }

    /// An honest replica says what became of a request that was executed before, if it still knows.
    ///
    /// # Errors
    /// As [`Reference::check`].
    pub fn check_repetition(&self, at: ReplicaId, outcome: &Executed) -> Result<(), Violation> {
        let known = self.effects.contains_key(&outcome.request);
        if known && self.model.is_refusal(&outcome.result) { Ok(()) } else { self.check_effect(at, outcome) }
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
        if effect.result != outcome.result {
            let (result, expected) = (&outcome.result, &effect.result);
            let sentence = format!("replica {at} has result {result:?} for {key:?}, and the model has {expected:?}");
            return Err(Violation::of(Rule::Results, sentence));
        }
        Ok(())
    }
}

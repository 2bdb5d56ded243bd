//! Timing what happens on the main thread, and what begins on one thread and ends on another.
//!
//! What is timed across threads is a sample: at most [`SAMPLES_MAX`] requests and as many batches at a time, however
//! many are under way.

use crate::metrics::{Meter, Metrics, Stage};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use synod_kernel::{Batch, RequestKey, Seq};

/// Requests, and batches, that are timed at once.
const SAMPLES_MAX: usize = 64;
/// A request that is not decided for so long is given up, so that what is refused does not take all the places.
const REQUEST_AGE_MAX: Duration = Duration::from_secs(10);

/// The clocks of the main thread.
pub(super) struct Stages {
    /// The protocol.
    pub(super) order: Meter,
    /// To replicas.
    pub(super) send: Meter,
    /// To clients.
    pub(super) reply: Meter,
    /// When requests reached the protocol.
    entered: BTreeMap<RequestKey, Instant>,
    /// When it was last looked for requests that are too old.
    swept: Instant,
    /// When batches were executed of which no reply has left.
    executed: BTreeMap<Seq, Instant>,
}

impl Stages {
    /// Nothing is under way.
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            order: metrics.stage(Stage::Order),
            send: metrics.stage(Stage::Send),
            reply: metrics.stage(Stage::Reply),
            entered: BTreeMap::new(),
            swept: Instant::now(),
            executed: BTreeMap::new(),
        }
    }

    /// A request is about to enter the protocol.
    pub(super) fn enters(&mut self, key: RequestKey) {
        if self.entered.len() >= SAMPLES_MAX {
            if self.swept.elapsed() < REQUEST_AGE_MAX {
                return;
            }
            self.swept = Instant::now();
            self.entered.retain(|_, since| since.elapsed() < REQUEST_AGE_MAX);
        } else {
            self.entered.entry(key).or_insert_with(Instant::now);
        }
    }

    /// The protocol has decided a batch.
    pub(super) fn decided(&mut self, batch: &Batch) {
        if self.entered.is_empty() {
            return;
        }
        for request in batch.requests() {
            if let Some(since) = self.entered.remove(&request.key()) {
                self.order.waited(since, Instant::now());
            }
        }
    }

    /// A batch was executed at that moment.
    pub(super) fn executed(&mut self, seq: Seq, at: Instant) {
        if self.executed.len() >= SAMPLES_MAX {
            self.executed.pop_first();
        }
        self.executed.insert(seq, at);
    }

    /// A reply from this batch has been handed to the network.
    pub(super) fn replied(&mut self, seq: Seq) {
        if let Some(since) = self.executed.remove(&seq) {
            self.reply.waited(since, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests;

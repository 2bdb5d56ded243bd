//! Many tasks, each with an operation of its own; few signed requests.
//!
//! An operation on an idle handle leaves at once, by itself. While as many requests are under way as are allowed, what
//! comes in waits and leaves together as soon as one of them has its outcome. There is no timer: bundles grow with the
//! load and with nothing else. Operations leave in the order in which they came, and every caller is told what became
//! of its own.

mod packer;
mod worker;

use super::handle::{CallError, Client};
use bytes::Bytes;
use packer::{Packer, Waiting};
use std::sync::Arc;
use synod_kernel::request::{MAX_REQUEST_BYTES, RequestError};
use synod_state::client::{Outcome, SubmitError};
use tokio::sync::{Semaphore, mpsc, oneshot};
use worker::Worker;

/// Operations that wait to leave, at most. Callers wait beyond it.
const QUEUE_OPERATIONS: usize = 4096;
/// Bytes of operations that wait to leave, at most. Callers wait beyond it.
const QUEUE_BYTES: usize = 2 * MAX_REQUEST_BYTES;

/// Bundles operations of many tasks into signed requests. Clones feed the same bundles.
///
/// What waits is bounded by 4096 operations and by twice the bytes of the largest request; who comes when that is used
/// up waits for room. When the last handle is dropped, what was taken in still leaves.
#[derive(Clone, Debug)]
pub struct Bundler {
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
}

/// What became of one operation: the outcome of the request it left in, and its place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationOutcome {
    request: Arc<Outcome>,
    index: usize,
}

impl Bundler {
    /// Requests under way at once that serve most loads well: one is ordered while the next one is on its way.
    pub const USUAL_REQUESTS: usize = 2;

    /// Starts to bundle for `client` on the current tokio runtime, with at most `requests_max` requests under way at
    /// once; of 0 it makes 1. More requests shorten the wait of an operation and make bundles smaller, which costs a
    /// signature, its checks and its replies for each.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(client: Client, requests_max: usize) -> Self {
        let (bundler, packer) = Self::open();
        tokio::spawn(Worker::new(client, requests_max, packer).run());
        bundler
    }

    fn open() -> (Self, Packer) {
        let (queue, waiting) = mpsc::channel(QUEUE_OPERATIONS);
        (Self { queue, room: Arc::new(Semaphore::new(QUEUE_BYTES)) }, Packer::new(waiting))
    }

    /// Has one operation ordered and executed, and waits for what becomes of it.
    ///
    /// Bundles are called for as by [`Client::call`]: one whose outcome stays [`Outcome::Unknown`] after the client's
    /// patience is given up, and each of its operations may or may not have happened. Calling again with the same
    /// operation is a new request, which may make it happen twice; who cannot bear that uses [`Client::submit`] and
    /// [`Client::retry`], or makes the operation itself conditional.
    ///
    /// A caller that stops waiting takes its operation back if it has not left yet.
    ///
    /// # Errors
    /// [`CallError`], if the operation cannot be part of any request, or the client has no room and no request of this
    /// bundler is under way that could make some. Nothing was sent then.
    pub async fn call(&self, operation: Bytes) -> Result<OperationOutcome, CallError> {
        let too_large = CallError::Submit(SubmitError::Request(RequestError::TooLarge(operation.len())));
        let bytes = u32::try_from(operation.len()).ok().filter(|_| operation.len() <= MAX_REQUEST_BYTES);
        let bytes = bytes.ok_or(too_large)?;
        let room = self.room.clone().acquire_many_owned(bytes).await.expect("nobody closes it");
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { operation, answer, room };
        self.queue.send(waiting).await.map_err(|_| CallError::Ended)?;
        answered.await.unwrap_or(Err(CallError::Ended))
    }
}

impl OperationOutcome {
    /// What became of the whole request. A certificate in it covers the results of all its operations.
    pub fn request(&self) -> &Outcome {
        &self.request
    }

    /// The operation's place among those of the request, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The operation's own result, if it was executed.
    pub fn result(&self) -> Option<&Bytes> {
        match &*self.request {
            Outcome::Committed { results, .. } => results.get(self.index),
            Outcome::Rejected(_) | Outcome::Unavailable | Outcome::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests;

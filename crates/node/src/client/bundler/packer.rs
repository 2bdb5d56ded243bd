//! Which of the operations that wait leave together.
//!
//! A bundle takes what is there, in order, up to the bounds of a request, and leaves out who has gone away meanwhile.

use super::OperationOutcome;
use crate::client::handle::CallError;
use bytes::Bytes;
use std::sync::Arc;
use synod_kernel::request::{MAX_OPERATIONS, MAX_REQUEST_BYTES};
use synod_state::client::Outcome;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// One operation and who waits for it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) operation: Bytes,
    pub(super) answer: oneshot::Sender<Result<OperationOutcome, CallError>>,
    /// Its bytes in the queue.
    pub(super) room: OwnedSemaphorePermit,
}

/// Operations that leave as one request, with their callers in the same order.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    pub(super) operations: Vec<Bytes>,
    callers: Vec<oneshot::Sender<Result<OperationOutcome, CallError>>>,
    bytes: usize,
}

impl Bundle {
    fn has_room_for(&self, waiting: &Waiting) -> bool {
        self.operations.len() < MAX_OPERATIONS && self.bytes + waiting.operation.len() <= MAX_REQUEST_BYTES
    }

    fn add(&mut self, waiting: Waiting) {
        self.bytes += waiting.operation.len();
        self.operations.push(waiting.operation);
        self.callers.push(waiting.answer);
        drop(waiting.room);
    }

    /// Tells every caller what became of its operation.
    pub(super) fn settle(self, result: Result<Outcome, CallError>) {
        let result = result.map(Arc::new);
        for (index, caller) in self.callers.into_iter().enumerate() {
            let own = result.clone().map(|request| OperationOutcome { request, index });
            // Who has gone away does not want to know.
            let _ = caller.send(own);
        }
    }
}

/// The queue and the one operation of it that did not fit into the last bundle.
#[derive(Debug)]
pub(super) struct Packer {
    queue: mpsc::Receiver<Waiting>,
    carried: Option<Waiting>,
}

impl Packer {
    pub(super) fn new(queue: mpsc::Receiver<Waiting>) -> Self {
        Self { queue, carried: None }
    }

    /// Waits for an operation and packs it with all that wait behind it, as far as they fit; `None` when no more can
    /// come. May be cancelled.
    pub(super) async fn next(&mut self) -> Option<Bundle> {
        loop {
            let first = match self.carried.take() {
                Some(carried) => carried,
                None => self.queue.recv().await?,
            };
            let bundle = self.pack(first);
            if !bundle.operations.is_empty() {
                return Some(bundle);
            }
        }
    }

    fn pack(&mut self, first: Waiting) -> Bundle {
        let mut bundle = Bundle::default();
        let mut next = Some(first);
        while let Some(waiting) = next {
            if waiting.answer.is_closed() {
                drop(waiting);
            } else if bundle.has_room_for(&waiting) {
                bundle.add(waiting);
            } else {
                self.carried = Some(waiting);
                break;
            }
            next = self.queue.try_recv().ok();
        }
        bundle
    }
}

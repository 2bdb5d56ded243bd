//! What all clients together may have waiting to be sent to them.
//!
//! A client that does not read its answers has them kept for it, and there may be many such clients. When the room they
//! share is used up, the connection that takes up most of it is closed, until there is room again: whoever reads has
//! next to nothing waiting and is never the one.

use super::queue::{Closing, Overflow, SendQueue};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The room, and the queues in it.
#[derive(Debug)]
pub(crate) struct Room {
    bytes_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    bytes: usize,
    /// One for each connection that is up, and some that are not any more.
    queues: Vec<Weak<SendQueue>>,
}

impl Room {
    /// Room for so many bytes.
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { bytes_max, inner: Mutex::default() })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A queue in this room that is closed when it is full.
    pub(crate) fn queue(self: &Arc<Self>, bytes_max: usize, frames_max: usize) -> Arc<SendQueue> {
        let queue = Arc::new(SendQueue::new(bytes_max, frames_max, Overflow::Close).within(self.clone()));
        let mut inner = self.inner();
        inner.queues.retain(|other| other.strong_count() > 0);
        inner.queues.push(Arc::downgrade(&queue));
        queue
    }

    /// Takes up so many bytes, and closes the largest queues for it if it has to. What is larger than the whole room
    /// gets in when nothing else is there.
    pub(super) fn take(&self, bytes: usize) {
        while let Some(largest) = self.take_or_find(bytes) {
            largest.close(Closing::TooSlow);
        }
    }

    /// Takes up so many bytes; or names the queue that has to be closed first, with the room unlocked.
    fn take_or_find(&self, bytes: usize) -> Option<Arc<SendQueue>> {
        // Outlives the lock: these may be the last references to some, and a queue that goes gives its bytes back here.
        let mut queues = Vec::new();
        let mut inner = self.inner();
        if inner.bytes + bytes > self.bytes_max {
            queues.extend(inner.queues.iter().filter_map(Weak::upgrade));
            let largest = queues.iter().max_by_key(|queue| queue.held()).filter(|queue| queue.held() > 0);
            if let Some(largest) = largest {
                return Some(largest.clone());
            }
        }
        inner.bytes += bytes;
        None
    }

    /// Gives so many bytes back.
    pub(super) fn give_back(&self, bytes: usize) {
        self.inner().bytes -= bytes;
    }

    /// Bytes taken up.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.inner().bytes
    }
}

#[cfg(test)]
mod tests;

//! The queue in front of the verification threads, in two lanes.
//!
//! Replicas and clients have a lane each, and the threads take from them in turn, so that however much clients send,
//! replicas get half of the threads' time. The lanes have no bound of their own: every job in them holds a part of its
//! sender's budget, and that is bounded.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};

/// Which lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    Replicas,
    Clients,
}

/// Two queues with many readers.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    inner: Mutex<Inner<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inner<T> {
    replicas: VecDeque<T>,
    clients: VecDeque<T>,
    clients_next: bool,
    closed: bool,
}

impl<T> Inner<T> {
    fn pop(&mut self) -> Option<T> {
        let (first, second) = match self.clients_next {
            true => (&mut self.clients, &mut self.replicas),
            false => (&mut self.replicas, &mut self.clients),
        };
        self.clients_next = !self.clients_next;
        first.pop_front().or_else(|| second.pop_front())
    }
}

impl<T> Lanes<T> {
    /// Two empty lanes.
    pub(super) fn new() -> Self {
        let inner = Inner { replicas: VecDeque::new(), clients: VecDeque::new(), clients_next: false, closed: false };
        Self { inner: Mutex::new(inner), changed: Condvar::new() }
    }

    /// Appends to a lane.
    pub(super) fn push(&self, lane: Lane, item: T) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match lane {
            Lane::Replicas => inner.replicas.push_back(item),
            Lane::Clients => inner.clients.push_back(item),
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Waits for items and takes a fair share of them for one of `readers`, at most `maximum`; none once closed.
    pub(super) fn take(&self, readers: usize, maximum: usize) -> Vec<T> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if inner.closed {
                return Vec::new();
            }
            let waiting = inner.replicas.len() + inner.clients.len();
            let share = waiting.div_ceil(readers.max(1)).min(maximum);
            if share > 0 {
                return std::iter::from_fn(|| inner.pop()).take(share).collect();
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets every reader go, and forgets what is queued.
    pub(super) fn close(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.closed = true;
        inner.replicas.clear();
        inner.clients.clear();
        drop(inner);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;

//! The queue in front of the verification threads, in two lanes.
//!
//! Replicas and clients have a lane each, and the threads take from them in turn; within a lane every peer that has
//! something waiting has its turn. So however much clients send, replicas get half of the threads' time, and however
//! much one peer sends, it gets no more than its share while others have something, too. What was taken counts until
//! the protocol is done with it, and nobody has more than a little there: behind the threads there is one queue for
//! all.
//!
//! The lanes have no bound of their own: every job in them holds a part of its sender's budget, and that is bounded.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use synod_kernel::Address;

/// Jobs of one replica that are taken and not done, at most.
const OF_REPLICA: usize = 256;
/// Jobs of one client that are taken and not done, at most.
const OF_CLIENT: usize = 64;
/// The same of all clients together.
const OF_CLIENTS: usize = 512;

/// Two lanes with many readers.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    inner: Mutex<Inner<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inner<T> {
    replicas: Lane<T>,
    clients: Lane<T>,
    clients_next: bool,
    closed: bool,
}

/// Peers that take turns.
#[derive(Debug)]
struct Lane<T> {
    /// Those who have something waiting, or taken and not done.
    peers: BTreeMap<Address, Peer<T>>,
    /// Those from whom something may be taken, once each.
    turns: VecDeque<Address>,
    waiting: usize,
    taken: usize,
    taken_max: usize,
    taken_of_peer_max: usize,
}

#[derive(Debug)]
struct Peer<T> {
    waiting: VecDeque<T>,
    taken: usize,
}

impl<T> Lane<T> {
    fn new(taken_max: usize, taken_of_peer_max: usize) -> Self {
        Self { peers: BTreeMap::new(), turns: VecDeque::new(), waiting: 0, taken: 0, taken_max, taken_of_peer_max }
    }

    fn push(&mut self, address: Address, item: T) {
        let peer = self.peers.entry(address).or_insert_with(|| Peer { waiting: VecDeque::new(), taken: 0 });
        if peer.waiting.is_empty() && peer.taken < self.taken_of_peer_max {
            self.turns.push_back(address);
        }
        peer.waiting.push_back(item);
        self.waiting += 1;
    }

    fn pop(&mut self) -> Option<T> {
        if self.taken >= self.taken_max {
            return None;
        }
        let address = self.turns.pop_front()?;
        let peer = self.peers.get_mut(&address)?;
        let item = peer.waiting.pop_front()?;
        peer.taken += 1;
        self.taken += 1;
        self.waiting -= 1;
        if !peer.waiting.is_empty() && peer.taken < self.taken_of_peer_max {
            self.turns.push_back(address);
        }
        Some(item)
    }

    /// Something of this peer is done. True if something may be taken that might not before.
    fn done(&mut self, address: Address) -> bool {
        let was_full = self.taken >= self.taken_max;
        let Some(peer) = self.peers.get_mut(&address) else { return false };
        let had_enough = peer.taken >= self.taken_of_peer_max;
        peer.taken -= 1;
        self.taken -= 1;
        if had_enough && !peer.waiting.is_empty() {
            self.turns.push_back(address);
        }
        if peer.taken == 0 && peer.waiting.is_empty() {
            self.peers.remove(&address);
        }
        (was_full || had_enough) && !self.turns.is_empty()
    }

    fn clear(&mut self) {
        self.peers.values_mut().for_each(|peer| peer.waiting.clear());
        self.turns.clear();
        self.waiting = 0;
    }
}

impl<T> Inner<T> {
    fn lane(&mut self, address: Address) -> &mut Lane<T> {
        match address {
            Address::Replica(_) => &mut self.replicas,
            Address::Client(_) => &mut self.clients,
        }
    }

    fn pop(&mut self) -> Option<T> {
        let (first, second) = match self.clients_next {
            true => (&mut self.clients, &mut self.replicas),
            false => (&mut self.replicas, &mut self.clients),
        };
        self.clients_next = !self.clients_next;
        first.pop().or_else(|| second.pop())
    }
}

impl<T> Lanes<T> {
    /// Two empty lanes.
    pub(super) fn new() -> Self {
        let inner = Inner {
            replicas: Lane::new(usize::MAX, OF_REPLICA),
            clients: Lane::new(OF_CLIENTS, OF_CLIENT),
            clients_next: false,
            closed: false,
        };
        Self { inner: Mutex::new(inner), changed: Condvar::new() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends what a peer sent.
    pub(super) fn push(&self, address: Address, item: T) {
        self.inner().lane(address).push(address, item);
        self.changed.notify_one();
    }

    /// Waits for items and takes a fair share of them for one of `readers`, at most `maximum`; none once closed. For
    /// each there has to be a [`Turn`], at once.
    pub(super) fn take(&self, readers: usize, maximum: usize) -> Vec<T> {
        let mut inner = self.inner();
        loop {
            if inner.closed {
                return Vec::new();
            }
            let waiting = inner.replicas.waiting + inner.clients.waiting;
            let share = waiting.div_ceil(readers.max(1)).min(maximum);
            let taken: Vec<T> = std::iter::from_fn(|| inner.pop()).take(share).collect();
            if !taken.is_empty() {
                return taken;
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, address: Address) {
        if self.inner().lane(address).done(address) {
            self.changed.notify_one();
        }
    }

    /// Lets every reader go, and forgets what is queued.
    pub(super) fn close(&self) {
        let mut inner = self.inner();
        inner.closed = true;
        inner.replicas.clear();
        inner.clients.clear();
        drop(inner);
        self.changed.notify_all();
    }
}

/// Stands for something that was taken and is not done; it is when this is dropped.
#[derive(Debug)]
pub(super) struct Turn<T> {
    lanes: Arc<Lanes<T>>,
    address: Address,
}

impl<T> Turn<T> {
    /// For something of this peer that was taken.
    pub(super) fn new(lanes: &Arc<Lanes<T>>, address: Address) -> Self {
        Self { lanes: lanes.clone(), address }
    }
}

impl<T> Drop for Turn<T> {
    fn drop(&mut self) {
        self.lanes.done(self.address);
    }
}

#[cfg(test)]
mod tests;

//! The queue in front of the verification threads, in three lanes.
//!
//! What replicas say, the requests that they hand on and what clients ask have a lane each. Every second turn is the
//! replicas' own, and the other two share the rest; within a lane every peer that has something waiting has its turn.
//! So however much clients send, and have handed on, replicas get half of the threads' time, and however much one peer
//! sends, it gets no more than its share while others have something, too. A turn is worth [`TURN_CHECKS`] signatures:
//! whoever sent something with more of them sits out turns while others wait. What was taken counts until the protocol
//! is done with it, and nobody has more than a little there: behind the threads there is one queue for all replicas,
//! and one for all requests.
//!
//! The lanes have no bound of their own: every job in them holds a part of its sender's budget, and that is bounded.
//! Requests that a replica hands on may have half of its budget, because they wait for the service when it is slow, and
//! what the replica itself has to say must not; more are turned away.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use synod_kernel::Address;

/// Jobs of one replica that are taken and not done, at most: as many again of the requests that it hands on.
const OF_REPLICA: usize = 256;
/// Jobs of one client that are taken and not done, at most.
const OF_CLIENT: usize = 64;
/// The same of all clients together.
const OF_CLIENTS: usize = 512;
/// Signatures that a turn is worth.
const TURN_CHECKS: usize = 64;
/// Turns that a peer sits out, at most, whatever it sent.
const DEBT_MAX: usize = 256 * TURN_CHECKS;
/// Bytes after which no more is taken at once. A signature takes 64 of them, so there are about a thousand at most, and
/// those of one frame that is larger.
const BYTES_AT_ONCE: usize = 64 << 10;

/// Which lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// What replicas say to each other.
    Messages,
    /// Requests that replicas hand on.
    Relayed,
    /// Requests of clients.
    Clients,
}

/// In which order lanes have their turn.
const TURNS: [Way; 4] = [Way::Messages, Way::Relayed, Way::Messages, Way::Clients];

/// Who sent something, in which lane, and how much it takes of its sender's budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) way: Way,
    pub(super) peer: Address,
    pub(super) bytes: usize,
}

/// Three lanes with many readers.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    inner: Mutex<Inner<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Inner<T> {
    messages: Lane<T>,
    relayed: Lane<T>,
    clients: Lane<T>,
    /// Whose turn is next, in [`TURNS`].
    next: usize,
    closed: bool,
}

/// Peers that take turns.
#[derive(Debug)]
struct Lane<T> {
    /// Those who have something waiting, or taken and not done.
    peers: BTreeMap<Address, Peer<T>>,
    /// Those from whom something may be taken, once each.
    turns: VecDeque<Address>,
    /// Signatures beyond what turns were worth, of those who sent so many while others waited.
    debts: BTreeMap<Address, usize>,
    waiting: usize,
    taken: usize,
    taken_max: usize,
    taken_of_peer_max: usize,
    bytes_of_peer_max: usize,
}

#[derive(Debug)]
struct Peer<T> {
    waiting: VecDeque<(usize, T)>,
    taken: usize,
    /// Of what waits and of what is taken.
    bytes: usize,
}

impl<T> Lane<T> {
    fn new(taken_max: usize, taken_of_peer_max: usize, bytes_of_peer_max: usize) -> Self {
        let (peers, turns, debts) = (BTreeMap::new(), VecDeque::new(), BTreeMap::new());
        Self { peers, turns, debts, waiting: 0, taken: 0, taken_max, taken_of_peer_max, bytes_of_peer_max }
    }

    /// Appends an item. False if its peer has no room for it; one item always has.
    fn push(&mut self, address: Address, bytes: usize, item: T) -> bool {
        if self.waiting == 0 {
            // Nobody waits for anybody.
            self.debts.clear();
        }
        let new = || Peer { waiting: VecDeque::new(), taken: 0, bytes: 0 };
        let peer = self.peers.entry(address).or_insert_with(new);
        if peer.bytes > 0 && peer.bytes + bytes > self.bytes_of_peer_max {
            return false;
        }
        if peer.waiting.is_empty() && peer.taken < self.taken_of_peer_max {
            self.turns.push_back(address);
        }
        peer.bytes += bytes;
        peer.waiting.push_back((bytes, item));
        self.waiting += 1;
        true
    }

    /// Whose turn it is. Whoever is in debt passes it on as long as there is somebody else.
    fn next_turn(&mut self) -> Option<Address> {
        loop {
            let address = self.turns.pop_front()?;
            let Some(debt) = self.debts.get_mut(&address).filter(|_| !self.turns.is_empty()) else {
                return Some(address);
            };
            *debt = debt.saturating_sub(TURN_CHECKS);
            if *debt == 0 {
                self.debts.remove(&address);
            }
            self.turns.push_back(address);
        }
    }

    fn pop(&mut self) -> Option<(usize, T)> {
        if self.taken >= self.taken_max {
            return None;
        }
        let address = self.next_turn()?;
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

    /// Something of this peer had so many signatures.
    fn charge(&mut self, address: Address, checks: usize) {
        if checks > TURN_CHECKS {
            let debt = self.debts.entry(address).or_default();
            *debt = (*debt + checks - TURN_CHECKS).min(DEBT_MAX);
        }
    }

    /// Something of this peer is done. True if something may be taken that might not before.
    fn done(&mut self, address: Address, bytes: usize) -> bool {
        let was_full = self.taken >= self.taken_max;
        let Some(peer) = self.peers.get_mut(&address) else { return false };
        let had_enough = peer.taken >= self.taken_of_peer_max;
        peer.taken -= 1;
        peer.bytes -= bytes;
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
        for peer in self.peers.values_mut() {
            peer.bytes -= peer.waiting.drain(..).map(|(bytes, _)| bytes).sum::<usize>();
        }
        self.turns.clear();
        self.waiting = 0;
    }
}

impl<T> Inner<T> {
    fn lane(&mut self, way: Way) -> &mut Lane<T> {
        match way {
            Way::Messages => &mut self.messages,
            Way::Relayed => &mut self.relayed,
            Way::Clients => &mut self.clients,
        }
    }

    /// From the lane whose turn it is, or else from one after it.
    fn pop(&mut self) -> Option<(usize, T)> {
        let first = self.next;
        self.next = (first + 1) % TURNS.len();
        (first..first + TURNS.len()).find_map(|turn| self.lane(TURNS[turn % TURNS.len()]).pop())
    }
}

impl<T> Lanes<T> {
    /// Empty lanes. Requests that one replica hands on may take so many bytes of its budget.
    pub(super) fn new(relayed_bytes_max: usize) -> Self {
        let inner = Inner {
            messages: Lane::new(usize::MAX, OF_REPLICA, usize::MAX),
            relayed: Lane::new(usize::MAX, OF_REPLICA, relayed_bytes_max),
            clients: Lane::new(OF_CLIENTS, OF_CLIENT, usize::MAX),
            next: 0,
            closed: false,
        };
        Self { inner: Mutex::new(inner), changed: Condvar::new() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends what a peer sent. False if there is no room for it.
    pub(super) fn push(&self, Ticket { way, peer, bytes }: Ticket, item: T) -> bool {
        let has_room = self.inner().lane(way).push(peer, bytes, item);
        self.changed.notify_one();
        has_room
    }

    /// Waits for items and takes a fair share of them for one of `readers`, at most `maximum`; none once closed. For
    /// each there has to be a [`Turn`], at once.
    pub(super) fn take(&self, readers: usize, maximum: usize) -> Vec<T> {
        let mut inner = self.inner();
        loop {
            if inner.closed {
                return Vec::new();
            }
            let waiting = inner.messages.waiting + inner.relayed.waiting + inner.clients.waiting;
            let share = waiting.div_ceil(readers.max(1)).min(maximum);
            let (mut taken, mut bytes) = (Vec::new(), 0);
            while taken.len() < share
                && bytes < BYTES_AT_ONCE
                && let Some((size, item)) = inner.pop()
            {
                bytes += size;
                taken.push(item);
            }
            if !taken.is_empty() {
                return taken;
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says how many signatures something had that was taken.
    pub(super) fn charge(&self, Ticket { way, peer, .. }: Ticket, checks: usize) {
        if checks > TURN_CHECKS {
            self.inner().lane(way).charge(peer, checks);
        }
    }

    fn done(&self, Ticket { way, peer, bytes }: Ticket) {
        if self.inner().lane(way).done(peer, bytes) {
            self.changed.notify_one();
        }
    }

    /// Lets every reader go, and forgets what is queued.
    pub(super) fn close(&self) {
        let mut inner = self.inner();
        inner.closed = true;
        [Way::Messages, Way::Relayed, Way::Clients].into_iter().for_each(|way| inner.lane(way).clear());
        drop(inner);
        self.changed.notify_all();
    }
}

/// Stands for something that was taken and is not done; it is when this is dropped.
#[derive(Debug)]
pub(super) struct Turn<T> {
    lanes: Arc<Lanes<T>>,
    ticket: Ticket,
}

impl<T> Turn<T> {
    /// For something that was taken.
    pub(super) fn new(lanes: &Arc<Lanes<T>>, ticket: Ticket) -> Self {
        Self { lanes: lanes.clone(), ticket }
    }

    /// Says how many signatures it had.
    pub(super) fn charge(&self, checks: usize) {
        self.lanes.charge(self.ticket, checks);
    }
}

impl<T> Drop for Turn<T> {
    fn drop(&mut self) {
        self.lanes.done(self.ticket);
    }
}

#[cfg(test)]
mod tests;

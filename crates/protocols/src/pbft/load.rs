//! How much waits, of whom, and by which way it came: the bound on what clients can make a replica keep.
//!
//! Every way has room of its own. What a client sends to the primary itself must not take the place of what backups
//! hand on for it: a client that keeps the primary full could otherwise have the primary turn away what the backups
//! wait for, and they would replace a correct primary.
//!
//! Nobody fills a way alone: a client that sends gets no more room than is still free beside it. When many have taken
//! what they can, what becomes free goes to those who have least, because whoever has more than is free gets nothing.

use alloc::collections::BTreeMap;
use synod_kernel::request::REQUEST_MEMORY;
use synod_kernel::{ClientId, ReplicaId};

/// What may wait of one client that came one way.
const OF_CLIENT: Load = Load { requests: 128, bytes: 8 << 20 };
/// What may wait of all clients that came one way.
const OF_ALL: Load = Load { requests: 1 << 14, bytes: 32 << 20 };
/// How much more room than that the primary has for each backup. A backup hands on what clients send to it and what
/// others hand to it, hence twice the room of one way; and it may be ahead of the primary in what was executed, hence
/// twice that.
const OF_BACKUP: usize = 4;

/// Bytes that it takes to wait, at most, besides the request: places in trees, and a timer.
const WAITING_BYTES: usize = 512;

/// By which way a request came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Way {
    /// From its client.
    Sent,
    /// To a backup, from another replica.
    Relayed,
    /// To the primary, from this backup.
    HandedOn(ReplicaId),
}

impl Way {
    fn factor(self) -> usize {
        match self {
            Self::Sent | Self::Relayed => 1,
            Self::HandedOn(_) => OF_BACKUP,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Load {
    requests: usize,
    bytes: usize,
}

impl Load {
    fn plus(self, bytes: usize) -> Self {
        Self { requests: self.requests + 1, bytes: self.bytes + bytes }
    }

    fn minus(self, bytes: usize) -> Self {
        Self { requests: self.requests - 1, bytes: self.bytes - bytes }
    }

    /// Whether at least as much as this is still free when all have taken up so much.
    fn leaves_as_much(self, of_all: Self) -> bool {
        self.requests + of_all.requests <= OF_ALL.requests && self.bytes + of_all.bytes <= OF_ALL.bytes
    }

    fn fits(self, room: Self, way: Way) -> bool {
        self.requests <= room.requests * way.factor() && self.bytes <= room.bytes * way.factor()
    }
}

/// What waits. There are n + 1 ways: two with room for [`OF_ALL`], and one per backup with [`OF_BACKUP`] times that.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Loads {
    of_client: BTreeMap<(ClientId, Way), Load>,
    of_all: BTreeMap<Way, Load>,
}

impl Loads {
    /// Takes up room for a request of so many bytes. False if there is none.
    pub(super) fn admit(&mut self, client: ClientId, way: Way, bytes: usize) -> bool {
        let of_client = self.of_client.get(&(client, way)).copied().unwrap_or_default().plus(bytes);
        let of_all = self.of_all.get(&way).copied().unwrap_or_default().plus(bytes);
        if !of_client.fits(OF_CLIENT, way) || !of_all.fits(OF_ALL, way) {
            return false;
        }
        // A correct backup hands on no more than it had room for, so at the primary its room is not divided again.
        if !matches!(way, Way::HandedOn(_)) && !of_client.leaves_as_much(of_all) {
            return false;
        }
        self.of_client.insert((client, way), of_client);
        self.of_all.insert(way, of_all);
        true
    }

    /// Gives back what a request took up.
    pub(super) fn release(&mut self, client: ClientId, way: Way, bytes: usize) {
        lighten(&mut self.of_client, (client, way), bytes);
        lighten(&mut self.of_all, way, bytes);
    }
}

fn lighten<K: Ord + Copy>(loads: &mut BTreeMap<K, Load>, key: K, bytes: usize) {
    let load = loads.get(&key).map(|load| load.minus(bytes));
    match load.filter(|load| load.requests > 0) {
        Some(load) => drop(loads.insert(key, load)),
        None => drop(loads.remove(&key)),
    }
}

/// Bytes of requests that wait at one of so many replicas, at most: every way of [`Loads`] filled.
pub(super) fn bytes_max(replicas: usize) -> usize {
    (2 + OF_BACKUP * replicas.saturating_sub(1)) * (OF_ALL.bytes + OF_ALL.requests * (REQUEST_MEMORY + WAITING_BYTES))
}

#[cfg(test)]
mod tests;

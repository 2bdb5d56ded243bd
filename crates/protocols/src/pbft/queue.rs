//! What the primary proposes next: the oldest request of each client in turn.
//!
//! Clients take turns in the order of their ids, going on after the one that was served last, so nobody gains by
//! sending more, sooner or from more sides. Of one client's requests the one that arrived first goes first: it cannot
//! put one of its own behind others for ever, which backups would hold against the primary.

use alloc::collections::BTreeMap;
use core::ops::Bound;
use synod_kernel::{ClientId, RequestKey};

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    client: ClientId,
    arrival: u64,
}

/// A request that stands in the queue.
#[derive(Clone, Copy, Debug, Hash)]
struct Queued {
    key: RequestKey,
    bytes: usize,
}

/// Requests by client, and of each client by arrival. As many as are pushed and not taken or removed.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Queue {
    waiting: BTreeMap<Place, Queued>,
    /// The sizes of these requests together.
    bytes: usize,
    arrivals: u64,
    /// Who was served last.
    served: Option<ClientId>,
}

impl Queue {
    /// Puts a request of so many bytes behind all of its client.
    pub(super) fn push(&mut self, key: RequestKey, bytes: usize) -> Place {
        self.arrivals += 1;
        let place = Place { client: key.client, arrival: self.arrivals };
        self.waiting.insert(place, Queued { key, bytes });
        self.bytes += bytes;
        place
    }

    /// Takes out what stands there.
    pub(super) fn remove(&mut self, place: Place) {
        if let Some(Queued { bytes, .. }) = self.waiting.remove(&place) {
            self.bytes -= bytes;
        }
    }

    /// How many requests wait, and their bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.waiting.len(), self.bytes)
    }

    /// Whose turn it is, and with what.
    fn next(&self) -> Option<(Place, RequestKey)> {
        let after_served = self.served.and_then(|client| {
            let last = Place { client, arrival: u64::MAX };
            self.waiting.range((Bound::Excluded(last), Bound::Unbounded)).next()
        });
        after_served.or_else(|| self.waiting.first_key_value()).map(|(place, queued)| (*place, queued.key))
    }

    /// The request whose turn it is.
    pub(super) fn first(&self) -> Option<RequestKey> {
        self.next().map(|(_, key)| key)
    }

    /// Takes out the request whose turn it is. Its client has had its turn.
    pub(super) fn pop_first(&mut self) {
        if let Some((place, _)) = self.next() {
            self.remove(place);
            self.served = Some(place.client);
        }
    }

    /// Forgets what waits. Whose turn it is stays.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests;

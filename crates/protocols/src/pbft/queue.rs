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

/// Requests by client, and of each client by arrival. As many as are pushed and not taken or removed.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Queue {
    waiting: BTreeMap<Place, RequestKey>,
    arrivals: u64,
    /// Who was served last.
    served: Option<ClientId>,
}

impl Queue {
    /// Puts a request behind all of its client.
    pub(super) fn push(&mut self, key: RequestKey) -> Place {
        self.arrivals += 1;
        let place = Place { client: key.client, arrival: self.arrivals };
        self.waiting.insert(place, key);
        place
    }

    /// Takes out what stands there.
    pub(super) fn remove(&mut self, place: Place) {
        self.waiting.remove(&place);
    }

    /// Whose turn it is, and with what.
    fn next(&self) -> Option<(Place, RequestKey)> {
        let after_served = self.served.and_then(|client| {
            let last = Place { client, arrival: u64::MAX };
            self.waiting.range((Bound::Excluded(last), Bound::Unbounded)).next()
        });
        after_served.or_else(|| self.waiting.first_key_value()).map(|(place, key)| (*place, *key))
    }

    /// The request whose turn it is.
    pub(super) fn first(&self) -> Option<RequestKey> {
        self.next().map(|(_, key)| key)
    }

    /// Takes out the request whose turn it is. Its client has had its turn.
    pub(super) fn pop_first(&mut self) {
        if let Some((place, _)) = self.next() {
            self.waiting.remove(&place);
            self.served = Some(place.client);
        }
    }

    /// Forgets what waits. Whose turn it is stays.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests;

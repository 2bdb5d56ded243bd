//! Who may begin a handshake, and when.
//!
//! Handshakes cost time that strangers do not pay for, so they are begun at a limited rate: one for each place that
//! connections come from, and one for all together. What comes faster waits its turn; what would wait too long is
//! refused at once. There are so many places for handshakes that wait or are under way, and when they are all taken,
//! the oldest from wherever most come from makes room: a place from which few come does not pay for a crowd elsewhere.
//!
//! Addresses of members have a room of their own with the same bounds, which strangers elsewhere cannot fill.

use super::bucket::Bucket;
use super::limits::Limits;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Places that connections come from whose rates are kept, at most. Beyond it newcomers share the common rate alone.
const SOURCES_MAX: usize = 4096;

/// The two rooms.
#[derive(Debug)]
pub(super) struct Strangers {
    members: Room,
    others: Room,
}

/// What became of a stranger.
#[derive(Debug)]
pub(super) enum Admission {
    /// It may begin its handshake after this long, and has to stop when told.
    After(Duration, oneshot::Receiver<()>),
    /// It comes too fast.
    TooFast,
}

#[derive(Debug)]
struct Room {
    places_max: usize,
    patience: Duration,
    rate_of_source: u32,
    all: Bucket,
    sources: BTreeMap<IpAddr, Bucket>,
    cleaned: Instant,
    /// Who waits or is under way, oldest first. Dropping the sender tells it to stop.
    places: VecDeque<(IpAddr, oneshot::Sender<()>)>,
}

impl Strangers {
    /// Two empty rooms.
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        let rate = limits.handshakes_per_second;
        let room = |rate_of_source| Room {
            places_max: limits.handshakes_max.max(1),
            patience: limits.handshake_timeout,
            rate_of_source,
            all: Bucket::new(rate, now),
            sources: BTreeMap::new(),
            cleaned: now,
            places: VecDeque::new(),
        };
        // Members may all be behind one address.
        Self { members: room(rate), others: room(limits.handshakes_per_source) }
    }

    /// Asks for a place.
    pub(super) fn admit(&mut self, from: IpAddr, is_member: bool, now: Instant) -> Admission {
        let room = if is_member { &mut self.members } else { &mut self.others };
        room.admit(source_of(from), now)
    }

    /// Has the oldest stranger stop, so that the system has room for another connection. False if there is none.
    pub(super) fn evict(&mut self) -> bool {
        self.others.evict() || self.members.evict()
    }
}

/// One customer of a network has at least so much of the newer address space.
fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}

impl Room {
    fn admit(&mut self, source: IpAddr, now: Instant) -> Admission {
        self.clean(now);
        let known = self.sources.contains_key(&source);
        let own = if known || self.sources.len() < SOURCES_MAX {
            Some(self.sources.entry(source).or_insert_with(|| Bucket::new(self.rate_of_source, now)))
        } else {
            None
        };
        let wait = own.as_ref().map_or(Duration::ZERO, |own| own.wait(now)).max(self.all.wait(now));
        if wait > self.patience {
            return Admission::TooFast;
        }
        if let Some(own) = own {
            own.take(now);
        }
        self.all.take(now);
        self.forget_the_gone();
        if self.places.len() >= self.places_max {
            self.evict();
        }
        let (place, evicted) = oneshot::channel();
        self.places.push_back((source, place));
        Admission::After(wait, evicted)
    }

    fn forget_the_gone(&mut self) {
        self.places.retain(|(_, place)| !place.is_closed());
    }

    /// Forgets sources that might as well be new, now and then.
    fn clean(&mut self, now: Instant) {
        if self.sources.len() >= SOURCES_MAX / 2 && now >= self.cleaned + Duration::from_secs(1) {
            self.cleaned = now;
            self.sources.retain(|_, bucket| !bucket.is_full(now));
        }
    }

    /// The oldest of the source that has most places gives its up.
    fn evict(&mut self) -> bool {
        self.forget_the_gone();
        let mut counts = BTreeMap::new();
        self.places.iter().for_each(|(source, _)| *counts.entry(*source).or_insert(0) += 1);
        let most = counts.into_iter().max_by_key(|(_, count): &(IpAddr, usize)| *count);
        let oldest = most.and_then(|(most, _)| self.places.iter().position(|(source, _)| *source == most));
        oldest.and_then(|oldest| self.places.remove(oldest)).is_some()
    }
}

#[cfg(test)]
mod tests;

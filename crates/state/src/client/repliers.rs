//! Which replica is asked for the whole result, in turn. [PBFT-TOCS02 "digest replies"]
//!
//! One that left a client waiting for a result is not asked for a while: for the next [`REST`] requests, and for twice
//! as many each time until it serves again. So a liar, or a replica that is down, costs a client a delay now and then
//! and not a part of all requests. One that has not been heard lately is asked only if there is no other.
//!
//! Nothing here decides what is believed.

use alloc::collections::BTreeMap;
use synod_kernel::{Membership, ReplicaId, SessionId};

/// Requests for which one that failed is not asked, the first time.
const REST: u64 = 64;
/// Doublings of it, at most.
const DOUBLINGS_MAX: u32 = 8;
/// Requests in which one has to be heard.
const RECENT: u64 = 256;

/// What is known of one replica.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Standing {
    /// The request during which it was last heard.
    heard: Option<u64>,
    /// The request from which on it is asked again.
    rests_until: u64,
    /// Failures, less the times it served.
    failures: u32,
}

/// What is known of all: an entry per replica.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Repliers {
    /// Incarnations start at different replicas.
    start: u64,
    /// Requests so far.
    turn: u64,
    standing: BTreeMap<ReplicaId, Standing>,
}

impl Repliers {
    pub(super) fn new(session: SessionId) -> Self {
        Self { start: session.get(), turn: 0, standing: BTreeMap::new() }
    }

    /// Whose turn it is.
    pub(super) fn choose(&mut self, members: &Membership) -> ReplicaId {
        self.turn += 1;
        let standing = |id: ReplicaId| self.standing.get(&id).cloned().unwrap_or_default();
        let is_awake = |id: &ReplicaId| standing(*id).rests_until <= self.turn;
        let is_recent = |id: &ReplicaId| standing(*id).heard.is_some_and(|heard| heard + RECENT >= self.turn);
        let size = members.size();
        let first = self.start.wrapping_add(self.turn) % u64::from(size);
        let first = u16::try_from(first).expect("less than the number of replicas");
        let in_turn = || (0..size).map(|step| ReplicaId::new((first + step) % size));
        let chosen = in_turn().find(|id| is_awake(id) && is_recent(id)).or_else(|| in_turn().find(is_awake));
        chosen.or_else(|| in_turn().min_by_key(|id| standing(*id).rests_until)).expect("a cluster has replicas")
    }

    /// A member said something.
    pub(super) fn hear(&mut self, id: ReplicaId) {
        self.standing.entry(id).or_default().heard = Some(self.turn);
    }

    /// The result came from it, as it should.
    pub(super) fn served(&mut self, id: ReplicaId) {
        let standing = self.standing.entry(id).or_default();
        standing.failures = standing.failures.saturating_sub(1);
    }

    /// It had to send a result that others vouch for, and did not. Counts once, however many requests name it by then.
    pub(super) fn failed(&mut self, id: ReplicaId) {
        let turn = self.turn;
        let standing = self.standing.entry(id).or_default();
        if standing.rests_until <= turn {
            standing.rests_until = turn + (REST << standing.failures.min(DOUBLINGS_MAX));
            standing.failures = standing.failures.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests;

//! What it costs a peer to send what no correct peer sends.
//!
//! The connection that it came by is closed at once. A few times that is all; then the peer is shut out for a while,
//! twice as long each time, up to a bound that is lower for replicas: a broken memory is no crime, and its cluster
//! needs every replica it has. Time without an offence is credited, so nobody is shut out for good.
//!
//! A peer is the key that its channel proved. What it handed on for others is its own offence.

use super::limits::Limits;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use synod_kernel::Address;
use tokio::time::Instant;

/// Who offended lately. Only peers that proved a key of the descriptor have an entry, so it bounds them.
#[derive(Debug)]
pub(crate) struct Penalties {
    free: u32,
    credited_after: Duration,
    replica_pause_max: Duration,
    client_pause_max: Duration,
    records: Mutex<BTreeMap<Address, Record>>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    offences: u32,
    /// From when on time is credited: the last offence, or the end of the pause it brought.
    calm_since: Instant,
}

/// The first pause.
const PAUSE_MIN: Duration = Duration::from_secs(1);

impl Record {
    /// What is left of it now.
    fn credited(self, after: Duration, now: Instant) -> Self {
        let calm = now.saturating_duration_since(self.calm_since);
        let credits = u32::try_from(calm.as_millis() / after.as_millis().max(1)).unwrap_or(u32::MAX);
        if credits == 0 {
            return self;
        }
        Self {
            offences: self.offences.saturating_sub(credits),
            calm_since: self.calm_since + after * credits.min(1 << 10),
        }
    }
}

impl Penalties {
    /// Nobody has offended.
    pub(crate) fn new(limits: &Limits) -> Self {
        let Limits { offences_free: free, offence_credited_after: credited_after, .. } = *limits;
        let Limits { replica_pause_max, client_pause_max, .. } = *limits;
        Self { free, credited_after, replica_pause_max, client_pause_max, records: Mutex::default() }
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<Address, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an offence, and says for how long the peer is shut out for it, if at all.
    pub(crate) fn note(&self, peer: Address, now: Instant) -> Option<Duration> {
        let mut records = self.records();
        let known = records
            .get(&peer)
            .map_or(Record { offences: 0, calm_since: now }, |record| record.credited(self.credited_after, now));
        let offences = known.offences.saturating_add(1);
        let beyond = offences.saturating_sub(self.free);
        let pause_max = match peer {
            Address::Replica(_) => self.replica_pause_max,
            Address::Client(_) => self.client_pause_max,
        };
        let pause = (beyond > 0).then(|| (PAUSE_MIN * 2_u32.pow((beyond - 1).min(20))).min(pause_max));
        let calm_since = known.calm_since.max(now + pause.unwrap_or_default());
        records.insert(peer, Record { offences, calm_since });
        pause
    }

    /// For how much longer a peer is shut out, if it is.
    pub(crate) fn shut_out(&self, peer: Address, now: Instant) -> Option<Duration> {
        let mut records = self.records();
        let record = records.get(&peer)?.credited(self.credited_after, now);
        if record.offences == 0 {
            records.remove(&peer);
            return None;
        }
        Some(record.calm_since.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests;

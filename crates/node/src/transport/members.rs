//! From where members connect.
//!
//! A handshake costs time before anybody knows whose it is. Where it comes from is known at once, and nobody gets
//! through to the end of a handshake with an address that is not theirs; so the addresses of members have handshake
//! room of their own, and strangers elsewhere cannot take it. A member that connects from an address that its name does
//! not lead to is remembered from the first time it got in.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use synod_kernel::ReplicaId;
use tokio::time::sleep;

/// Addresses that one member's name leads to, at most.
const OF_NAME: usize = 8;
/// How often names are looked up again.
const LOOK_UP_EVERY: Duration = Duration::from_secs(60);

/// The addresses of members: for each, what its name leads to and where it came from last.
#[derive(Debug, Default)]
pub(crate) struct MemberAddresses {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    named: BTreeMap<ReplicaId, Vec<IpAddr>>,
    seen: BTreeMap<ReplicaId, IpAddr>,
}

impl MemberAddresses {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A member proved itself from here.
    pub(crate) fn note(&self, id: ReplicaId, from: IpAddr) {
        self.known().seen.insert(id, from.to_canonical());
    }

    /// Whether a member may be there.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let (known, address) = (self.known(), address.to_canonical());
        known.seen.values().any(|seen| *seen == address)
            || known.named.values().flatten().any(|named| *named == address)
    }

    /// Keeps looking up where members listen, `host:port` each. Names that lead nowhere now may do so later.
    pub(crate) async fn keep_looking_up(&self, names: Vec<(ReplicaId, String)>) {
        loop {
            for (id, name) in &names {
                match tokio::net::lookup_host(name).await {
                    Ok(found) => self.set_named(*id, found),
                    Err(error) => tracing::debug!("{name} leads nowhere: {error}"),
                }
            }
            sleep(LOOK_UP_EVERY).await;
        }
    }

    fn set_named(&self, id: ReplicaId, found: impl Iterator<Item = SocketAddr>) {
        let found = found.map(|address| address.ip().to_canonical()).take(OF_NAME).collect();
        self.known().named.insert(id, found);
    }
}

#[cfg(test)]
mod tests;

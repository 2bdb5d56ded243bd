//! Who is connected to us.
//!
//! One connection for each replica and some for each client; the newest replaces the oldest, so a peer whose old
//! connection hangs half open is never locked out by it. When clients have as many together as they may, the one with
//! the most gives way to one that has fewer. Replies find their way back to a client here. Whoever has offended too
//! often is shut out for a while ([`Penalties`]), which is known only when it has proved who it is.

use super::connection::Origin;
use super::connectivity::Connectivity;
use super::limits::Limits;
use super::penalties::Penalties;
use super::queue::{Closing, Overflow, SendQueue, Weight};
use super::room::Room;
use super::routes::Routes;
use crate::metrics::Metrics;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use synod_kernel::{Address, ClientId, SessionId};
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// The inbound connections of one process.
#[derive(Debug)]
pub(crate) struct Roster {
    limits: Limits,
    connectivity: Connectivity,
    metrics: Arc<Metrics>,
    /// What all clients share for what waits to be sent to them.
    room: Arc<Room>,
    penalties: Penalties,
    present: Mutex<Present>,
}

#[derive(Debug, Default)]
struct Present {
    peers: BTreeMap<Address, VecDeque<Arc<Origin>>>,
    clients: usize,
    routes: Routes,
    /// What each peer may have under way from here to the protocol, on all its connections. A connection that is over
    /// leaves something behind for a while, so coming back does not make the budget new.
    budgets: BTreeMap<Address, Weak<Semaphore>>,
}

impl Present {
    /// Takes the oldest connection of the client that has most, if it has more than this. It still counts.
    fn take_from_largest(&mut self, than: usize) -> Option<Arc<Origin>> {
        let clients = self.peers.iter_mut().filter(|(peer, _)| matches!(peer, Address::Client(_)));
        let (_, largest) = clients.max_by_key(|(_, connected)| connected.len())?;
        if largest.len() > than { largest.pop_front() } else { None }
    }

    /// The connections that take the replies of a session.
    fn origins_for(&self, client: ClientId, session: SessionId) -> Vec<Arc<Origin>> {
        let is_open = |origin: &&Arc<Origin>| origin.queue.closing().is_none();
        let routed: Vec<_> = self.routes.of(client, session).filter(is_open).cloned().collect();
        if !routed.is_empty() {
            return routed;
        }
        let newest_first = self.peers.get(&Address::Client(client)).into_iter().flatten().rev();
        newest_first.filter(is_open).take(1).cloned().collect()
    }

    fn budget(&mut self, peer: Address, bytes: usize) -> Arc<Semaphore> {
        if let Some(budget) = self.budgets.get(&peer).and_then(Weak::upgrade) {
            return budget;
        }
        self.budgets.retain(|_, budget| budget.strong_count() > 0);
        let budget = Arc::new(Semaphore::new(bytes));
        self.budgets.insert(peer, Arc::downgrade(&budget));
        budget
    }
}

/// Why a peer is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// Too many clients are connected.
    #[error("as many clients are connected as may be")]
    Crowded,
    /// It has offended too often.
    #[error("it is shut out for {} s", .0.as_secs_f32())]
    ShutOut(Duration),
}

impl Roster {
    /// Nobody is connected.
    pub(crate) fn new(limits: Limits, connectivity: Connectivity, metrics: Arc<Metrics>) -> Self {
        let room = Room::new(limits.clients_queue_bytes);
        let penalties = Penalties::new(&limits);
        Self { limits, connectivity, metrics, room, penalties, present: Mutex::default() }
    }

    /// The bounds of the connections.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an authenticated peer in. [`Roster::leave`] has to follow.
    pub(crate) fn enter(&self, peer: Address) -> Result<Arc<Origin>, Denied> {
        let limits = &self.limits;
        let (bytes, frames, budget, connections) = match peer {
            Address::Replica(_) => {
                // Replicas are sent to on connections of our own; here they are only told a status.
                (limits.client_queue_bytes, limits.client_queue_frames, limits.replica_budget_bytes, 1)
            }
            Address::Client(_) => (
                limits.client_queue_bytes,
                limits.client_queue_frames,
                limits.client_budget_bytes,
                limits.connections_per_client,
            ),
        };
        let mut present = self.present();
        // With the lock: whoever is shut out from now on has this connection closed, too.
        if let Some(left) = self.penalties.shut_out(peer, Instant::now()) {
            return Err(Denied::ShutOut(left));
        }
        let others = present.peers.get(&peer).map_or(0, VecDeque::len);
        let is_client = matches!(peer, Address::Client(_));
        let is_crowded = is_client && others < connections && present.clients >= limits.client_connections_max;
        let yielded =
            if is_crowded { Some(present.take_from_largest(others + 1).ok_or(Denied::Crowded)?) } else { None };
        let queue = match peer {
            Address::Replica(_) => Arc::new(SendQueue::new(bytes, frames, Overflow::Close)),
            Address::Client(_) => self.room.queue(bytes, frames),
        };
        let origin = Arc::new(Origin::new(peer, queue, present.budget(peer, budget), self.metrics.peer(peer)));
        let connected = present.peers.entry(peer).or_default();
        connected.push_back(origin.clone());
        let surplus = connected.len().saturating_sub(connections);
        let replaced: Vec<_> = connected.drain(..surplus).chain(yielded).collect();
        if is_client {
            present.clients = present.clients + 1 - replaced.len();
        }
        drop(present);
        replaced.iter().for_each(|old| old.queue.close(Closing::Replaced));
        origin.counters.connections.inc();
        if let Address::Replica(id) = peer {
            self.connectivity.inbound_up(id);
        }
        Ok(origin)
    }

    /// A connection is over.
    pub(crate) fn leave(&self, origin: &Arc<Origin>) {
        let mut present = self.present();
        present.routes.remove(origin);
        if let Some(connected) = present.peers.get_mut(&origin.peer) {
            let before = connected.len();
            connected.retain(|other| !Arc::ptr_eq(other, origin));
            let left = before - connected.len();
            let is_empty = connected.is_empty();
            if is_empty {
                present.peers.remove(&origin.peer);
            }
            if matches!(origin.peer, Address::Client(_)) {
                present.clients -= left;
            }
        }
        drop(present);
        origin.counters.connections.dec();
        if let Address::Replica(id) = origin.peer {
            self.connectivity.inbound_down(id);
        }
    }

    /// Something came by a connection that no correct peer sends: it is closed, and the first time that is held against
    /// the peer, whether or not the connection is still up. A peer that is shut out loses all its connections.
    pub(crate) fn accuse(&self, origin: &Origin, reason: &'static str) {
        if !origin.offend() {
            return;
        }
        origin.queue.close(Closing::Offence(reason));
        let peer = origin.peer;
        let Some(pause) = self.penalties.note(peer, Instant::now()) else { return };
        tracing::warn!("{peer} is shut out for {} s: it keeps sending what no correct peer sends", pause.as_secs());
        let others: Vec<_> = self.present().peers.get(&peer).into_iter().flatten().cloned().collect();
        for other in others {
            other.offend();
            other.queue.close(Closing::ShutOut);
        }
    }

    /// A client says that a connection of its takes the replies of a session.
    pub(crate) fn route(&self, origin: &Arc<Origin>, session: SessionId) {
        let mut present = self.present();
        let connected = present.peers.get(&origin.peer);
        // One that was replaced is not to stay here.
        if connected.is_some_and(|connected| connected.iter().any(|other| Arc::ptr_eq(other, origin))) {
            present.routes.add(origin, session);
        }
    }

    /// Sends a frame about a session to its client, on the connections that take its replies; if none was said to, on
    /// the newest connection of the client. The frame is made only if there is one.
    pub(crate) fn reply(&self, client: ClientId, session: SessionId, frame: impl FnOnce() -> Bytes) {
        let origins = self.present().origins_for(client, session);
        if !origins.is_empty() {
            let frame = frame();
            origins.iter().for_each(|origin| send(origin, &frame));
        }
    }

    /// Ends every connection, what is queued is still sent.
    pub(crate) fn finish(&self) {
        self.present().peers.values().flatten().for_each(|origin| origin.queue.close(Closing::Finished));
    }
}

fn send(origin: &Arc<Origin>, frame: &Bytes) {
    let dropped = origin.queue.push(frame.clone(), Weight::Essential);
    origin.counters.frames_dropped.inc_by(dropped as u64);
}

#[cfg(test)]
mod tests;

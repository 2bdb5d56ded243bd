//! What arrives from peers, from the connection to the verification threads.
//!
//! Only the header is looked at here, and who sent it. Nothing is read before there is room in its sender's budget: as
//! long as there is none, its connection is not read, and nobody else waits. A client that sends faster than it may is
//! not read for a while, either: nothing of it is lost, and its own network holds it back.

use crate::metrics::Metrics;
use crate::status::Reporter;
use crate::transport::{Bucket, CHUNK_BYTES, Limits, Origin, Permits, Refusal, Roster, Sink, Weight};
use crate::verify::{Content, Job, PoolHandle};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use synod_kernel::frame::{FrameKind, HEADER_BYTES, Header};
use synod_kernel::{Address, ClientId, Domain, SessionId};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// Bytes that a frame takes up besides its body until the protocol has seen it, about. Without them, frames with next
/// to nothing in them would take no room in a budget, and there could be any number of them.
const FRAME_BYTES: usize = 512;

/// How fast a client sends.
struct Rate {
    requests: Bucket,
    bytes: Bucket,
}

/// Takes the frames of all peers.
#[derive(Clone)]
pub(super) struct Ingress {
    shared: Arc<Shared>,
    pool: PoolHandle,
}

struct Shared {
    domain: Domain,
    protocol: u8,
    limits: Limits,
    /// What all clients share, for frames that are large, and for those that are not.
    clients: Arc<Semaphore>,
    clients_small: Arc<Semaphore>,
    /// How fast each client sends: at most one entry for each registered client.
    rates: Mutex<BTreeMap<ClientId, Rate>>,
    reporter: Reporter,
    metrics: Arc<Metrics>,
    roster: Arc<Roster>,
}

impl Ingress {
    /// Takes frames of one cluster and protocol.
    pub(super) fn new(
        domain: Domain,
        protocol: u8,
        limits: &Limits,
        pool: PoolHandle,
        reporter: Reporter,
        metrics: Arc<Metrics>,
        roster: Arc<Roster>,
    ) -> Self {
        let shared = Shared {
            domain,
            protocol,
            limits: limits.clone(),
            clients: Arc::new(Semaphore::new(limits.clients_budget_bytes)),
            clients_small: Arc::new(Semaphore::new(limits.clients_small_budget_bytes)),
            rates: Mutex::default(),
            reporter,
            metrics,
            roster,
        };
        Self { shared: Arc::new(shared), pool }
    }

    /// How long a client has to wait before it may send a frame of so many bytes.
    fn wait(&self, client: ClientId, bytes: usize) -> Duration {
        let (limits, now) = (&self.shared.limits, Instant::now());
        let mut rates = self.shared.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = rates.entry(client).or_insert_with(|| Rate {
            requests: Bucket::new(limits.client_requests_per_second, now),
            bytes: Bucket::new(limits.client_bytes_per_second, now),
        });
        let bytes = rate.bytes.take_many(u32::try_from(bytes).unwrap_or(u32::MAX), now);
        rate.requests.take(now).max(bytes)
    }

    fn verify(&self, origin: &Arc<Origin>, content: Content, body: Bytes, permits: Permits) {
        if !self.pool.submit(Job { origin: origin.clone(), content, body, permits }) {
            self.shared.metrics.refuse(origin.peer, "a request beyond what may wait");
        }
    }

    fn answer_status(&self, origin: &Origin) {
        let Shared { domain, protocol, reporter, .. } = &*self.shared;
        let header = Header { domain: *domain, protocol: *protocol, kind: FrameKind::Status };
        let frame = Bytes::from(header.frame(&reporter.report()));
        let dropped = origin.queue.push(frame, Weight::Expendable);
        origin.counters.frames_dropped.inc_by(dropped as u64);
    }
}

/// Waits for `bytes` of a budget of `whole`; what is larger than the whole budget takes all of it.
async fn take_room(budget: &Arc<Semaphore>, bytes: usize, whole: usize) -> Option<tokio::sync::OwnedSemaphorePermit> {
    let permits = u32::try_from(bytes.min(whole)).unwrap_or(u32::MAX);
    budget.clone().acquire_many_owned(permits).await.ok()
}

impl Sink for Ingress {
    async fn admit(&self, origin: &Arc<Origin>, bytes: usize) -> Permits {
        let Shared { limits, clients, clients_small, .. } = &*self.shared;
        let taken = bytes + FRAME_BYTES;
        let mut permits = Vec::with_capacity(2);
        match origin.peer {
            Address::Replica(_) => permits.extend(take_room(&origin.budget, taken, limits.replica_budget_bytes).await),
            Address::Client(client) => {
                let wait = self.wait(client, bytes);
                if !wait.is_zero() {
                    sleep(wait).await;
                }
                permits.extend(take_room(&origin.budget, taken, limits.client_budget_bytes).await);
                permits.extend(match bytes <= CHUNK_BYTES {
                    true => take_room(clients_small, taken, limits.clients_small_budget_bytes).await,
                    false => take_room(clients, taken, limits.clients_budget_bytes).await,
                });
            }
        }
        permits
    }

    async fn take(&self, origin: &Arc<Origin>, frame: Bytes, permits: Permits) -> Result<(), Refusal> {
        let Shared { domain, protocol, metrics, .. } = &*self.shared;
        let header = match Header::parse(&frame, domain, *protocol) {
            Ok(header) => header,
            Err(foreign) => {
                // Not an offence: an honest peer with an older descriptor sends such frames.
                metrics.refuse(origin.peer, "foreign");
                tracing::debug!("a frame of {} was dropped: {foreign}", origin.peer);
                return Ok(());
            }
        };
        let body = frame.slice(HEADER_BYTES..);
        match (header.kind, origin.peer) {
            (FrameKind::Message, Address::Replica(_)) => self.verify(origin, Content::Message, body, permits),
            (FrameKind::Request, Address::Replica(_) | Address::Client(_)) => {
                self.verify(origin, Content::Request, body, permits);
            }
            (FrameKind::StatusQuery, Address::Replica(_) | Address::Client(_)) => {
                if !body.is_empty() {
                    return Err(Refusal("a question with a body"));
                }
                self.answer_status(origin);
            }
            (FrameKind::Session, Address::Client(_)) => {
                let session = <[u8; 8]>::try_from(&body[..]).map_err(|_| Refusal("a session that is no number"))?;
                self.shared.roster.route(origin, SessionId::new(u64::from_le_bytes(session)));
            }
            (FrameKind::Session, Address::Replica(_)) => return Err(Refusal("a client's session from a replica")),
            (FrameKind::Message, Address::Client(_)) => return Err(Refusal("a replica's message from a client")),
            (FrameKind::Reply | FrameKind::Status, Address::Replica(_) | Address::Client(_)) => {
                return Err(Refusal("an answer that nobody asked for"));
            }
        }
        Ok(())
    }
}

/// Takes nothing: replicas send on their own connections only.
#[derive(Clone, Copy, Debug)]
pub(super) struct SendOnly;

impl Sink for SendOnly {
    async fn take(&self, _: &Arc<Origin>, _: Bytes, _: Permits) -> Result<(), Refusal> {
        Err(Refusal("something on a connection that is for sending only"))
    }
}

#[cfg(test)]
mod tests;

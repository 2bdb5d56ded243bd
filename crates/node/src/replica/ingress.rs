//! What arrives from peers, from the connection to the verification threads.
//!
//! Only the header is looked at here, and who sent it. Nothing goes on before there is room in its sender's budget: as
//! long as there is none, its connection is not read, and nobody else waits.

use crate::metrics::Metrics;
use crate::status::Reporter;
use crate::transport::{Origin, Refusal, Sink, Weight};
use crate::verify::{Content, Job, PoolHandle};
use bytes::Bytes;
use std::sync::Arc;
use synod_kernel::frame::{FrameKind, HEADER_BYTES, Header};
use synod_kernel::{Address, Domain};
use tokio::sync::Semaphore;

/// Bytes that a frame takes up besides its body until the protocol has seen it, about. Without them, frames with next
/// to nothing in them would take no room in a budget, and there could be any number of them.
const FRAME_BYTES: usize = 512;

/// Takes the frames of all peers.
#[derive(Clone)]
pub(super) struct Ingress {
    shared: Arc<Shared>,
    pool: PoolHandle,
}

struct Shared {
    domain: Domain,
    protocol: u8,
    /// How many bytes the budget of a replica and of a client connection have.
    replica_budget: usize,
    client_budget: usize,
    /// What all clients share, and how many bytes that is.
    clients: Arc<Semaphore>,
    clients_budget: usize,
    reporter: Reporter,
    metrics: Arc<Metrics>,
}

impl Ingress {
    /// Takes frames of one cluster and protocol.
    pub(super) fn new(
        domain: Domain,
        protocol: u8,
        limits: &crate::transport::Limits,
        pool: PoolHandle,
        reporter: Reporter,
        metrics: Arc<Metrics>,
    ) -> Self {
        let shared = Shared {
            domain,
            protocol,
            replica_budget: limits.replica_budget_bytes,
            client_budget: limits.client_budget_bytes,
            clients: Arc::new(Semaphore::new(limits.clients_budget_bytes)),
            clients_budget: limits.clients_budget_bytes,
            reporter,
            metrics,
        };
        Self { shared: Arc::new(shared), pool }
    }

    async fn verify(&self, origin: &Arc<Origin>, content: Content, body: Bytes) {
        let shared = &self.shared;
        let mut permits = Vec::with_capacity(2);
        let own = match origin.peer {
            Address::Replica(_) => shared.replica_budget,
            Address::Client(_) => shared.client_budget,
        };
        let bytes = body.len() + FRAME_BYTES;
        permits.extend(take_room(&origin.budget, bytes, own).await);
        if let Address::Client(_) = origin.peer {
            permits.extend(take_room(&shared.clients, bytes, shared.clients_budget).await);
        }
        self.pool.submit(Job { origin: origin.clone(), content, body, permits });
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
    async fn take(&self, origin: &Arc<Origin>, frame: Bytes) -> Result<(), Refusal> {
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
            (FrameKind::Message, Address::Replica(_)) => self.verify(origin, Content::Message, body).await,
            (FrameKind::Request, Address::Replica(_) | Address::Client(_)) => {
                self.verify(origin, Content::Request, body).await;
            }
            (FrameKind::StatusQuery, Address::Replica(_) | Address::Client(_)) => {
                if !body.is_empty() {
                    return Err(Refusal("a question with a body"));
                }
                self.answer_status(origin);
            }
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
    async fn take(&self, _: &Arc<Origin>, _: Bytes) -> Result<(), Refusal> {
        Err(Refusal("something on a connection that is for sending only"))
    }
}

#[cfg(test)]
mod tests;

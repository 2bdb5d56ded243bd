//! What replicas send to a client, from the connection to the client's worker.

use crate::status::NodeStatus;
use crate::transport::{Origin, Permits, Refusal, Sink};
use crate::verify::{BatchVerifier, Remembering};
use bytes::Bytes;
use std::sync::Arc;
use synod_kernel::frame::{FrameKind, HEADER_BYTES, Header};
use synod_kernel::{Address, Decode, ReplicaId, Reply, Scope, Unverified};
use tokio::sync::mpsc;

/// Something a replica said, its signatures checked.
#[derive(Debug)]
pub(super) enum Heard {
    /// An answer to a request.
    Reply { from: ReplicaId, reply: Reply },
    /// Its status. Its word alone.
    Status { from: ReplicaId, status: Box<NodeStatus> },
}

/// Takes the frames of all replicas.
#[derive(Clone)]
pub(super) struct Replies {
    pub(super) scope: Scope,
    pub(super) protocol: u8,
    /// Shared by the connections to all replicas.
    pub(super) verifier: Arc<Remembering<BatchVerifier>>,
    /// Bounded: a worker that has no time for more makes the replicas wait.
    pub(super) heard: mpsc::Sender<Heard>,
}

impl Replies {
    fn read<T: Decode>(&self, body: Bytes) -> Result<T, Refusal> {
        let unverified = Unverified::decode(body, &self.scope).map_err(|_| Refusal("malformed content"))?;
        unverified.verify(&*self.verifier).map_err(|_| Refusal("a bad signature"))
    }
}

impl Sink for Replies {
    async fn take(&self, origin: &Arc<Origin>, frame: Bytes, _: Permits) -> Result<(), Refusal> {
        let Address::Replica(from) = origin.peer else { unreachable!("clients dial replicas only") };
        let header = match Header::parse(&frame, &self.scope.domain, self.protocol) {
            Ok(header) => header,
            Err(foreign) => {
                tracing::debug!("a frame of replica {from} was dropped: {foreign}");
                return Ok(());
            }
        };
        let body = frame.slice(HEADER_BYTES..);
        let heard = match header.kind {
            FrameKind::Reply => Heard::Reply { from, reply: self.read(body)? },
            FrameKind::Status => Heard::Status { from, status: Box::new(self.read(body)?) },
            FrameKind::Message | FrameKind::Request | FrameKind::StatusQuery | FrameKind::Session => {
                return Err(Refusal("something that clients are never sent"));
            }
        };
        // Fails only when the client ends.
        let _ = self.heard.send(heard).await;
        Ok(())
    }
}

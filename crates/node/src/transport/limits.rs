//! The bounds of a process's channels, in one place.

use std::time::Duration;
use synod_kernel::frame::{MAX_CLIENT_FRAME, MAX_REPLICA_FRAME};

/// How much of everything. What replicas must agree on is not here but in the descriptor.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a handshake may take.
    pub handshake_timeout: Duration,
    /// Handshakes under way at once; the oldest makes room for the newest.
    pub handshakes_max: usize,
    /// Handshakes begun each second, because they cost processor time that strangers do not pay for.
    pub handshakes_per_second: u32,
    /// A replica's connection is closed when no whole frame arrives for this long.
    pub replica_idle: Duration,
    /// The same for a client's.
    pub client_idle: Duration,
    /// How long the peer's machine may leave what was sent to it unacknowledged. Without a bound of ours, the system
    /// waits for a quarter of an hour, and sends again ever more rarely.
    pub silence_max: Duration,
    /// How long one write may wait for a slow reader.
    pub write_timeout: Duration,
    /// Connections of one client; the newest replaces the oldest.
    pub connections_per_client: usize,
    /// Connections of all clients together; beyond it newcomers are turned away.
    pub client_connections_max: usize,
    /// Bytes queued for one replica. When they are exceeded the oldest expendable frame is dropped.
    pub replica_queue_bytes: usize,
    /// Frames queued for one replica.
    pub replica_queue_frames: usize,
    /// Bytes queued on one client connection. When they are exceeded the connection is closed.
    pub client_queue_bytes: usize,
    /// Frames queued on one client connection.
    pub client_queue_frames: usize,
    /// Bytes from one replica that are being verified or wait for the protocol; then its connection is not read.
    pub replica_budget_bytes: usize,
    /// The same for one client connection.
    pub client_budget_bytes: usize,
    /// The same for all clients together.
    pub clients_budget_bytes: usize,
    /// The first wait before dialling again. Doubles each time, with jitter.
    pub backoff_min: Duration,
    /// The longest wait before dialling again.
    pub backoff_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake_timeout: Duration::from_secs(5),
            handshakes_max: 256,
            handshakes_per_second: 200,
            replica_idle: Duration::from_secs(180),
            client_idle: Duration::from_secs(600),
            silence_max: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            connections_per_client: 4,
            client_connections_max: 4096,
            replica_queue_bytes: 32 << 20,
            replica_queue_frames: 8192,
            client_queue_bytes: 8 << 20,
            client_queue_frames: 1024,
            replica_budget_bytes: 16 << 20,
            client_budget_bytes: 4 << 20,
            clients_budget_bytes: 64 << 20,
            backoff_min: Duration::from_millis(50),
            backoff_max: Duration::from_secs(2),
        }
    }
}

impl Limits {
    /// What the channels of a replica can take of memory, in bytes, at worst: each peer's largest frame while it
    /// arrives, what was read of it and is not yet done, and what is queued for it. Any one frame is let into an empty
    /// queue or budget, so the larger of the two counts.
    pub fn memory_max(&self, replicas: u16) -> usize {
        let replica = MAX_REPLICA_FRAME
            + self.replica_budget_bytes.max(MAX_REPLICA_FRAME)
            + self.replica_queue_bytes.max(MAX_REPLICA_FRAME);
        let client = MAX_CLIENT_FRAME + self.client_queue_bytes.max(MAX_CLIENT_REPLY);
        usize::from(replicas) * replica
            + self.client_connections_max * client
            + self.clients_budget_bytes.max(MAX_CLIENT_FRAME)
    }
}

/// Bytes of one frame to a client, at most: the largest result and its surroundings.
pub(crate) const MAX_CLIENT_REPLY: usize = synod_kernel::request::MAX_RESULT_BYTES + 4096;

//! The bounds of a process's channels, in one place.

use std::time::Duration;
use synod_kernel::Membership;
use synod_kernel::frame::MAX_CLIENT_FRAME;

/// How much of everything. What replicas must agree on is not here but in the descriptor.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a handshake may take.
    pub handshake_timeout: Duration,
    /// Handshakes that wait or are under way at once, from the addresses of members, and the same again from all
    /// others. Beyond it the oldest from where most come from makes room.
    pub handshakes_max: usize,
    /// Handshakes begun each second, because they cost processor time that strangers do not pay for; from the addresses
    /// of members, and the same again from all others.
    pub handshakes_per_second: u32,
    /// Handshakes begun each second from any one address that is not a member's.
    pub handshakes_per_source: u32,
    /// A replica's connection is closed when no whole frame arrives for this long.
    pub replica_idle: Duration,
    /// The same for a client's.
    pub client_idle: Duration,
    /// How long a frame that has begun may take, besides what its length allows for.
    pub frame_grace: Duration,
    /// Bytes of a frame that have to arrive in a second, at least.
    pub frame_bytes_per_second: u32,
    /// How long the peer's machine may leave what was sent to it unacknowledged. Without a bound of ours, the system
    /// waits for a quarter of an hour, and sends again ever more rarely.
    pub silence_max: Duration,
    /// How long one write may wait for a slow reader.
    pub write_timeout: Duration,
    /// Connections of one client, as many as it may have sessions; the newest replaces the oldest.
    pub connections_per_client: usize,
    /// Connections of all clients together; beyond it newcomers are turned away.
    pub client_connections_max: usize,
    /// Bytes queued for one replica. When they are exceeded the oldest expendable frame is dropped.
    pub replica_queue_bytes: usize,
    /// Frames queued for one replica.
    pub replica_queue_frames: usize,
    /// Bytes queued on one client connection. When they are exceeded the connection is closed.
    pub client_queue_bytes: usize,
    /// The same on all client connections together. When they are exceeded the largest is closed.
    pub clients_queue_bytes: usize,
    /// Frames queued on one client connection.
    pub client_queue_frames: usize,
    /// Bytes from one replica that arrive, are being verified or wait for the protocol; beyond it its connection is not
    /// read.
    pub replica_budget_bytes: usize,
    /// The same for one client, on all its connections.
    pub client_budget_bytes: usize,
    /// The same for all clients together, in frames that are more than a chunk.
    pub clients_budget_bytes: usize,
    /// The same for all clients together, in frames of a chunk at most: these never wait for large ones.
    pub clients_small_budget_bytes: usize,
    /// Requests of one client each second; then its connections are not read for a while.
    pub client_requests_per_second: u32,
    /// Bytes of one client's frames each second; then the same.
    pub client_bytes_per_second: u32,
    /// How often a peer may send what no correct peer sends before it is shut out for a while.
    pub offences_free: u32,
    /// How long a peer has to be without offence for one to be forgotten.
    pub offence_credited_after: Duration,
    /// How long a replica is shut out, at most.
    pub replica_pause_max: Duration,
    /// How long a client is shut out, at most.
    pub client_pause_max: Duration,
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
            handshakes_per_source: 50,
            replica_idle: Duration::from_secs(180),
            client_idle: Duration::from_secs(600),
            frame_grace: Duration::from_secs(5),
            frame_bytes_per_second: 256 << 10,
            silence_max: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            connections_per_client: 64,
            client_connections_max: 1024,
            replica_queue_bytes: 32 << 20,
            replica_queue_frames: 8192,
            client_queue_bytes: 8 << 20,
            clients_queue_bytes: 128 << 20,
            client_queue_frames: 1024,
            replica_budget_bytes: 16 << 20,
            client_budget_bytes: 4 << 20,
            clients_budget_bytes: 64 << 20,
            clients_small_budget_bytes: 32 << 20,
            client_requests_per_second: 20_000,
            client_bytes_per_second: 64 << 20,
            offences_free: 3,
            offence_credited_after: Duration::from_secs(10),
            replica_pause_max: Duration::from_secs(10),
            client_pause_max: Duration::from_secs(300),
            backoff_min: Duration::from_millis(50),
            backoff_max: Duration::from_secs(2),
        }
    }
}

/// Bytes of a connection that is up, besides the frames on it: buffers for both directions, of TLS and of our own.
const CONNECTION_BYTES: usize = 192 << 10;
/// Bytes of a connection whose handshake waits or is under way.
const HANDSHAKE_BYTES: usize = 64 << 10;

/// Bytes that the channels with other replicas can take: of each what arrives or waits to be verified, what waits to be
/// sent, and what is being sent. Any one frame is let into an empty queue or budget, so the larger of the two counts.
pub(crate) fn replicas_memory(limits: &Limits, members: &Membership, frame_max: usize) -> u64 {
    let arriving = limits.replica_budget_bytes.max(frame_max);
    let waiting = limits.replica_queue_bytes.max(frame_max);
    let one = arriving + waiting + frame_max + limits.client_queue_bytes + 2 * CONNECTION_BYTES;
    u64::from(members.size().saturating_sub(1)) * one as u64
}

/// Bytes that the channels with all clients, and with strangers, can take.
pub(crate) fn clients_memory(limits: &Limits) -> u64 {
    let arriving = limits.clients_budget_bytes.max(MAX_CLIENT_FRAME) + limits.clients_small_budget_bytes;
    let waiting = limits.clients_queue_bytes.max(MAX_CLIENT_REPLY);
    let connections = limits.client_connections_max * CONNECTION_BYTES + 2 * limits.handshakes_max * HANDSHAKE_BYTES;
    (arriving + waiting + connections) as u64
}

/// Bytes of one frame to a client, at most: the largest result and its surroundings.
pub(crate) const MAX_CLIENT_REPLY: usize = synod_kernel::request::MAX_RESULT_BYTES + 4096;

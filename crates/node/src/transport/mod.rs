//! Authentic channels between replicas, and between clients and replicas.
//!
//! Every channel is mutual TLS 1.3 with raw Ed25519 keys, pinned to the transport keys of the descriptor, so who a
//! frame came from is certain. What it says is not: contents are judged by whoever takes the frames. Replica i dials
//! replica j to send to it, and j dials i for the other direction; clients dial replicas, and replies come back on the
//! same connection. Messages may be lost whenever a queue is full or a connection breaks: the protocol repairs that.
//!
//! Every queue, buffer, count and wait here has a bound, in [`Limits`].

mod accept;
mod bucket;
mod connection;
mod connectivity;
mod dial;
mod frames;
mod limits;
mod members;
mod peers;
mod penalties;
mod queue;
mod room;
mod roster;
mod routes;
mod socket;
mod strangers;
mod tls;

pub(crate) use accept::Acceptor;
pub(crate) use bucket::Bucket;
pub(crate) use connection::{Origin, Permits, Refusal, Sink};
pub(crate) use connectivity::Connectivity;
pub(crate) use dial::{Dialer, dial_until_finished};
pub(crate) use frames::CHUNK_BYTES;
pub use frames::{FrameError, FrameReader};
pub use limits::Limits;
pub(crate) use limits::{MAX_CLIENT_REPLY, clients_memory, replicas_memory};
pub(crate) use members::MemberAddresses;
pub(crate) use peers::PeerDirectory;
pub(crate) use queue::{Closing, SendQueue, Weight};
pub(crate) use roster::Roster;
pub(crate) use tls::TlsIdentity;

#[cfg(test)]
mod tests;

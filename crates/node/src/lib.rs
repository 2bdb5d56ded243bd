//! One real process of a synod cluster: files, sockets, threads and clocks around the pure parts.
//!
//! * [`files`] and [`genesis`]: keys, the descriptor and the folders that hold them.
//! * [`run_replica`]: one replica, with its log, its service, its channels and its admin pages.
//! * [`Client`]: a client, with its connections.
//! * [`status`]: what a replica says of itself and of its process.
//! * [`verify`]: signatures in batches.
//! * [`FrameReader`]: frames out of a stream of bytes.
//!
//! Nothing here knows a protocol: a replica is any [`Process`](synod_kernel::Process), and its protocol is a number.

mod admin;
pub mod client;
pub mod files;
#[cfg(test)]
mod fixture;
pub mod genesis;
mod memory;
mod metrics;
mod replica;
mod resources;
pub mod status;
mod timers;
mod transport;
pub mod verify;

pub use client::{Bundler, CallError, Client, ClientOptions, OperationOutcome, Settled, StatusError};
pub use files::{ClientFolder, FileError, FileProblem, ReplicaFolder};
pub use memory::{MemoryMax, memory_max};
pub use replica::{ReplicaOptions, RunError, Shutdown, ShutdownHandle, run_replica, shutdown};
pub use resources::machine_memory;
pub use status::{NodeStatus, Usage};
pub use transport::{FrameError, FrameReader, Limits};

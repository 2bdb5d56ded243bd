//! One replica: a protocol, a log, a service and channels, driven by the contract of
//! [`Process`](synod_kernel::Process).
//!
//! One thread runs the protocol. Others own the sockets, verify signatures, write the log, execute, and save
//! checkpoints; between them are queues whose bounds are kept by not taking more from the network. What leaves is what
//! the kernel's gate lets out, so nothing is said before everything said earlier is durable. A disk that fails ends the
//! replica.

mod announce;
mod data;
mod driver;
mod durability;
mod error;
mod executor_thread;
mod ingress;
mod log_thread;
mod narration;
mod network;
mod options;
mod outgoing;
mod run;
mod saver_thread;
mod shutdown;
mod stages;

pub use error::RunError;
pub(crate) use executor_thread::RESULTS_MAX;
pub use options::ReplicaOptions;
pub use run::run_replica;
pub use shutdown::{Shutdown, ShutdownHandle, shutdown};

#[cfg(test)]
mod tests;

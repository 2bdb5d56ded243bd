//! One real process of a synod cluster: files, sockets, threads and clocks around the pure parts.
//!
//! * [`files`] and [`genesis`]: keys, the descriptor and the folders that hold them.
//!
//! Nothing here knows a protocol: a replica is any [`Process`](synod_kernel::Process), and its protocol is a number.

pub mod files;
pub mod genesis;
mod metrics;
mod transport;
mod verify;

//! A client of a cluster: connections to every replica around the client logic of the state crate.
//!
//! What to send, to whom and how often, and when to believe an answer is decided there; here are sockets, signatures of
//! replies, and the clock. A result is returned when enough replicas vouch for it, never because one of them said so.
//! [`Bundler`] makes few requests of the operations of many tasks.

mod announcement;
mod bundler;
mod handle;
mod options;
mod replies;
mod worker;

pub use bundler::{Bundler, OperationOutcome};
pub use handle::{CallError, Client, Settled, StatusError};
pub use options::ClientOptions;

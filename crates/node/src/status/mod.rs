//! What a replica answers to a status query: its protocol's word, and what the process around it uses and has done.
//!
//! Counts are since the start of the process and only grow, so two answers make a rate. Like every status it is one
//! replica's word and proves nothing; whoever asks can rely on its bounds alone.

mod process;
mod reporter;
mod usage;

pub(crate) use reporter::{Reporter, Sources};
pub use usage::{NodeStatus, PeerLink, Queues, Syncs, Usage, Work};

#[cfg(test)]
mod tests;

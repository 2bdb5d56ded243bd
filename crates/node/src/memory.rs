//! How much memory a replica can take, at worst: one formula, and its parts.
//!
//! docs/LIMITS.md says what stands behind each part. What is not in it is the service's own data, of which there is a
//! second copy while a state is fetched, and what the system keeps for sockets and files.

use crate::transport::{self, Limits};
use crate::verify;
use synod_kernel::Membership;
use synod_kernel::descriptor::Parameters;
use synod_state::MAX_BATCH_RESULTS;
use synod_state::sessions::MAX_CLIENT_BYTES;
use synod_storage::log::MAX_PENDING;

/// Results of batches between the executor and the clients' queues, at most: waiting, and in hand at either end.
const RESULTS: u64 = super::replica::RESULTS_MAX as u64 + 2;
/// States kept besides those of two windows, which are sealed, being saved, or saved: the current one, one that is
/// fetched, and two that are served. Each peer may have one more kept for it.
const STATES_BESIDES: u64 = 4;

/// Bytes, at most, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryMax {
    /// What arrives from, and waits for, other replicas.
    pub replica_channels: u64,
    /// The same for clients, and for strangers.
    pub client_channels: u64,
    /// Signatures that need not be checked again.
    pub signatures: u64,
    /// What the protocol keeps.
    pub protocol: u64,
    /// Records on their way to the log: what is written, and what a compaction writes anew.
    pub log: u64,
    /// Results on their way to clients.
    pub results: u64,
    /// What is remembered of clients, in all the states that are kept.
    pub sessions: u64,
}

impl MemoryMax {
    /// All of it.
    pub fn total(&self) -> u64 {
        let Self { replica_channels, client_channels, signatures, protocol, log, results, sessions } = *self;
        [replica_channels, client_channels, signatures, protocol, log, results, sessions].iter().sum()
    }
}

/// What a replica can take, in a cluster of these members with so many registered clients. The driver knows no
/// protocol, so the bytes that the protocol keeps are given: `pbft::memory_max` of `synod-protocols`.
pub fn memory_max(
    parameters: &Parameters,
    limits: &Limits,
    members: &Membership,
    clients: usize,
    protocol: u64,
) -> MemoryMax {
    let fetched = u64::from(members.size() - 1);
    let states = 2 * parameters.window / parameters.checkpoint_interval.max(1) + STATES_BESIDES + fetched;
    MemoryMax {
        replica_channels: transport::replicas_memory(limits, members, parameters.frame_max(members)),
        client_channels: transport::clients_memory(limits),
        signatures: verify::REMEMBERED as u64 * verify::BYTES_EACH as u64,
        protocol,
        log: protocol + MAX_PENDING as u64,
        results: RESULTS * MAX_BATCH_RESULTS as u64,
        sessions: clients as u64 * MAX_CLIENT_BYTES as u64 * states,
    }
}

#[cfg(test)]
mod tests;

//! How much memory a replica of this protocol keeps, at worst.
//!
//! The parts are the bounds that the other modules state; docs/LIMITS.md explains them.

use super::answered::OF_ALL_BYTES;
use super::config::HISTORY_BYTES;
use super::load;
use super::message::CHUNK_MAX;
use super::normal::EARLY_MAX;
use super::transfer::CHECKING_MAX;
use synod_kernel::Membership;
use synod_kernel::descriptor::Parameters;
use synod_kernel::request::{MAX_BATCH_REQUESTS, MAX_REQUEST_SIZE, REQUEST_MEMORY};

/// The smallest request, in bytes: one operation of none.
const REQUEST_MIN: usize = 122;
/// Batches that one place can have a name for: what was proposed, what was prepared before, what was decided.
const OF_PLACE: usize = 3;
/// Bytes of a signed vote in memory, about.
const VOTE_BYTES: usize = 256;

/// Bytes, at most, in a cluster of these members: requests that wait, answers that were given, batches and votes within
/// twice the window and in the reports of a view change, votes that came early, pieces of state, and
/// decisions that are kept for replicas that lag.
pub fn memory_max(parameters: &Parameters, members: &Membership) -> u64 {
    let replicas = usize::from(members.size());
    let window = usize::try_from(parameters.window).unwrap_or(usize::MAX);
    let (places, batch) = (2 * window, batch_bytes(parameters));
    // What places name, and what the reports of a view change name: one report of each replica, a window in each.
    let bodies = (places * OF_PLACE).saturating_add(window * replicas).saturating_mul(batch);
    let votes = places.saturating_mul((OF_PLACE + 2) * replicas * VOTE_BYTES);
    // One report of each replica, and the proof of the view.
    let reports = 2 * parameters.frame_max(members);
    let early = replicas.saturating_mul(EARLY_MAX).saturating_mul(batch);
    // One that is read for each peer, and what each peer sent.
    let pieces = replicas * (2 + CHECKING_MAX) * CHUNK_MAX;
    // However small the requests in it are.
    let history = HISTORY_BYTES + HISTORY_BYTES / REQUEST_MIN * REQUEST_MEMORY;
    let parts = [load::bytes_max(replicas), OF_ALL_BYTES, bodies, votes, reports, early, pieces, history];
    parts.into_iter().fold(0_u64, |sum, part| sum.saturating_add(part as u64))
}

/// A batch that is as large as agreed, or a single request that is larger.
fn batch_bytes(parameters: &Parameters) -> usize {
    let many = parameters.batch_bytes as usize + MAX_BATCH_REQUESTS * REQUEST_MEMORY;
    many.max(MAX_REQUEST_SIZE + REQUEST_MEMORY)
}

#[cfg(test)]
mod tests;

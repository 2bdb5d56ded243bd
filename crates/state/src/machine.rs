//! What a service has to be in order to be replicated.

use crate::space::Space;
use bytes::Bytes;
use synod_kernel::{ClientId, Seq};

/// Bytes that every operation may answer, whatever else is in its request.
pub const MIN_RESULT_ROOM: usize = 32;

/// A deterministic service: bytes in, bytes out, over an ordered map that synod owns.
///
/// Every correct replica applies the same operations in the same order and must come to the same map and the same
/// answers. So an implementation is a function of its arguments alone: no clock, no randomness, no I/O, no memory of
/// its own that is not in the map. And it is total: operations come from clients that may be hostile, so there are no
/// bytes at which it may panic; what it does not understand, it answers with a result that says so.
pub trait StateMachine: Send + Sync + 'static {
    /// Applies one operation and answers it with at most [`Context::room`] bytes.
    fn apply(&self, space: &mut Space<'_>, context: &Context, operation: &Bytes) -> Bytes;
}

/// Where an operation comes from and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Who asks. The signature was verified.
    pub client: ClientId,
    /// The batch's place in the agreed order.
    pub seq: Seq,
    /// The operation's place in the batch, counted over all requests of the batch, from 0. Operations of requests
    /// that are not executed do not count.
    pub index: u32,
    /// Bytes the answer may have, at least [`MIN_RESULT_ROOM`]. A machine whose answer would be longer, shortens it or
    /// says that it does not fit. If it does neither, its client is told that the request was executed, but not the
    /// results.
    pub room: usize,
}

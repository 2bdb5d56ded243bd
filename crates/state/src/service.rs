//! The replicated service: sessions in front of a state machine, both over one authenticated map.
//!
//! The root of that map is what replicas vote on at a checkpoint, so everything that decides an answer is in it: the
//! machine's state and all that is remembered of clients, in parts that no key of the machine reaches. Whatever a batch
//! holds, executing it is total and comes out the same everywhere; the null batch changes nothing.
//!
//! A clone costs O(1) and shares what it can, which makes it a state to return to. Durability, transfer of state and
//! the order of batches are others' business.

use crate::machine::{Context, MIN_RESULT_ROOM, StateMachine};
use crate::map::{MerkleMap, Snapshot};
use crate::reply::{ReplyBody, Resolution};
use crate::sessions::{self, MAX_CACHED_RESULT, Settled, Slot, Verdict};
use crate::space::Space;
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use synod_kernel::process::{Executed, Fate, Recalled};
use synod_kernel::request::{MAX_BATCH_REQUESTS, MAX_OPERATIONS, MAX_RESULT_BYTES};
use synod_kernel::{Batch, Digest, Request, Seq};

/// Bytes of the encoded results that every request may have, whatever else is in its batch.
pub const ROOM_PER_REQUEST: usize = MAX_CACHED_RESULT;
/// Bytes beyond [`ROOM_PER_REQUEST`] that all requests of a batch may have together, first come, first served.
pub const ROOM_PER_BATCH: usize = 64 << 20;
/// Bytes of all results of one batch, at most.
pub const MAX_BATCH_RESULTS: usize = MAX_BATCH_REQUESTS * ROOM_PER_REQUEST + ROOM_PER_BATCH;

/// Bytes of an encoded [`Resolution`] besides its results, and of a result besides its content.
const BODY_BYTES: usize = 32 + 5;
const RESULT_BYTES: usize = 4;
const _: () = assert!(BODY_BYTES + MAX_OPERATIONS * (RESULT_BYTES + MIN_RESULT_ROOM) <= ROOM_PER_REQUEST);

/// A state machine, its state, and the sessions of its clients.
pub struct Service<M> {
    machine: Arc<M>,
    map: MerkleMap,
}

impl<M: StateMachine> Service<M> {
    /// The service before the first batch.
    pub fn new(machine: Arc<M>) -> Self {
        Self::restore(machine, MerkleMap::new())
    }

    /// The service with this state, which was sealed or is vouched for by a checkpoint's certificate.
    pub fn restore(machine: Arc<M>, map: MerkleMap) -> Self {
        Self { machine, map }
    }

    /// Executes the batch at `seq`. An entry per request, in order.
    pub fn execute(&mut self, seq: Seq, batch: &Batch) -> Vec<Executed> {
        let mut course = Course { seq, index: 0, spare: ROOM_PER_BATCH };
        batch.requests().iter().map(|request| self.settle(&mut course, request)).collect()
    }

    /// What became of this very request. Changes nothing.
    ///
    /// A refusal for good is answered without being ordered, with 0 for its place: what it says depends on the client's
    /// sessions alone, so replicas that know as much of them say the same.
    pub fn recall(&self, request: &Request) -> Recalled {
        let key = request.key();
        match sessions::judge(&self.map, request) {
            Verdict::Repeat(Settled { seq, result, floor }) => {
                Recalled::Executed(Executed { request: key, fate: Fate::Repeated, seq, result, floor })
            }
            Verdict::Refuse(refusal, floor) if refusal.is_final() => {
                let result = Resolution::encoded(request, ReplyBody::Refused(refusal));
                Recalled::Over(Executed { request: key, fate: Fate::Refused, seq: Seq::default(), result, floor })
            }
            Verdict::Execute(_) | Verdict::Refuse(..) => Recalled::Unknown,
        }
    }

    /// The state as it is now, in O(1): it is hashed when somebody asks for a digest. The service goes on.
    pub fn seal(&self) -> Snapshot {
        self.map.seal()
    }

    /// The digest of the state. Hashes what changed since it was last asked.
    pub fn root(&self) -> Digest {
        self.map.root()
    }

    /// What the service is.
    pub fn machine(&self) -> &Arc<M> {
        &self.machine
    }

    fn settle(&mut self, course: &mut Course, request: &Request) -> Executed {
        let (fate, Settled { seq, result, floor }) = match sessions::judge(&self.map, request) {
            Verdict::Execute(slot) => (Fate::Executed, self.run(course, request, slot)),
            Verdict::Repeat(settled) => (Fate::Repeated, settled),
            Verdict::Refuse(refusal, floor) => {
                let fate = if refusal.is_final() { Fate::Refused } else { Fate::Deferred };
                let result = Resolution::encoded(request, ReplyBody::Refused(refusal));
                (fate, Settled { seq: course.seq, result, floor })
            }
        };
        Executed { request: request.key(), fate, seq, result, floor }
    }

    fn run(&mut self, course: &mut Course, request: &Request, slot: Slot) -> Settled {
        let seq = course.seq;
        let result = match self.apply(course, request) {
            Some(results) => Resolution::encoded(request, ReplyBody::Executed(results)),
            None => sessions::forgotten(request, seq),
        };
        course.spare -= result.len().saturating_sub(ROOM_PER_REQUEST);
        let floor = sessions::record(&mut self.map, slot, seq, &result);
        Settled { seq, result, floor }
    }

    /// Applies every operation of a request. No results if the machine did not keep to the room it had.
    fn apply(&mut self, course: &mut Course, request: &Request) -> Option<Vec<Bytes>> {
        let (operations, count) = (request.operations(), request.operations().len());
        let mut left = MAX_RESULT_BYTES.min(ROOM_PER_REQUEST + course.spare) - BODY_BYTES;
        let mut results = Some(Vec::with_capacity(count));
        for (position, operation) in operations.enumerate() {
            let reserved = (count - 1 - position) * (RESULT_BYTES + MIN_RESULT_ROOM);
            let room = left - reserved - RESULT_BYTES;
            let context = Context { client: request.key().client, seq: course.seq, index: course.index, room };
            course.index += 1;
            let result = self.machine.apply(&mut Space::new(&mut self.map), &context, &operation);
            if result.len() > room {
                results = None;
                left -= RESULT_BYTES + MIN_RESULT_ROOM;
            } else {
                left -= RESULT_BYTES + result.len();
                results = results.map(|mut results| {
                    results.push(result);
                    results
                });
            }
        }
        results
    }
}

/// How far the execution of a batch has come.
struct Course {
    seq: Seq,
    /// The next operation's place in the batch.
    index: u32,
    /// What is left of [`ROOM_PER_BATCH`].
    spare: usize,
}

impl<M> Clone for Service<M> {
    fn clone(&self) -> Self {
        Self { machine: Arc::clone(&self.machine), map: self.map.clone() }
    }
}

impl<M> fmt::Debug for Service<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("map", &self.map).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

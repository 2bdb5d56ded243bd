//! A key-value store as a replicated state machine, with etcd's notion of history.
//!
//! The store has a *revision*, which starts at 1 and grows by one with each operation that changes something. Each key
//! carries the revision at which it was created, the one at which it was last written, and how many times it was
//! written since it was created. A deletion ends that life: a key that is written again is created again. Deleting a
//! key that is absent changes nothing and costs no revision.
//!
//! * [`Operation`] is what a client asks, [`Answer`] what it is told; both have one canonical, bounded encoding.
//! * [`KeyValueStore`] is the machine. It is total: bytes that are no operation are answered with [`Answer::Invalid`].
//!
//! Reads are operations like any other and are ordered with the writes, which makes them linearizable at the price of
//! a write. There is one version of each key, the last; leases, watches and transactions are not here.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod answer;
mod operation;
mod revision;
mod store;

pub use answer::{Answer, Invalid, KeyValue};
pub use operation::{Expected, Operation};
pub use revision::Revision;
pub use store::KeyValueStore;

/// Bytes of a key, at most; at least one.
pub const MAX_KEY_BYTES: usize = 512;
/// Bytes of an end of a range, at most: one more than of a key, so that a range can begin right after any key.
pub const MAX_BOUND_BYTES: usize = MAX_KEY_BYTES + 1;
/// Bytes of a value, at most.
pub const MAX_VALUE_BYTES: usize = 1 << 20;
/// Entries in the answer to one range, at most.
pub const MAX_RANGE_ENTRIES: usize = 1000;
/// Bytes of the encoded answer to one range, at most, unless its first entry alone takes more.
pub const MAX_RANGE_BYTES: usize = 1 << 20;

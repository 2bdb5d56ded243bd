//! Byzantine fault-tolerant replication: give it a deterministic state machine, get a service that no f of its 3f+1
//! machines can corrupt.
//!
//! This crate is what users depend on; it re-exports the parts. To replicate a service of your own, implement
//! [`state::StateMachine`]: a function from an ordered map and an operation to an answer, without clock, randomness or
//! I/O. Synod orders the operations, executes each at most once on every replica, and its client believes an answer
//! only when f+1 replicas have signed it.
//!
//! ```
//! use synod::state::map::MerkleMap;
//! use synod::state::{Context, Space, StateMachine};
//! use synod::{Bytes, kernel};
//!
//! /// Counts how often each word was said.
//! struct WordCount;
//!
//! impl StateMachine for WordCount {
//!     fn apply(&self, space: &mut Space<'_>, _: &Context, word: &Bytes) -> Bytes {
//!         let old = space.get(word).and_then(|count| <[u8; 8]>::try_from(count.as_ref()).ok());
//!         let count = old.map_or(0, u64::from_be_bytes).saturating_add(1).to_be_bytes();
//!         match space.insert(word, &count) {
//!             Ok(_) => Bytes::copy_from_slice(&count),
//!             Err(_) => Bytes::from_static(b"too long"),
//!         }
//!     }
//! }
//!
//! // What replicas do with it, in miniature:
//! let mut map = MerkleMap::new();
//! let client = kernel::ClientId::new([7; 32]);
//! let context = Context { client, seq: kernel::Seq::new(1), index: 0, room: 1024 };
//! let hello = Bytes::from_static(b"hello");
//! WordCount.apply(&mut Space::new(&mut map), &context, &hello);
//! assert_eq!(WordCount.apply(&mut Space::new(&mut map), &context, &hello).as_ref(), 2_u64.to_be_bytes());
//! ```
//!
//! * [`kernel`] has ids, membership, signatures, certificates, and the contract of a replicated process.
//! * [`protocols`] has PBFT.
//! * [`state`]: the replicated service and the verifying client, without I/O. [`kv`] is one service.
//! * [`storage`] and [`node`]: the log, the checkpoints, and one real process.
//! * [`attacks`]: what makes replicas lie, to see that it does not help them.
//! * `synod`, the command of the same name, is made of these parts and no others.

pub use bytes::Bytes;
pub use synod_attacks as attacks;
pub use synod_kernel as kernel;
pub use synod_kv as kv;
pub use synod_node as node;
pub use synod_protocols as protocols;
pub use synod_state as state;
pub use synod_storage as storage;

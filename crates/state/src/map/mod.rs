//! An authenticated ordered map: byte-string keys to byte-string values, under one root digest.
//!
//! * [`MerkleMap`] is persistent: a clone costs O(1) and shares every node, and a write copies the path to what it
//!   changes. [`MerkleMap::seal`] yields the content as it is, a [`Snapshot`], in O(1).
//! * [`Snapshot`] is immutable and can be hashed, read, compared ([`Snapshot::diff`]) and proved from any thread.
//! * [`Chunk`] is the one form of proof: the trie with a digest in place of everything outside a key range. The
//!   same encoding shows that a key is present, that it is absent, that a range is complete, and carries state
//!   from one replica to another; [`Assembler`] puts the chunks together again.
//!
//! The shape is a 16-way radix trie over the nibbles of the keys, path-compressed: every branch has at least two
//! slots in use. Three invariants follow.
//!
//! * *History independence*: shape and root are functions of the content alone, whatever the order of writes.
//! * *Bounded depth*: at most `2 * MAX_KEY_BYTES + 1` nodes lie on a path, whatever keys an attacker picks.
//!   Nothing recurses along a path, so neither hashing nor dropping nor decoding can exhaust a stack.
//! * *Binding*: two different contents with the same root are a BLAKE3 collision. Values, leaves, branches and the
//!   root are hashed for different purposes, and every field in a node's hash is of fixed or stated length.
//!
//! The map does not persist itself, knows nothing of sessions or access, and does not limit how many entries it
//! holds: whoever executes operations does.

mod assemble;
mod bounds;
mod chunk;
mod diff;
mod error;
#[cfg(test)]
mod fixture;
mod hash;
mod nibbles;
mod node;
mod prove;
mod range;
mod snapshot;
mod tree;
mod verify;
mod walk;

pub use assemble::Assembler;
pub use chunk::{Chunk, MAX_CHUNK_BYTES};
pub use diff::Diff;
pub use error::{AssembleError, ChunkError, MapError};
pub use range::Range;
pub use snapshot::Snapshot;
pub use tree::MerkleMap;
pub use verify::{Content, VerifiedChunk};

/// The longest key, in bytes. It bounds the depth of the trie, and with it the size of every proof.
pub const MAX_KEY_BYTES: usize = 1024;

/// The longest value, in bytes.
pub const MAX_VALUE_BYTES: usize = 2 * 1024 * 1024;

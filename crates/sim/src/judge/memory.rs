//! Memory is bounded: what a replica keeps never takes more than a formula over the parameters of its cluster allows,
//! whatever it is sent and however long it runs.
//!
//! What it keeps is weighed by what it takes to tell its state from every other: the bytes that go into its hash. That
//! is blind to what two states share and to what an allocator adds, and it needs nobody's word: everything that grows
//! without a bound grows in it. Batches weigh as much as their digests, because they are shared and their size has
//! bounds of its own.

use super::{Rule, Violation};
use std::hash::{Hash, Hasher};
use synod_kernel::ReplicaId;

/// An honest replica is looked at, which may weigh so much.
///
/// # Errors
/// If it is too heavy.
pub fn weigh(at: ReplicaId, replica: &impl Hash, max: u64) -> Result<(), Violation> {
    let weight = weight(replica);
    if weight <= max {
        return Ok(());
    }
    let sentence = format!("replica {at} keeps what takes {weight} bytes to tell, and at most {max} are due");
    Err(Violation::of(Rule::BoundedMemory, sentence))
}

/// The bytes that tell a state from every other.
fn weight(thing: &impl Hash) -> u64 {
    let mut scale = Scale(0);
    thing.hash(&mut scale);
    scale.0
}

/// Counts bytes.
struct Scale(u64);

impl Hasher for Scale {
    fn write(&mut self, bytes: &[u8]) {
        self.0 += bytes.len() as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests;

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

/// How heavy the replicas may be.
#[derive(Clone, Debug)]
pub struct Memory {
    max: u64,
}

impl Memory {
    /// No replica may weigh more than this.
    pub const fn new(max: u64) -> Self {
        Self { max }
    }

    /// An honest replica is looked at.
    ///
    /// # Errors
    /// If it is too heavy.
    pub fn weigh(&self, at: ReplicaId, replica: &impl Hash) -> Result<(), Violation> {
        let weight = weight(replica);
        if weight <= self.max {
            return Ok(());
        }
        let sentence =
            format!("replica {at} keeps what takes {weight} bytes to tell, and at most {} are due", self.max);
        Err(Violation::of(Rule::BoundedMemory, sentence))
    }
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

//! Values that are kept once and named by a number.
//!
//! Two values are the same if their fingerprints of 128 bits are: a protocol's state can be hashed and need not be
//! comparable. Among 10^7 values, two that differ have the same one with a probability below 10^-24.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// A fingerprint wide enough to stand for the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(u128);

/// Hashes into a [`Fingerprint`].
struct Wide(blake3::Hasher);

impl Hasher for Wide {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let half = self.0.finalize().as_bytes()[..8].try_into().expect("eight of 32 bytes");
        u64::from_le_bytes(half)
    }
}

/// The fingerprint of a value.
pub(super) fn fingerprint(value: &impl Hash) -> Fingerprint {
    let mut wide = Wide(blake3::Hasher::new());
    value.hash(&mut wide);
    let half = wide.0.finalize().as_bytes()[..16].try_into().expect("16 of 32 bytes");
    Fingerprint(u128::from_le_bytes(half))
}

/// Values by number, each once.
#[derive(Clone, Debug)]
pub(super) struct Interned<T> {
    values: Vec<T>,
    numbers: HashMap<Fingerprint, u32>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Hash> Interned<T> {
    /// The number of a value, and whether it is new.
    pub(super) fn intern(&mut self, value: T) -> (u32, bool) {
        let next = u32::try_from(self.values.len()).expect("fewer than 2^32 values");
        let number = *self.numbers.entry(fingerprint(&value)).or_insert(next);
        if number == next {
            self.values.push(value);
        }
        (number, number == next)
    }
}

impl<T> Interned<T> {
    /// The value of a number.
    pub(super) fn get(&self, number: u32) -> &T {
        &self.values[number as usize]
    }

    /// How many different ones there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

#[cfg(test)]
mod tests;

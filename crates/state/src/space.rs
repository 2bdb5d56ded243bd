//! What a state machine sees of the replicated map: its own part, and nothing else.
//!
//! Every key of the map begins with a byte that says whose it is. A [`Space`] puts the service's byte in front of
//! each key it is given and takes it off each key it returns, so no key that a machine can name leads into the
//! part where sessions are kept.

use crate::map::{MAX_KEY_BYTES, MapError, MerkleMap};
use alloc::vec::Vec;
use bytes::Bytes;

/// In front of the keys of what synod itself keeps.
pub(crate) const SYSTEM: u8 = 0;
/// In front of the keys of the service.
const SERVICE: u8 = 1;

/// Bytes of a key in a [`Space`], at most.
pub const MAX_SPACE_KEY_BYTES: usize = MAX_KEY_BYTES - 1;

/// An ordered map from byte strings to byte strings: the part of the replicated map that belongs to the service.
/// Keys have at most [`MAX_SPACE_KEY_BYTES`] bytes, values [`MAX_VALUE_BYTES`](crate::map::MAX_VALUE_BYTES).
#[derive(Debug)]
pub struct Space<'a> {
    map: &'a mut MerkleMap,
}

impl<'a> Space<'a> {
    /// The service's part of `map`.
    pub fn new(map: &'a mut MerkleMap) -> Self {
        Self { map }
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Option<&Bytes> {
        self.map.get(&placed(key))
    }

    /// Sets the value of `key` and returns the one it had. Refuses a key or value that is too long, and then
    /// changes nothing.
    pub fn insert(&mut self, key: &[u8], value: &[u8]) -> Result<Option<Bytes>, MapError> {
        if key.len() > MAX_SPACE_KEY_BYTES {
            return Err(MapError::KeyTooLong { bytes: key.len() });
        }
        self.map.insert(&placed(key), value)
    }

    /// Removes `key` and returns the value it had.
    pub fn remove(&mut self, key: &[u8]) -> Option<Bytes> {
        self.map.remove(&placed(key))
    }

    /// The entries with `from <= key`, and `key < to` if there is an end, in key order. Finding the first costs one
    /// descent, each further one O(1) amortised.
    pub fn range<'s>(
        &'s self,
        from: &[u8],
        to: Option<&[u8]>,
    ) -> impl Iterator<Item = (&'s [u8], &'s Bytes)> + use<'s, 'a> {
        let end = to.map_or_else(|| Vec::from([SERVICE + 1]), placed);
        self.map.range(&placed(from), Some(&end)).map(|(key, value)| (&key[1..], value))
    }
}

/// Where a key of the service is in the map.
fn placed(key: &[u8]) -> Vec<u8> {
    let mut placed = Vec::with_capacity(key.len() + 1);
    placed.push(SERVICE);
    placed.extend_from_slice(key);
    placed
}

#[cfg(test)]
mod tests;

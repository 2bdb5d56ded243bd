//! Reading data that carries no signatures: operations, results, and what the service keeps in its map.
//!
//! It is the kernel's codec, canonical and bounded, with one thing taken away: there is nobody whose signature
//! could be good, so a value that needs one is refused rather than half believed. Values that name replicas have
//! no place here either, because no membership is at hand to judge them by.

use bytes::Bytes;
use synod_kernel::signature::{Check, Invalid, Verifier};
use synod_kernel::{Decode, Digest, Domain, Epoch, Faults, Malformed, Membership, Scope, Unverified};

/// No cluster and, but for the one that a membership must have, no members.
const NOWHERE: Scope = Scope {
    domain: Domain { cluster: Digest::ZERO, epoch: Epoch::new(0) },
    membership: match Membership::new(1, Faults::Crash(0)) {
        Ok(membership) => membership,
        Err(_) => panic!("one replica and no faults is a membership"),
    },
    window: 0,
};

/// Knows nobody's key.
struct Nobody;

impl Verifier for Nobody {
    fn verify(&self, checks: &[Check]) -> Result<(), Invalid> {
        match checks.first() {
            None => Ok(()),
            Some(check) => Err(Invalid::UnknownAuthor(check.author)),
        }
    }
}

/// Reads exactly one value from anybody's bytes. Byte strings in it share `input` rather than being copied.
pub fn decode<T: Decode>(input: Bytes) -> Result<T, Malformed> {
    let unverified = Unverified::<T>::decode(input, &NOWHERE)?;
    unverified.verify(&Nobody).map_err(|_| Malformed::Inconsistent("a signature where none belongs"))
}

#[cfg(test)]
mod tests;

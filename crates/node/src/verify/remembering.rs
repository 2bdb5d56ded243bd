//! Signatures that were found good lately, so that none is checked twice.
//!
//! The replies of one replica to the requests of one batch share a signature, a request that a client sent comes again
//! in a batch, certificates are made of votes that came alone, and whoever repeats itself costs a look-up. What is
//! remembered is author, digest and signature together, all three, and only after they were found good together:
//! nothing that a liar sends can make anything else pass, or make it be remembered. Who forgets checks again, no more.

use super::batch::Verdict;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use synod_kernel::signature::{Author, Check};
use synod_kernel::{Digest, Invalid, Signature, Verifier};

type Known = (Author, Digest, Signature);

/// Bytes that one signature takes while it is remembered, at most: twice what it is, and its place in a tree.
pub(crate) const BYTES_EACH: usize = 4 * size_of::<Known>();

#[derive(Debug)]
struct Memory {
    known: BTreeSet<Known>,
    /// Oldest first.
    order: VecDeque<Known>,
    /// How many are remembered.
    capacity: usize,
}

/// A verifier that asks another one once for each signature.
#[derive(Debug)]
pub(crate) struct Remembering<V> {
    verifier: V,
    memory: Mutex<Memory>,
}

impl<V> Remembering<V> {
    /// Remembers nothing yet, and `capacity` signatures at most.
    pub(crate) fn new(verifier: V, capacity: usize) -> Self {
        let memory = Memory { known: BTreeSet::new(), order: VecDeque::new(), capacity };
        Self { verifier, memory: Mutex::new(memory) }
    }
}

fn known(check: &Check) -> Known {
    (check.author, check.digest, check.signature)
}

impl Memory {
    fn remember(&mut self, known: Known) {
        if self.known.insert(known) {
            self.order.push_back(known);
        }
        if self.order.len() > self.capacity {
            let oldest = self.order.pop_front();
            oldest.map(|oldest| self.known.remove(&oldest));
        }
    }
}

impl<V> Remembering<V> {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has what is not remembered checked, and remembers it if it is good.
    fn verify_with<E>(&self, checks: &[Check], verify: impl FnOnce(&[Check]) -> Result<(), E>) -> Result<(), E> {
        let mut unknown = checks.to_vec();
        unknown.retain({
            let memory = self.memory();
            move |check| !memory.known.contains(&known(check))
        });
        if unknown.is_empty() {
            return Ok(());
        }
        // Checked without the lock: several threads do, at once.
        verify(&unknown)?;
        let mut memory = self.memory();
        unknown.iter().for_each(|check| memory.remember(known(check)));
        Ok(())
    }
}

impl<V: Verifier> Verifier for Remembering<V> {
    fn verify(&self, checks: &[Check]) -> Result<(), Invalid> {
        self.verify_with(checks, |unknown| self.verifier.verify(unknown))
    }
}

impl<V: Verdict> Verdict for Remembering<V> {
    fn are_all_good(&self, checks: &[Check]) -> bool {
        let verdict = |unknown: &[Check]| if self.verifier.are_all_good(unknown) { Ok(()) } else { Err(()) };
        self.verify_with(checks, verdict).is_ok()
    }
}

#[cfg(test)]
mod tests;

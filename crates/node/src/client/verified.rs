//! Signatures that were found good lately, so that none is checked twice.
//!
//! The replies of one replica to the requests of one batch share a signature, and a client with many requests under way
//! gets many of them. What is remembered is author, digest and signature together, all three, and only after they were
//! found good together: nothing that a liar sends can make anything else pass, or make it be remembered.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use synod_kernel::signature::{Author, Check};
use synod_kernel::{Digest, Invalid, Signature, Verifier};

/// Signatures remembered. A client has few batches under way, and of each one signature per replica.
const REMEMBERED: usize = 512;

type Known = (Author, Digest, Signature);

#[derive(Debug, Default)]
struct Memory {
    known: BTreeSet<Known>,
    /// Oldest first.
    order: VecDeque<Known>,
}

/// A verifier that asks another one once for each signature.
#[derive(Debug)]
pub(super) struct Remembering<V> {
    verifier: V,
    memory: Mutex<Memory>,
}

impl<V> Remembering<V> {
    /// Remembers nothing yet.
    pub(super) fn new(verifier: V) -> Self {
        Self { verifier, memory: Mutex::default() }
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
        if self.order.len() > REMEMBERED {
            let oldest = self.order.pop_front();
            oldest.map(|oldest| self.known.remove(&oldest));
        }
    }
}

impl<V: Verifier> Verifier for Remembering<V> {
    fn verify(&self, checks: &[Check]) -> Result<(), Invalid> {
        let memory = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unknown = checks.to_vec();
        unknown.retain({
            let memory = memory();
            move |check| !memory.known.contains(&known(check))
        });
        if unknown.is_empty() {
            return Ok(());
        }
        // Checked without the lock: replies of several replicas are, at once.
        self.verifier.verify(&unknown)?;
        let mut memory = memory();
        unknown.iter().for_each(|check| memory.remember(known(check)));
        Ok(())
    }
}

#[cfg(test)]
mod tests;

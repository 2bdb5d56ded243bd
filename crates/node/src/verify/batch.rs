//! Many signatures checked at once.
//!
//! The verdict is that of [`Ed25519Verifier`], to the letter: ZIP-215 makes batch and single verification agree, and
//! whenever a batch fails the signatures are gone through one by one to name the first culprit.

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use std::sync::Arc;
use synod_kernel::descriptor::Cluster;
use synod_kernel::ed25519::Ed25519Verifier;
use synod_kernel::signature::Check;
use synod_kernel::{Invalid, Verifier};

/// Below this many signatures a batch saves nothing.
const MIN_BATCH: usize = 3;

/// Checks signatures of one cluster in batches.
#[derive(Clone, Debug)]
pub struct BatchVerifier {
    singles: Arc<Ed25519Verifier>,
}

impl BatchVerifier {
    /// A verifier that knows the keys of `cluster`.
    pub fn new(cluster: &Cluster) -> Self {
        Self { singles: Arc::new(cluster.verifier().clone()) }
    }

    /// Whether one batch over all checks succeeds. Unknown authors fail.
    fn is_batch_good(&self, checks: &[Check]) -> bool {
        let mut batch = ed25519_zebra::batch::Verifier::new();
        for Check { author, digest, signature } in checks {
            let Some(key) = self.singles.key(*author) else { return false };
            let signature = ed25519_zebra::Signature::from(signature.0);
            batch.queue((key.inner().into(), signature, digest.as_bytes()));
        }
        // The coefficients must be unpredictable, or signatures could be made to cancel each other's errors out.
        batch.verify(UnwrapErr(SysRng)).is_ok()
    }
}

/// Says of many checks whether all are good, without going through them to find out which is not.
pub(crate) trait Verdict: Verifier {
    /// Whether all are good.
    fn are_all_good(&self, checks: &[Check]) -> bool;
}

impl Verdict for BatchVerifier {
    fn are_all_good(&self, checks: &[Check]) -> bool {
        if checks.len() >= MIN_BATCH { self.is_batch_good(checks) } else { self.singles.verify(checks).is_ok() }
    }
}

impl Verifier for BatchVerifier {
    fn verify(&self, checks: &[Check]) -> Result<(), Invalid> {
        if checks.len() >= MIN_BATCH && self.is_batch_good(checks) { Ok(()) } else { self.singles.verify(checks) }
    }
}

#[cfg(test)]
mod tests;

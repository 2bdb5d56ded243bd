//! Judges decoders of signed values, in a small cluster with symbolic keys.
//!
//! A judge has heard everything that anybody honest ever said. So whatever it is shown, in whatever wrapping, may
//! verify only if every statement in it is one of those.

use crate::verdict::Verdict;
use bytes::Bytes;
use std::collections::BTreeSet;
use synod_kernel::signature::{Author, Check};
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    ClientId, Decode, Digest, Domain, Encode, Epoch, Faults, Invalid, Membership, ReplicaId, Scope, Signature, Signer,
    Unverified, Verifier,
};

/// The one client.
const CLIENT: ClientId = ClientId::new([7; 32]);

/// The cluster for which the corpora are written.
pub(crate) fn scope() -> Scope {
    let domain = Domain { cluster: Digest::of("synod fuzz v1", b"cluster"), epoch: Epoch::new(1) };
    Scope { domain, membership: Membership::new(4, Faults::Byzantine(1)).expect("n = 3f+1"), window: 256 }
}

fn referee() -> Referee {
    Referee::new(1, scope().membership, [CLIENT])
}

/// The key of a replica.
pub(crate) fn replica(position: u16) -> impl Signer {
    referee().signer(Author::Replica(ReplicaId::new(position)))
}

/// The key of the client.
pub(crate) fn client() -> impl Signer {
    referee().signer(Author::Client(CLIENT))
}

/// Believes everything, so that what nobody signed can be looked at.
struct Gullible;

impl Verifier for Gullible {
    fn verify(&self, _: &[Check]) -> Result<(), Invalid> {
        Ok(())
    }
}

/// Has heard what was honestly said.
pub(crate) struct Judge {
    scope: Scope,
    said: BTreeSet<(Author, Digest)>,
}

/// Whether the author made this signature. Only digests of signatures are compared: a fuzzer watches comparisons, and
/// copies from them what it lacks.
fn is_good(check: &Check) -> bool {
    let veiled = |signature: Signature| Digest::of("synod fuzz v1 veil", &signature.0);
    let is_known = matches!(check.author, Author::Replica(_) | Author::Client(CLIENT));
    is_known && veiled(referee().signer(check.author).sign(&check.digest)) == veiled(check.signature)
}

impl Judge {
    /// Who has heard these values and no others.
    pub(crate) fn who_heard<T: Decode>(values: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let scope = scope();
        let checks = |bytes| Unverified::<T>::decode(Bytes::from(bytes), &scope).expect("canonical").checks().to_vec();
        let said = values.into_iter().flat_map(checks).map(|check| (check.author, check.digest)).collect();
        Self { scope, said }
    }

    /// Decodes `input`, and hands over the value as well, believed or not.
    pub(crate) fn judge<T: Decode + Encode>(&self, input: &[u8]) -> (Verdict, Option<T>) {
        let Ok(read) = Unverified::<T>::decode(Bytes::copy_from_slice(input), &self.scope) else {
            return (Verdict::Malformed, None);
        };
        let checks = read.checks().to_vec();
        assert!(checks.len() * 64 <= input.len(), "every signature that is checked was there");
        let value = read.verify(&Gullible).expect("everything is believed");
        assert_eq!(value.to_bytes(), input, "one value, one encoding");
        if !checks.iter().all(is_good) {
            return (Verdict::Forged, Some(value));
        }
        let heard = |check: &Check| self.said.contains(&(check.author, check.digest));
        assert!(checks.iter().all(heard), "nobody signed this");
        (Verdict::Valid, Some(value))
    }
}

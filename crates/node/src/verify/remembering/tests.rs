//! One check for one signature, and no check is skipped for anything that was not found good.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use synod_kernel::ReplicaId;

const REMEMBERED: usize = 100;

/// Finds signatures good that repeat their digest, and counts what it is asked.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Verifier for Counting {
    fn verify(&self, checks: &[Check]) -> Result<(), Invalid> {
        self.0.fetch_add(checks.len(), Ordering::Relaxed);
        match checks.iter().find(|check| check.signature.0[..32] != check.digest.0) {
            Some(bad) => Err(Invalid::BadSignature(bad.author)),
            None => Ok(()),
        }
    }
}

fn check(author: u16, content: &[u8]) -> Check {
    let digest = Digest::of("test", content);
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&digest.0);
    Check { author: Author::Replica(ReplicaId::new(author)), digest, signature: Signature(signature) }
}

fn asked(verifier: &Remembering<Counting>) -> usize {
    verifier.verifier.0.load(Ordering::Relaxed)
}

#[test]
fn a_signature_is_checked_once() {
    let verifier = Remembering::new(Counting::default(), REMEMBERED);
    for _ in 0..3 {
        assert_eq!(verifier.verify(&[check(1, b"a")]), Ok(()));
        assert_eq!(asked(&verifier), 1);
    }
    assert_eq!(verifier.verify(&[check(1, b"a"), check(1, b"b")]), Ok(()));
    assert_eq!(asked(&verifier), 2, "only what is new");
}

#[test]
fn what_differs_in_anything_is_checked_by_itself() {
    let verifier = Remembering::new(Counting::default(), REMEMBERED);
    let good = check(1, b"a");
    assert_eq!(verifier.verify(&[good]), Ok(()));
    let mut last_byte = good.signature;
    last_byte.0[63] ^= 1;
    let others = [
        Check { author: Author::Replica(ReplicaId::new(2)), ..good },
        Check { digest: Digest::of("test", b"b"), ..good },
        Check { signature: Signature([0; 64]), ..good },
        Check { signature: last_byte, ..good },
    ];
    for (count, other) in (2..).zip(others) {
        let expected = if other.signature.0[..32] == other.digest.0 { Ok(()) } else { Err(other.author) };
        assert_eq!(verifier.verify(&[other]), expected.map_err(Invalid::BadSignature));
        assert_eq!(asked(&verifier), count);
    }
}

#[test]
fn what_was_not_good_is_not_remembered_nor_what_came_with_it() {
    let verifier = Remembering::new(Counting::default(), REMEMBERED);
    let bad = Check { signature: Signature([0; 64]), ..check(1, b"a") };
    for count in [2, 4] {
        assert!(verifier.verify(&[check(1, b"b"), bad]).is_err());
        assert_eq!(asked(&verifier), count);
    }
}

#[test]
fn so_many_are_remembered_and_the_oldest_are_forgotten() {
    let verifier = Remembering::new(Counting::default(), REMEMBERED);
    let content = |number: usize| number.to_le_bytes();
    for number in 0..REMEMBERED + 10 {
        assert_eq!(verifier.verify(&[check(1, &content(number))]), Ok(()));
    }
    let before = asked(&verifier);
    assert_eq!(verifier.verify(&[check(1, &content(10))]), Ok(()));
    assert_eq!(asked(&verifier), before);
    assert_eq!(verifier.verify(&[check(1, &content(9))]), Ok(()));
    assert_eq!(asked(&verifier), before + 1);
    let memory = verifier.memory.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!((memory.known.len(), memory.order.len()), (REMEMBERED, REMEMBERED));
}

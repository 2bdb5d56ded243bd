//! Batch and single verification agree on every set, and on who is to blame.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use super::*;
use crate::genesis::{self, DevOptions};
use synod_kernel::chooser::{Chooser, Seeded};
use synod_kernel::ed25519::SecretKey;
use synod_kernel::signature::Author;
use synod_kernel::{ClientId, Digest, ReplicaId, Signature};
use tempfile::TempDir;

struct World {
    cluster: Cluster,
    authors: Vec<(Author, SecretKey)>,
}

fn world() -> World {
    let folder = TempDir::new().unwrap();
    let options = DevOptions::local(4, 1, 7000, 7100).unwrap();
    let made = genesis::dev(&folder.path().join("cluster"), &options).unwrap();
    let key = |path: std::path::PathBuf| SecretKey::from_seed(&crate::files::read_key(&path).unwrap());
    let mut authors: Vec<_> = (0..4)
        .map(|i: u16| (Author::Replica(ReplicaId::new(i)), key(made.replicas[usize::from(i)].join("voting.key"))))
        .collect();
    let client = key(made.client.join("client.key"));
    authors.push((Author::Client(ClientId::new(client.public().to_bytes())), client));
    World { cluster: made.cluster, authors }
}

fn good(world: &World, choose: &mut Seeded) -> Check {
    let (author, key) = &world.authors[choose.choose("author", world.authors.len())];
    let digest = Digest::of("test", &choose.choose("digest", 1 << 30).to_le_bytes());
    Check { author: *author, digest, signature: key.sign(&digest) }
}

fn spoil(check: &mut Check, choose: &mut Seeded) {
    match choose.choose("damage", 5) {
        0 => check.signature.0[choose.choose("byte", 64)] ^= 1 << choose.choose("bit", 8),
        1 => check.digest = Digest::of("test", b"another"),
        2 => check.author = Author::Replica(ReplicaId::new(99)),
        3 => check.author = Author::Client(ClientId::new([choose.choose("client", 256) as u8; 32])),
        _ => check.signature = Signature([0; 64]),
    }
}

#[test]
fn it_agrees_with_single_verification() {
    let world = world();
    let batch = BatchVerifier::new(&world.cluster);
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..300 {
        let mut choose = Seeded::new(seed);
        let length = choose.choose("length", 20);
        let mut checks: Vec<Check> = (0..length).map(|_| good(&world, &mut choose)).collect();
        for _ in 0..choose.choose("spoiled", 3) {
            if let Some(last) = length.checked_sub(1) {
                let victim = choose.choose("victim", last + 1);
                spoil(&mut checks[victim], &mut choose);
            }
        }
        let expected = world.cluster.verifier().verify(&checks);
        assert_eq!(batch.verify(&checks), expected, "seed {seed}");
        assert_eq!(batch.are_all_good(&checks), expected.is_ok(), "seed {seed}");
        if expected.is_ok() { accepted += 1 } else { refused += 1 }
    }
    assert!(accepted > 50 && refused > 50, "{accepted} accepted, {refused} refused");
}

#[test]
fn one_signature_moved_to_another_statement_fails_in_a_batch() {
    let world = world();
    let mut choose = Seeded::new(1);
    let mut checks: Vec<Check> = (0..64).map(|_| good(&world, &mut choose)).collect();
    assert_eq!(BatchVerifier::new(&world.cluster).verify(&checks), Ok(()));
    checks[40].signature = checks[41].signature;
    let verdict = BatchVerifier::new(&world.cluster).verify(&checks);
    assert_eq!(verdict, Err(Invalid::BadSignature(checks[40].author)));
}

/// Errors that cancel out when coefficients are equal: s of one signature too large by as much as another is too small.
#[test]
fn errors_do_not_cancel_out() {
    let world = world();
    let mut choose = Seeded::new(2);
    let mut checks: Vec<Check> = (0..4).map(|_| good(&world, &mut choose)).collect();
    // The low bytes of s, one up and one down; both stay canonical.
    assert!(checks[0].signature.0[32] < 255 && checks[1].signature.0[32] > 0, "choose another seed");
    checks[0].signature.0[32] += 1;
    checks[1].signature.0[32] -= 1;
    let verdict = BatchVerifier::new(&world.cluster).verify(&checks);
    assert_eq!(verdict, Err(Invalid::BadSignature(checks[0].author)));
}

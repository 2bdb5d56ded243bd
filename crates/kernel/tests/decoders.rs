//! What the fuzzers do, as a test: every file of the committed corpus, and seeded damage to each.
//!
//! Names say what a file is: `valid-…` decodes and verifies, `forged-…` decodes and does not verify, `malformed-…`
//! does not decode. Whatever else a fuzzer found only has to be canonical if it decodes.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use std::path::PathBuf;
use synod_kernel::chooser::{Chooser, Seeded};
use synod_kernel::symbolic::Referee;
use synod_kernel::{ClientId, Digest, Domain, Encode, Epoch, Faults, Membership, Request, Scope, Unverified};

#[path = "decoders/mutation.rs"]
mod mutation;

/// The cluster for which the corpus was written.
fn scope() -> Scope {
    let domain = Domain { cluster: Digest::of("synod fuzz v1", b"cluster"), epoch: Epoch::new(1) };
    Scope { domain, membership: Membership::new(4, Faults::Byzantine(1)).unwrap() }
}

/// Knows the one client that signed the corpus.
fn referee() -> Referee {
    Referee::new(1, scope().membership, [ClientId::new([7; 32])])
}

/// Name and content of each file, in the order of their names.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "fuzz", "corpus", target].iter().collect();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// The fuzz target itself: whatever decodes is canonical.
fn decode(input: &[u8]) -> Option<Unverified<Request>> {
    let read = Unverified::<Request>::decode(Bytes::copy_from_slice(input), &scope()).ok()?;
    assert_eq!(read.checks().len(), 1, "one author");
    Some(read)
}

fn canonical(request: &Request, input: &[u8]) {
    assert_eq!(request.to_bytes(), input, "one value, one encoding");
    assert_eq!(request.size(), input.len());
}

/// Believes everything, so that what nobody signed can be looked at.
struct Gullible;

impl synod_kernel::Verifier for Gullible {
    fn verify(&self, _: &[synod_kernel::signature::Check]) -> Result<(), synod_kernel::Invalid> {
        Ok(())
    }
}

fn check(input: &[u8]) -> bool {
    let Some(read) = decode(input) else { return false };
    canonical(&read.verify(&Gullible).unwrap(), input);
    true
}

#[test]
fn the_corpus_is_what_its_names_say() {
    let files = corpus("kernel_request");
    let mut kinds = [0; 3];
    for (name, input) in &files {
        let decoded = decode(input);
        match name.split('-').next() {
            Some("valid") => canonical(&decoded.unwrap().verify(&referee()).unwrap(), input),
            Some("forged") => assert!(decoded.unwrap().verify(&referee()).is_err(), "{name}"),
            Some("malformed") => assert!(decoded.is_none(), "{name}"),
            _ => drop(check(input)),
        }
        let kind = ["valid", "forged", "malformed"].iter().position(|kind| name.starts_with(kind));
        kind.into_iter().for_each(|kind| kinds[kind] += 1);
    }
    assert!(kinds.iter().all(|&count| count > 0), "some of each: {kinds:?}");
}

#[test]
fn damage_to_the_corpus_is_refused_or_canonical() {
    let (mut accepted, mut refused) = (0, 0);
    for (position, (_, input)) in corpus("kernel_request").iter().enumerate() {
        let mut chooser = Seeded::new(position as u64);
        for _ in 0..2_000 {
            let damaged = mutation::mutate(input, &mut |options| chooser.choose("damage", options));
            if check(&damaged) { accepted += 1 } else { refused += 1 }
        }
    }
    assert!(accepted > 100 && refused > 1_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn noise_is_refused_or_canonical() {
    let mut chooser = Seeded::new(99);
    for length in 0..2_000 {
        let noise: Vec<u8> = (0..length % 300).map(|_| u8::try_from(chooser.choose("byte", 256)).unwrap()).collect();
        check(&noise);
    }
}

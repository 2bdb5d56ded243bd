//! Fingerprints.

use super::Fingerprint;
use std::hash::Hasher;

fn fingerprint(parts: &[&[u8]]) -> u64 {
    let mut hash = Fingerprint::default();
    parts.iter().for_each(|part| hash.write(part));
    hash.finish()
}

#[test]
fn what_is_hashed_and_how_it_is_parted_matters() {
    let base = fingerprint(&[b"abc", b"defghijkl"]);
    assert_eq!(base, fingerprint(&[b"abc", b"defghijkl"]));
    for other in [
        fingerprint(&[b"abd", b"defghijkl"]),
        fingerprint(&[b"abcd", b"efghijkl"]),
        fingerprint(&[b"defghijkl", b"abc"]),
        fingerprint(&[b"abc", b"defghijkl", b""]),
        fingerprint(&[b"abc\0", b"defghijkl"]),
    ] {
        assert_ne!(base, other);
    }
}

#[test]
fn the_value_is_the_same_on_every_machine() {
    assert_eq!(fingerprint(&[b"synod"]), FIXED);
}

/// Written down once; a change makes fingerprints of old runs incomparable.
const FIXED: u64 = 2_798_042_155_733_613_453;

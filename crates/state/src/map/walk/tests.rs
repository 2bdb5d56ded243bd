//! Bytes that no honest prover writes.
#![allow(clippy::unwrap_used)]

use super::super::chunk::MAX_BOUND_BYTES;
use super::super::{Chunk, MAX_KEY_BYTES};
use super::*;

#[test]
fn the_walk_refuses_what_no_map_holds() {
    let digest = [9; 32];
    let body = |parts: &[&[u8]]| Chunk::decode(Chunk::assemble(None, 1, &parts.concat()).encode()).map(|_| ());
    assert_eq!(body(&[&[PRUNED], &digest]), Ok(()));
    assert_eq!(body(&[&[7]]), Err(ChunkError::UnknownTag { tag: 7 }));
    assert_eq!(body(&[]), Err(ChunkError::Truncated));
    let malformed = |parts: &[&[u8]]| assert!(matches!(body(parts), Err(ChunkError::Malformed(_))), "{parts:?}");
    // A key of half a byte, a key too long, a value too long.
    malformed(&[&[DIGESTED, 1, 0, 0x60], &digest]);
    malformed(&[&[DIGESTED, 2, 8], &[0; MAX_BOUND_BYTES], &digest]);
    malformed(&[&[ENTRY, 0, 0, 0xff, 0xff, 0xff, 0xff]]);
    // A branch with one slot, one with an own entry after half a byte, one beyond the longest key.
    malformed(&[&[BRANCH, 0, 0, 0, 1, 0, PRUNED], &digest]);
    malformed(&[&[BRANCH, 1, 0, 0x60, 1, 1, 0, PRUNED], &digest, &[PRUNED], &digest]);
    malformed(&[&[BRANCH, 0, 8], &[0; MAX_KEY_BYTES], &[1, 1, 0, PRUNED], &digest, &[PRUNED], &digest]);
    // Set bits outside the segment; a child that leads back; an own entry with a key of its own, or a branch.
    malformed(&[&[BRANCH, 1, 0, 0x61, 0, 3, 0, PRUNED], &digest, &[PRUNED], &digest]);
    malformed(&[&[BRANCH, 2, 0, 0x61, 0, 3, 0, DIGESTED, 2, 0], &digest, &[PRUNED], &digest]);
    malformed(&[&[BRANCH, 0, 0, 1, 1, 0, DIGESTED, 2, 0, 0x61], &digest, &[PRUNED], &digest]);
    malformed(&[&[BRANCH, 0, 0, 1, 1, 0, BRANCH, 0, 0, 0, 3, 0, PRUNED], &digest, &[PRUNED], &digest]);
}

/// Appends all keys of `levels` more nibbles below the path of `start` nibbles, in a few bytes each.
fn write_crowd(start: usize, levels: usize, out: &mut Vec<u8>) {
    let [low, high] = u16::try_from(start).unwrap().to_le_bytes();
    if levels == 0 {
        out.extend_from_slice(&[ENTRY, low, high, 0, 0, 0, 0]);
        return;
    }
    out.extend_from_slice(&[BRANCH, low, high]);
    if start == MAX_KEY_BYTES {
        out.extend_from_slice(&[0; MAX_KEY_BYTES / 2]);
    }
    out.extend_from_slice(&[0, 0xff, 0xff]);
    (0..16).for_each(|_| write_crowd(start + 1, levels - 1, out));
}

/// Many leaves that share a long path take few bytes on the wire and many in memory.
#[test]
fn a_small_chunk_cannot_expand_without_bound() {
    let mut body = Vec::new();
    write_crowd(MAX_KEY_BYTES, 1, &mut body);
    let odd = Chunk::decode(Chunk::assemble(None, 1, &body).encode());
    assert_eq!(odd, Err(ChunkError::Malformed("a key of half a byte")));
    body.clear();
    write_crowd(MAX_KEY_BYTES, 2, &mut body);
    assert!(Chunk::decode(Chunk::assemble(None, 1, &body).encode()).is_ok());
    body.clear();
    write_crowd(MAX_KEY_BYTES, 4, &mut body);
    assert!(body.len() < 500_000);
    let crowd = Chunk::decode(Chunk::assemble(None, 1, &body).encode());
    assert_eq!(crowd, Err(ChunkError::Malformed("more entries than a chunk holds")));
}

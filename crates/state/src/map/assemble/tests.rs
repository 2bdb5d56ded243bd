//! Assembling in any order, from several sources, with and without something to take from.
#![allow(clippy::unwrap_used)]

use super::super::fixture::{Random, scattered};
use super::super::{Chunk, MerkleMap, Snapshot};
use super::*;

/// A piece of `content` from one missing range.
fn piece(content: &Snapshot, from: &Bytes, to: Option<&Bytes>, budget: usize) -> VerifiedChunk {
    let chunk = content.prove_range(from, to.map(AsRef::as_ref), budget).unwrap();
    Chunk::decode(chunk.encode()).unwrap().verify(&content.root(), from).unwrap()
}

/// Feeds pieces of missing ranges that `random` picks, and counts them.
fn assemble(content: &Snapshot, assembler: &mut Assembler, budget: usize, random: &mut Random) -> usize {
    let mut fed = 0;
    loop {
        let missing: Vec<(Bytes, Option<Bytes>)> =
            assembler.missing().map(|(from, to)| (from.clone(), to.cloned())).collect();
        let ends = missing.iter().map(|(_, to)| to.clone());
        assert!(ends.zip(missing.iter().skip(1)).all(|(end, (next, _))| end.unwrap() <= *next), "they do not overlap");
        if missing.is_empty() {
            return fed;
        }
        let (from, to) = &missing[random.below(missing.len())];
        assembler.feed(&piece(content, from, to.as_ref(), budget)).unwrap();
        fed += 1;
    }
}

#[test]
fn pieces_come_in_any_order() {
    let mut random = Random::new(3);
    for round in 0..100 {
        let mut map = MerkleMap::new();
        for _ in 0..random.below(80) {
            map.insert(&random.key(), &random.bytes(3)).unwrap();
        }
        let content = map.seal();
        let mut assembler = Assembler::new(content.root());
        assemble(&content, &mut assembler, round, &mut random);
        assert_eq!(assembler.finish().unwrap().seal(), content);
    }
}

#[test]
fn the_first_piece_says_how_to_share_out_the_rest() {
    let content = scattered(20_000).seal();
    let mut assembler = Assembler::new(content.root());
    assembler.feed(&piece(&content, &Bytes::new(), None, 4_000)).unwrap();
    let ranges: Vec<usize> =
        assembler.missing().map(|(from, to)| content.range(from, to.map(AsRef::as_ref)).count()).collect();
    assert_eq!(ranges.len(), CUTS_MAX, "{ranges:?}");
    assert!(ranges.iter().all(|entries| (1..4_000).contains(entries)), "none is empty, none is most: {ranges:?}");
}

#[test]
fn cutting_costs_few_pieces() {
    let content = scattered(20_000).seal();
    let mut in_order = Assembler::new(content.root());
    let mut least = 0;
    let mut from = Some(Bytes::new());
    while let Some(first) = from {
        from = piece(&content, &first, None, 8_000).next().cloned();
        least += 1;
    }
    let pieces = assemble(&content, &mut in_order, 8_000, &mut Random::new(1));
    assert!(2 * pieces < 3 * least, "{pieces} pieces, and {least} would do");
}

#[test]
fn what_a_donor_has_too_is_not_fetched() {
    let mut random = Random::new(9);
    let older = scattered(20_000).seal();
    let mut map = older.to_map();
    let changed: Vec<Bytes> = map.iter().step_by(7_001).map(|(key, _)| key.clone()).collect();
    for key in &changed {
        map.insert(key, b"changed").unwrap();
    }
    let newer = map.seal();
    let mut whole = Assembler::new(newer.root());
    let all = assemble(&newer, &mut whole, 4_000, &mut random);
    let mut assembler = Assembler::new(newer.root());
    assembler.reuse(older);
    let few = assemble(&newer, &mut assembler, 4_000, &mut random);
    assert!(few * 4 < all, "{few} of {all}");
    assert_eq!(assembler.finish().unwrap().seal(), newer);
}

#[test]
fn half_an_assembly_is_a_donor_and_a_lying_donor_harms_nobody() {
    let mut random = Random::new(4);
    let content = scattered(5_000).seal();
    let mut half = Assembler::new(content.root());
    for _ in 0..40 {
        let Some((from, to)) = half.missing().last().map(|(from, to)| (from.clone(), to.cloned())) else { break };
        half.feed(&piece(&content, &from, to.as_ref(), 2_000)).unwrap();
    }
    let here = half.len();
    assert!(here > 500 && here < 5_000);
    let mut lies = content.to_map();
    let all: Vec<Bytes> = lies.iter().map(|(key, _)| key.clone()).collect();
    for key in &all {
        lies.insert(key, b"a lie").unwrap();
    }
    let mut assembler = Assembler::new(content.root());
    assembler.reuse(lies.seal());
    assembler.reuse(half.into_partial());
    let fed = assemble(&content, &mut assembler, 2_000, &mut random);
    let mut alone = Assembler::new(content.root());
    assert!(fed < assemble(&content, &mut alone, 2_000, &mut random));
    assert_eq!(assembler.finish().unwrap().seal(), content);
}

#[test]
fn a_piece_that_only_touches_what_is_missing_is_refused_without_progress() {
    let content = scattered(1_000).seal();
    let mut assembler = Assembler::new(content.root());
    let nothing = content.prove_range(b"\0", Some(b"\0\0"), 9).unwrap().verify(&content.root(), b"\0").unwrap();
    assert!(nothing.entries().is_empty());
    assert_eq!(assembler.feed(&nothing), Err(AssembleError::NoProgress));
    assert_eq!(assembler.missing().count(), 1);
}

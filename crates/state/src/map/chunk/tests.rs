//! Proofs and transfer: honest chunks are believed, and a chunk that is believed tells the truth.
#![allow(clippy::unwrap_used)]

use super::super::fixture::{Random, map_of, nested, scattered};
use super::super::nibbles;
use super::super::node::NodeRef;
use super::super::{AssembleError, Assembler, Content, MAX_VALUE_BYTES, MapError, MerkleMap, Snapshot};
use super::*;
use alloc::vec::Vec;

fn sample() -> Snapshot {
    let text = [("", "root"), ("a", "1"), ("ab", "2"), ("abc", "3"), ("b", "4"), ("ba", "5"), ("q", "6"), ("zz", "7")];
    map_of(&text).seal()
}

/// Whether `verified` says exactly what is in the content.
fn is_true(verified: &VerifiedChunk, content: &Snapshot) -> bool {
    let expected = content.range(verified.from(), verified.next().map(|next| &next[..]));
    verified.map_len() == content.len() as u64
        && verified.entries().len() == expected.clone().count()
        && verified.entries().iter().zip(expected).all(|((key, shown), (expected_key, value))| {
            let holds = match shown {
                Content::Value(shown) => shown == value,
                Content::Digest(_) => *shown == Content::Digest(Content::Value(value.clone()).digest()),
            };
            key == expected_key && holds
        })
}

fn awkward(random: &mut Random, count: usize) -> Snapshot {
    let mut map = MerkleMap::new();
    for _ in 0..count {
        let length = random.below(4);
        map.insert(&random.key(), &random.bytes(length)).unwrap();
    }
    map.seal()
}

#[test]
fn honest_chunks_are_believed_and_complete() {
    let mut random = Random::new(8);
    for _ in 0..1_500 {
        let count = random.below(40);
        let content = awkward(&mut random, count);
        let (from, to, budget) = (random.key(), random.key(), random.below(400));
        let to = (to > from).then_some(to);
        let chunk = content.prove_range(&from, to.as_deref(), budget).unwrap();
        assert_eq!(Chunk::decode(chunk.encode()).unwrap(), chunk);
        let verified = chunk.verify(&content.root(), &from).unwrap();
        assert!(is_true(&verified, &content));
        let available = content.range(&from, to.as_deref()).count();
        assert!(available == 0 || !verified.entries().is_empty());
        if verified.entries().len() == available {
            assert_eq!(chunk.next().map(|next| next.to_vec()), to);
        } else {
            let left_out = content.range(&from, to.as_deref()).nth(verified.entries().len()).unwrap().0;
            assert_eq!(chunk.next(), Some(left_out));
        }
    }
}

#[test]
fn proves_presence_and_absence() {
    let mut random = Random::new(9);
    for _ in 0..1_500 {
        let count = random.below(40);
        let content = awkward(&mut random, count);
        let key = random.key();
        let value = content.get(&key).cloned().map(Content::Value);
        let full = content.prove(&key).unwrap().verify(&content.root(), &key).unwrap();
        assert_eq!(full.find(&key).unwrap(), value.as_ref());
        let short = content.prove_digest(&key).unwrap().verify(&content.root(), &key).unwrap();
        assert_eq!(short.find(&key).unwrap().map(Content::digest), value.as_ref().map(Content::digest));
        assert!(matches!(short.find(&key).unwrap(), None | Some(Content::Digest(_))));
        assert_eq!(full.find(&[key.as_slice(), b"\0"].concat()), Err(ChunkError::NotCovered));
    }
}

#[test]
fn a_proof_about_a_large_value_can_be_small() {
    let mut map = sample().to_map();
    map.insert(b"large", &alloc::vec![1; MAX_VALUE_BYTES]).unwrap();
    let content = map.seal();
    assert!(content.prove(b"large").unwrap().encode().len() > MAX_VALUE_BYTES);
    assert!(content.prove_digest(b"large").unwrap().encode().len() < 1_000);
    assert!(content.prove(b"larger").unwrap().encode().len() < 1_000);
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let content = sample();
    let long = alloc::vec![0; MAX_KEY_BYTES + 1];
    assert_eq!(content.prove(&long), Err(MapError::KeyTooLong { bytes: MAX_KEY_BYTES + 1 }));
    assert_eq!(content.prove_range(b"b", Some(b"b"), 100), Err(MapError::EmptyRange));
    assert_eq!(content.prove(b"b").unwrap().verify(&content.root(), b"b\0"), Err(ChunkError::EmptyRange));
    let beyond = content.chunk(&alloc::vec![0xff; 5_000], 100);
    assert!(beyond.verify(&content.root(), &alloc::vec![0xff; 5_000]).unwrap().entries().is_empty());
    let longest = alloc::vec![0xff; MAX_KEY_BYTES];
    let absent = Chunk::decode(content.prove(&longest).unwrap().encode()).unwrap();
    assert_eq!(absent.verify(&content.root(), &longest).unwrap().find(&longest), Ok(None));
}

fn transfer(content: &Snapshot, budget: usize) -> (MerkleMap, usize) {
    let mut assembler = Assembler::new(content.root());
    let mut chunks = 0;
    let first = |assembler: &Assembler| assembler.missing().next().map(|(from, _)| from.clone());
    while let Some(from) = first(&assembler) {
        let chunk = Chunk::decode(content.chunk(&from, budget).encode()).unwrap();
        assembler.feed(&chunk.verify(&content.root(), &from).unwrap()).unwrap();
        chunks += 1;
    }
    (assembler.finish().unwrap(), chunks)
}

#[test]
fn a_transfer_rebuilds_the_content() {
    let content = scattered(10_000).seal();
    let (map, chunks) = transfer(&content, 4_000);
    assert_eq!(map.root(), content.root());
    assert!(map.iter().eq(content.range(&[], None)));
    assert!(chunks > 50, "{chunks} chunks");
    assert_eq!(transfer(&MerkleMap::new().seal(), 1_000).0.len(), 0);
    let deep = nested(200).seal();
    assert_eq!(transfer(&deep, 0), (deep.to_map(), 201));
}

#[test]
fn the_assembler_takes_each_chunk_once_and_in_full_only() {
    let content = sample();
    let root = content.root();
    let first = content.chunk(b"", 0).verify(&root, b"").unwrap();
    let mut assembler = Assembler::new(root);
    let other = map_of(&[("x", "y")]).seal();
    let foreign = other.chunk(b"", 0).verify(&other.root(), b"").unwrap();
    assert_eq!(assembler.feed(&foreign), Err(AssembleError::WrongRoot));
    let digested = content.prove_digest(b"").unwrap().verify(&root, b"").unwrap();
    assert_eq!(assembler.feed(&digested), Err(AssembleError::ValueMissing));
    assert!(assembler.is_empty());
    assert_eq!(assembler.clone().finish(), Err(AssembleError::Unfinished));
    assembler.feed(&first).unwrap();
    assert_eq!(assembler.feed(&first), Err(AssembleError::Superfluous));
    let to_a = content.prove_range(b"a", Some(b"ab"), 1_000).unwrap().verify(&root, b"a").unwrap();
    assembler.feed(&to_a).unwrap();
    let idle = content.prove_range(b"ab", Some(b"ab\0"), 0).unwrap().verify(&root, b"ab").unwrap();
    assembler.feed(&idle).unwrap();
    let idle = content.prove_range(b"ab\0", Some(b"ab\x01"), 0).unwrap().verify(&root, b"ab\0").unwrap();
    assert_eq!(assembler.feed(&idle), Err(AssembleError::NoProgress));
    let rest = content.chunk(b"ab\0", 9_999).verify(&root, b"ab\0").unwrap();
    assembler.feed(&rest).unwrap();
    assert_eq!(assembler.finish().unwrap().root(), root);
}

/// The chunk with another claim about where its range ends and how many entries the map holds.
fn forged(chunk: &Chunk, next: Option<&[u8]>, entries: u64) -> Chunk {
    Chunk::assemble(next, entries, &chunk.bytes[chunk.body..])
}

#[test]
fn tampering_is_refused() {
    let content = sample();
    let (root, entries) = (content.root(), content.len() as u64);
    let chunk = content.prove_range(b"ab", Some(b"c"), 1_000).unwrap();
    assert_eq!(chunk.verify(&root, b"ab").unwrap().entries().len(), 4);

    let mut flipped = chunk.encode().to_vec();
    let value = flipped.iter().rposition(|byte| *byte == b'5').unwrap();
    flipped[value] = b'6';
    assert_eq!(Chunk::decode(flipped.into()).unwrap().verify(&root, b"ab"), Err(ChunkError::WrongRoot));

    for key in ["abc", "b", "ba"] {
        let mut without = content.to_map();
        without.remove(key.as_bytes()).unwrap();
        let omitted = without.seal().prove_range(b"ab", Some(b"c"), 1_000).unwrap();
        assert_eq!(omitted.verify(&root, b"ab"), Err(ChunkError::WrongRoot));
        assert_eq!(forged(&omitted, Some(b"c"), entries).verify(&root, b"ab"), Err(ChunkError::WrongRoot));
    }
    let mut with = content.to_map();
    with.insert(b"abd", b"new").unwrap();
    let with = with.seal();
    let extra = with.prove_range(b"ab", Some(b"c"), 1_000).unwrap();
    assert_eq!(forged(&extra, Some(b"c"), entries).verify(&root, b"ab"), Err(ChunkError::WrongRoot));
    assert_eq!(chunk.verify(&with.root(), b"ab"), Err(ChunkError::WrongRoot));

    assert_eq!(forged(&chunk, Some(b"c"), entries + 1).verify(&root, b"ab"), Err(ChunkError::WrongRoot));
    assert_eq!(forged(&chunk, Some(b"r"), entries).verify(&root, b"ab"), Err(ChunkError::Incomplete));
    assert_eq!(forged(&chunk, None, entries).verify(&root, b"ab"), Err(ChunkError::Incomplete));
    assert_eq!(forged(&chunk, Some(b"b"), entries).verify(&root, b"ab"), Err(ChunkError::Needless));
    assert_eq!(forged(&chunk, Some(b"ab"), entries).verify(&root, b"ab"), Err(ChunkError::EmptyRange));
    assert_eq!(chunk.verify(&root, b"a"), Err(ChunkError::Incomplete));
    assert_eq!(chunk.verify(&root, b""), Err(ChunkError::Incomplete));
    assert_eq!(chunk.verify(&root, b"b"), Err(ChunkError::Needless));
}

/// Writes the trie below `node` in full, but prunes the node that is `victim` nodes further on.
fn write_all_but(node: NodeRef<'_>, start: usize, victim: &mut usize, out: &mut Vec<u8>) {
    if *victim == 0 {
        *victim = usize::MAX;
        out.push(PRUNED);
        out.extend_from_slice(node.digest().as_bytes());
        return;
    }
    *victim -= 1;
    let (key, end) = node.path();
    out.push(if matches!(node, NodeRef::Leaf(_)) { ENTRY } else { BRANCH });
    out.extend_from_slice(&u16::try_from(end).unwrap().to_le_bytes());
    nibbles::write_segment(out, key, start, end);
    match node {
        NodeRef::Leaf(leaf) => {
            out.extend_from_slice(&u32::try_from(leaf.value().len()).unwrap().to_le_bytes());
            out.extend_from_slice(leaf.value());
        }
        NodeRef::Branch(branch) => {
            out.push(u8::from(branch.entry().is_some()));
            out.extend_from_slice(&branch.header(&mut Vec::new()).occupied.to_le_bytes());
            for slot in branch.slots() {
                let below = if slot.path().1 == end { end } else { end + 1 };
                write_all_but(slot, below, victim, out);
            }
        }
    }
}

/// A liar prunes, in a proof with the right root, each single thing that lies in the range.
#[test]
fn a_pruned_subtree_cannot_hide_an_entry() {
    let content = awkward(&mut Random::new(10), 40);
    let (root, entries) = (content.root(), content.len() as u64);
    let honest = content.chunk(b"", usize::MAX);
    let mut nodes = 0;
    loop {
        let (mut body, mut victim) = (Vec::new(), nodes);
        write_all_but(content.map().top().unwrap().as_ref(), 0, &mut victim, &mut body);
        let chunk = Chunk::assemble(None, entries, &body);
        if chunk == honest {
            break;
        }
        assert_eq!(Chunk::decode(chunk.encode()).unwrap().verify(&root, b""), Err(ChunkError::Incomplete));
        nodes += 1;
    }
    assert!(nodes > content.len(), "every leaf was pruned once, and every branch");
}

/// Moving a bound into what was pruned is noticed, unless the proof happens to show all that lies there.
#[test]
fn a_stretched_range_is_refused_or_true() {
    let content = awkward(&mut Random::new(12), 40);
    let (root, entries) = (content.root(), content.len() as u64);
    let mut refused = 0;
    for (key, _) in content.range(&[], None) {
        let after = [key, b"\0".as_slice()].concat();
        let later = content.chunk(&after, usize::MAX).verify(&root, key);
        let earlier = content.prove_range(b"", Some(key), usize::MAX).ok();
        let earlier = earlier.map(|chunk| forged(&chunk, Some(&after), entries).verify(&root, b""));
        for outcome in [Some(later), earlier].into_iter().flatten() {
            match outcome {
                Ok(verified) => assert!(is_true(&verified, &content)),
                Err(error) => {
                    assert_eq!(error, ChunkError::Incomplete);
                    refused += 1;
                }
            }
        }
    }
    assert!(refused >= 10, "only {refused} were refused");
}

/// Decodes and verifies; whatever is believed must be true and canonical.
fn must_not_mislead(bytes: Vec<u8>, content: &Snapshot, from: &[u8]) -> bool {
    let bytes = Bytes::from(bytes);
    let Ok(chunk) = Chunk::decode(bytes.clone()) else { return false };
    assert_eq!(chunk.encode(), bytes);
    match chunk.verify(&content.root(), from) {
        Ok(verified) => assert!(is_true(&verified, content)),
        Err(_) => return false,
    }
    true
}

#[test]
fn every_flipped_bit_is_noticed() {
    let content = sample();
    let chunk = content.prove_range(b"ab", Some(b"c"), 1_000).unwrap();
    let encoding = chunk.encode();
    assert!(must_not_mislead(encoding.to_vec(), &content, b"ab"));
    for position in chunk.body..encoding.len() {
        for bit in 0..8 {
            let mut bytes = encoding.to_vec();
            bytes[position] ^= 1 << bit;
            assert!(!must_not_mislead(bytes, &content, b"ab"), "bit {bit} of byte {position}");
        }
    }
    for length in 0..encoding.len() {
        assert!(!must_not_mislead(encoding[..length].to_vec(), &content, b"ab"));
    }
    let longer = [encoding.as_ref(), &[0]].concat();
    assert_eq!(Chunk::decode(longer.into()), Err(ChunkError::Trailing { bytes: 1 }));
    let endless = alloc::vec![0; MAX_CHUNK_BYTES + 1];
    assert_eq!(Chunk::decode(endless.into()), Err(ChunkError::TooLong { bytes: MAX_CHUNK_BYTES + 1 }));
}

#[test]
fn hostile_bytes_neither_panic_nor_mislead() {
    let mut random = Random::new(11);
    let content = awkward(&mut random, 60);
    let small = [content.clone(), sample(), nested(30).seal(), MerkleMap::new().seal()];
    let mut believed = 0;
    for _ in 0..10_000 {
        let source = &small[random.below(small.len())];
        let (from, to, budget) = (random.key(), random.key(), random.below(500));
        let to = (to > from).then_some(to);
        let mut bytes = source.prove_range(&from, to.as_deref(), budget).unwrap().encode().to_vec();
        for _ in 0..random.below(4) {
            let position = random.below(bytes.len());
            match random.below(5) {
                0 => bytes[position] = random.bytes(1)[0],
                1 => bytes[position] ^= 1 << random.below(8),
                2 => bytes.insert(position, random.bytes(1)[0]),
                3 if bytes.len() > 1 => drop(bytes.remove(position)),
                _ => bytes.truncate(position.max(1)),
            }
        }
        let from = if random.below(4) == 0 { random.key() } else { from };
        believed += usize::from(must_not_mislead(bytes, source, &from));
    }
    assert!(believed > 300, "only {believed} chunks were believed, so the test looked at little");
    for _ in 0..5_000 {
        let length = random.below(80);
        assert!(!must_not_mislead(random.bytes(length), &content, b""));
    }
}

/// Wide branches all along the longest path make the largest proof there is for a key.
#[test]
fn the_largest_proof_is_bounded() {
    let mut map = MerkleMap::new();
    let key = alloc::vec![0x55; 200];
    for position in 0..key.len() {
        for nibble in 0..16 {
            for byte in [0x50 | nibble, nibble << 4 | 0x05] {
                let mut sibling = key[..=position].to_vec();
                sibling[position] = byte;
                map.insert(&sibling, b"").unwrap();
            }
        }
    }
    let content = map.seal();
    let proof = content.prove_digest(&key).unwrap();
    assert!(proof.verify(&content.root(), &key).unwrap().find(&key).unwrap().is_some());
    let per_nibble = proof.encode().len() / (2 * key.len());
    assert!(per_nibble <= 16 * 33 + 8, "{per_nibble} bytes a nibble");
    // A proof has two ends, and beside them a full budget has to fit.
    let largest = 2 * (16 * 33 + 8) * (2 * MAX_KEY_BYTES + 1) + 4 * 1024 * 1024 + 4 * MAX_KEY_BYTES;
    assert!(largest <= MAX_CHUNK_BYTES);
}

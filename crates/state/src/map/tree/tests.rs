//! The map against a model, and the claims about its root.
#![allow(clippy::unwrap_used)]

use super::super::fixture::{Random, map_of, nested, scattered};
use super::super::node::Node;
use super::*;
use alloc::collections::{BTreeMap, BTreeSet};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn rebuilt(model: &Model) -> MerkleMap {
    let mut map = MerkleMap::new();
    for (key, value) in model {
        map.insert(key, value).unwrap();
    }
    map
}

fn owned(range: Range<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    range.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

/// The number of nodes on the longest path; checks that every branch has two slots on the way.
fn height(map: &MerkleMap) -> usize {
    let mut highest = 0;
    let mut pending: Vec<_> = map.top().map(|top| (top.as_ref(), 1)).into_iter().collect();
    while let Some((node, level)) = pending.pop() {
        highest = highest.max(level);
        if let super::super::node::NodeRef::Branch(branch) = node {
            assert!(branch.slots().count() >= 2);
            pending.extend(branch.slots().map(|slot| (slot, level + 1)));
        }
    }
    highest
}

/// The digest of the node for these entries, in key order, in a slot that begins at nibble `start`: the definition,
/// written down once more without any of the code that it checks.
fn defined_digest(entries: &[(Vec<u8>, Vec<u8>)], start: usize) -> Digest {
    let spelt = |key: &[u8]| key.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect::<Vec<u8>>();
    if let [(key, value)] = entries {
        let value = Digest::of("synod map value v1", value);
        return Digest::of("synod map leaf v1", &[value.as_bytes().as_slice(), key].concat());
    }
    let (first, last) = (spelt(&entries[0].0), spelt(&entries[entries.len() - 1].0));
    let depth = first.iter().zip(&last).take_while(|(a, b)| a == b).count();
    let mut segment = alloc::vec![0; first[..depth].len() + 2];
    segment[start..depth].copy_from_slice(&first[start..depth]);
    let bytes: Vec<u8> = segment.chunks(2).map(|pair| pair.iter().fold(0, |byte, nibble| byte << 4 | nibble)).collect();
    let written = if start == depth { &[] } else { &bytes[start / 2..depth.div_ceil(2)] };
    let (own, below) = entries.split_at(usize::from(first.len() == depth));
    let (mut occupied, mut digests) = (0_u16, Vec::new());
    digests.extend(own.iter().map(|entry| defined_digest(core::slice::from_ref(entry), depth)));
    for group in below.chunk_by(|a, b| spelt(&a.0)[depth] == spelt(&b.0)[depth]) {
        occupied |= 1 << spelt(&group[0].0)[depth];
        digests.push(defined_digest(group, depth + 1));
    }
    let mut input = Vec::new();
    input.extend_from_slice(&u16::try_from(start).unwrap().to_le_bytes());
    input.extend_from_slice(&u16::try_from(depth).unwrap().to_le_bytes());
    input.extend_from_slice(written);
    input.push(u8::try_from(own.len()).unwrap());
    input.extend_from_slice(&occupied.to_le_bytes());
    digests.iter().for_each(|digest| input.extend_from_slice(digest.as_bytes()));
    Digest::of("synod map branch v1", &input)
}

fn defined_root(model: &Model) -> Digest {
    let entries: Vec<_> = model.clone().into_iter().collect();
    let mut input = (entries.len() as u64).to_le_bytes().to_vec();
    if !entries.is_empty() {
        input.extend_from_slice(defined_digest(&entries, 0).as_bytes());
    }
    Digest::of("synod map root v1", &input)
}

#[test]
fn behaves_as_an_ordered_map() {
    let mut random = Random::new(3);
    let (mut map, mut model) = (MerkleMap::new(), Model::new());
    for round in 0..20_000 {
        let key = random.key();
        if random.below(2) == 0 {
            let value = random.bytes(2);
            let old = map.insert(&key, &value).unwrap();
            assert_eq!(old.map(|old| old.to_vec()), model.insert(key, value));
        } else {
            assert_eq!(map.remove(&key).map(|old| old.to_vec()), model.remove(&key));
        }
        let (probe, from, to) = (random.key(), random.key(), random.key());
        assert_eq!(map.len(), model.len());
        assert_eq!(map.get(&probe).map(|value| value.to_vec()), model.get(&probe).cloned());
        if round % 100 == 0 {
            let expected: Vec<_> = model.clone().into_iter().filter(|(key, _)| *key >= from && *key < to).collect();
            assert_eq!(owned(map.range(&from, Some(&to))), expected);
            let expected: Vec<_> = model.clone().into_iter().filter(|(key, _)| key.starts_with(&from)).collect();
            assert_eq!(owned(map.prefix(&from)), expected);
            assert_eq!(owned(map.iter()), model.clone().into_iter().collect::<Vec<_>>());
            assert_eq!(map.root(), defined_root(&model));
            height(&map);
        }
        if random.below(4_000) == 0 {
            (map, model) = (MerkleMap::new(), Model::new());
        }
    }
}

#[test]
fn the_root_does_not_depend_on_history() {
    let mut random = Random::new(4);
    let mut entries: Vec<_> = (0..200).map(|number: u32| (random.key(), number.to_le_bytes())).collect();
    let model: Model = entries.iter().map(|(key, _)| (key.clone(), key.clone())).collect();
    let expected = rebuilt(&model).root();
    for _ in 0..50 {
        random.shuffle(&mut entries);
        let mut map = MerkleMap::new();
        for (key, value) in &entries {
            map.insert(key, value).unwrap();
            map.insert(&[key.as_slice(), b"gone"].concat(), value).unwrap();
            if random.below(3) == 0 {
                map.root();
            }
        }
        random.shuffle(&mut entries);
        for (key, _) in &entries {
            map.remove(&[key.as_slice(), b"gone"].concat());
            map.insert(key, key).unwrap();
        }
        assert_eq!(map.root(), expected);
    }
}

#[test]
fn a_removed_entry_leaves_no_trace() {
    let mut random = Random::new(5);
    let mut map = MerkleMap::new();
    let mut roots = Vec::new();
    let keys: BTreeSet<Vec<u8>> = (0..300).map(|_| random.key()).collect();
    for key in &keys {
        roots.push(map.root());
        map.insert(key, b"value").unwrap();
    }
    for (key, root) in keys.iter().zip(&roots).rev() {
        map.remove(key).unwrap();
        assert_eq!(map.root(), *root);
    }
    assert!(map.is_empty());
}

#[test]
fn every_change_of_content_changes_the_root() {
    let mut random = Random::new(6);
    let mut model = Model::new();
    while model.len() < 100 {
        model.insert(random.key(), random.bytes(3));
    }
    let mut map = rebuilt(&model);
    let mut roots = BTreeSet::from([map.root(), MerkleMap::new().root()]);
    let mut contents = 2;
    let mut note = |map: &MerkleMap| {
        contents += 1;
        roots.insert(map.root());
        assert_eq!(roots.len(), contents, "two contents share a root");
    };
    for (key, value) in &model {
        for position in 0..value.len() {
            let mut other = value.clone();
            other[position] ^= 1;
            map.insert(key, &other).unwrap();
            note(&map);
        }
        map.insert(key, &value[..2]).unwrap();
        note(&map);
        map.remove(key);
        note(&map);
        map.insert(key, value).unwrap();
        let longer = [key.as_slice(), b"new"].concat();
        map.insert(&longer, b"").unwrap();
        note(&map);
        map.remove(&longer);
    }
    // The same bytes, parted differently between key and value, between keys, or swapped.
    note(&map_of(&[("ab", "c")]));
    note(&map_of(&[("a", "bc")]));
    note(&map_of(&[("", "abc")]));
    note(&map_of(&[("abc", "")]));
    note(&map_of(&[("a", "x"), ("b", "y")]));
    note(&map_of(&[("a", "y"), ("b", "x")]));
    note(&map_of(&[("a", ""), ("ab", "")]));
    note(&map_of(&[("a", ""), ("aab", "")]));
}

#[test]
fn the_root_is_pinned() {
    let hex = |map: &MerkleMap| map.root().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&MerkleMap::new()), "f30151b4ec3d8af9ea719218636fe3eb0cb59c66f82ec8403672a025a46defdd");
    assert_eq!(hex(&map_of(&[("", "")])), "43fa39239fac54fd3479159026e1291015c0702cd83d1c0f45f229a570910fa3");
    assert_eq!(
        hex(&map_of(&[("", "0"), ("a", "1"), ("ab", "2"), ("q", "3"), ("q0", "4")])),
        "bbbd0ead8459d14b21c19446f926ec58ec7a4e97a61eb515e6c1b0f21f9df48a"
    );
}

#[test]
fn limits_are_refused_and_change_nothing() {
    let mut map = map_of(&[("a", "1")]);
    let before = map.root();
    let long = alloc::vec![0; MAX_KEY_BYTES + 1];
    assert_eq!(map.insert(&long, b""), Err(MapError::KeyTooLong { bytes: MAX_KEY_BYTES + 1 }));
    let large = alloc::vec![0; MAX_VALUE_BYTES + 1];
    assert_eq!(map.insert(b"a", &large), Err(MapError::ValueTooLong { bytes: MAX_VALUE_BYTES + 1 }));
    assert_eq!(map.remove(&long), None);
    assert_eq!(map.get(&long), None);
    assert_eq!(map.root(), before);
    map.insert(&long[1..], &large[1..]).unwrap();
    assert_eq!(map.len(), 2);
}

#[test]
fn snapshots_do_not_see_later_writes() {
    let mut map = scattered(500);
    let snapshot = map.seal();
    let before = owned(snapshot.range(&[], None));
    let keys: Vec<_> = before.iter().map(|(key, _)| key.clone()).collect();
    for key in &keys {
        map.insert(key, b"changed").unwrap();
    }
    for key in &keys[..250] {
        map.remove(key);
    }
    assert_eq!(owned(snapshot.range(&[], None)), before);
    let copy = rebuilt(&before.into_iter().collect());
    assert_eq!(copy.root(), snapshot.root());
    let mut again = snapshot.to_map();
    assert_eq!(again, copy);
    again.remove(&keys[0]);
    assert_ne!(again, copy);
    assert_eq!(snapshot.map().root(), snapshot.root());
}

#[test]
fn the_map_does_not_keep_foreign_buffers_alive() {
    let mut map = MerkleMap::new();
    let frame = Bytes::from(alloc::vec![7; 4096]);
    map.insert(&frame.slice(0..4), &frame.slice(4..8)).unwrap();
    assert!(frame.is_unique());
}

#[test]
fn clones_can_be_hashed_from_several_threads() {
    let map = scattered(3_000);
    let roots: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| map.clone().seal().root())).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert!(roots.iter().all(|root| *root == scattered(3_000).root()));
}

#[test]
fn sealing_hashes_nothing_and_a_root_hashes_for_all_who_share() {
    let mut map = scattered(3_000);
    let is_hashed = |map: &MerkleMap| matches!(map.top(), Some(Node::Branch(top)) if top.is_hashed());
    let snapshot = map.seal();
    assert!(!is_hashed(&map));
    snapshot.root();
    assert!(is_hashed(&map));
    map.insert(b"new key", b"new value").unwrap();
    assert!(!is_hashed(&map) && is_hashed(snapshot.map()));
}

#[test]
fn a_map_can_be_written_to_while_its_snapshots_are_hashed() {
    let mut map = scattered(3_000);
    let keys: Vec<_> = map.iter().map(|(key, _)| key.clone()).collect();
    std::thread::scope(|scope| {
        let mut expected = scattered(3_000);
        let workers: Vec<_> = (0..20_u8)
            .map(|round| {
                let snapshot = map.seal();
                let worker = scope.spawn(move || snapshot.root());
                let root = expected.clone().root();
                for key in keys.iter().skip(round.into()).step_by(7) {
                    map.insert(key, &[round]).unwrap();
                    expected.insert(key, &[round]).unwrap();
                }
                (worker, root)
            })
            .collect();
        workers.into_iter().for_each(|(worker, root)| assert_eq!(worker.join().unwrap(), root));
        assert_eq!(map.root(), rebuilt(&owned(expected.iter()).into_iter().collect()).root());
    });
}

/// The longest paths an attacker can make, on a stack far too small to recurse along them.
#[test]
fn the_deepest_trie_needs_no_deep_stack() {
    let work = || {
        let mut map = nested(MAX_KEY_BYTES);
        // A sibling at either half of each byte, so that no branch can be passed over.
        let key = alloc::vec![b'a'; MAX_KEY_BYTES];
        for position in 0..MAX_KEY_BYTES {
            let mut sibling = key[..=position].to_vec();
            sibling[position] ^= 0x80;
            map.insert(&sibling, b"high").unwrap();
            sibling[position] = b'b';
            map.insert(&sibling, b"low").unwrap();
        }
        assert_eq!(height(&map), 2 * MAX_KEY_BYTES + 1);
        let snapshot = map.seal();
        map.insert(&key, b"changed").unwrap();
        assert_eq!(snapshot.diff(&map.seal()).count(), 1);
        let chunk = snapshot.chunk(&[], usize::MAX);
        assert_eq!(chunk.verify(&snapshot.root(), &[]).unwrap().entries().len(), snapshot.len());
        let copy = map.clone();
        drop(snapshot);
        drop(map);
        assert_eq!(copy.iter().count(), 3 * MAX_KEY_BYTES + 1);
        let mut copy = copy;
        for length in 0..=MAX_KEY_BYTES {
            copy.remove(&key[..length]).unwrap();
        }
        assert_eq!(copy.len(), 2 * MAX_KEY_BYTES);
    };
    std::thread::Builder::new().stack_size(128 * 1024).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_write_copies_only_what_is_shared() {
    let mut map = scattered(2_000);
    let snapshot = map.seal();
    let key = snapshot.range(&[], None).nth(1_000).unwrap().0.clone();
    map.insert(&key, b"changed").unwrap();
    let (Some(Node::Branch(old)), Some(Node::Branch(new))) = (snapshot.map().top(), map.top()) else {
        panic!("many entries hang under a branch");
    };
    let shared = old.children().iter().zip(new.children()).filter(|(old, new)| match (old, new) {
        (Node::Branch(old), Node::Branch(new)) => Arc::ptr_eq(old, new),
        _ => false,
    });
    assert_eq!(shared.count(), 15);
}

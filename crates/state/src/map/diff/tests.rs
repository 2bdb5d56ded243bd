//! Differences against a model, and what finding them costs.
#![allow(clippy::unwrap_used)]

use super::super::MerkleMap;
use super::super::fixture::{Random, scattered};
use alloc::collections::BTreeMap;

#[test]
fn finds_exactly_what_differs() {
    let mut random = Random::new(7);
    for round in 0..400 {
        let mut map = MerkleMap::new();
        for _ in 0..random.below(60) {
            map.insert(&random.key(), &random.bytes(1)).unwrap();
        }
        let older = map.seal();
        for _ in 0..random.below(1 + round / 10) {
            if random.below(2) == 0 {
                map.insert(&random.key(), &random.bytes(1)).unwrap();
            } else {
                map.remove(&random.key());
            }
        }
        let newer = map.seal();
        let mut expected = BTreeMap::new();
        for (key, value) in newer.range(&[], None).filter(|(key, value)| older.get(key) != Some(value)) {
            expected.insert(key.clone(), Some(value.clone()));
        }
        for (key, _) in older.range(&[], None).filter(|(key, _)| newer.get(key).is_none()) {
            expected.insert(key.clone(), None);
        }
        assert!(older.diff(&newer).eq(expected));
        assert_eq!(older.diff(&newer).count() == 0, older == newer);
    }
}

#[test]
fn a_single_change_among_many_is_found_by_opening_its_path() {
    let mut map = scattered(100_000);
    let older = map.seal();
    let key = older.range(&[], None).nth(50_000).unwrap().0.clone();
    map.insert(&key, b"changed").unwrap();
    map.insert(b"new key", b"new value").unwrap();
    let newer = map.seal();
    let mut diff = older.diff(&newer);
    assert_eq!(diff.by_ref().count(), 2);
    assert!(diff.opened() <= 24, "opened {} branches", diff.opened());
    let mut same = older.diff(&older);
    assert_eq!((same.next(), same.opened()), (None, 0));
}

#[test]
fn contents_with_separate_histories_share_by_digest() {
    let (a, b) = (scattered(2_000).seal(), scattered(2_000).seal());
    let mut diff = a.diff(&b);
    assert_eq!((diff.next(), diff.opened()), (None, 0));
}

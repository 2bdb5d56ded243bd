//! States that grow.
#![allow(clippy::unwrap_used)]

use super::{weigh, weight};
use crate::judge::Rule;
use crate::judge::fixture::replica;
use std::collections::BTreeMap;

#[test]
fn whatever_is_added_weighs_something() {
    let mut kept: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let mut last = weight(&kept);
    for number in 0..10 {
        kept.insert(number, vec![0; 3]);
        assert!(weight(&kept) >= last + 11, "{number}");
        last = weight(&kept);
    }
}

#[test]
fn who_keeps_more_than_is_due_is_condemned() {
    weigh(replica(1), &[0_u8; 92].as_slice(), 100).unwrap();
    let violation = weigh(replica(1), &[0_u8; 93].as_slice(), 100).unwrap_err();
    assert_eq!(violation.rule, Rule::BoundedMemory);
    assert!(violation.sentence.contains("101 bytes") && violation.sentence.contains("at most 100"), "{violation}");
}

//! What gets in and what does not.
#![allow(clippy::unwrap_used)]

use super::*;
use alloc::vec;
use alloc::vec::Vec;

fn bytes(length: usize) -> Bytes {
    Bytes::from(vec![7; length])
}

fn samples() -> Vec<Operation> {
    let (key, value) = (bytes(3), bytes(5));
    let expectations = [Expected::Absent, Expected::Value(bytes(0)), Expected::ModRevision(Revision::new(9))];
    let mut samples = vec![
        Operation::Put { key: key.clone(), value: value.clone() },
        Operation::Get { key: key.clone() },
        Operation::Delete { key: key.clone() },
        Operation::Range { from: bytes(0), to: None, limit: 0 },
        Operation::Range { from: key.clone(), to: Some(bytes(0)), limit: u32::MAX },
    ];
    samples.extend(expectations.into_iter().map(|expected| Operation::CompareAndSwap {
        key: key.clone(),
        expected,
        value: value.clone(),
    }));
    samples
}

fn parse(operation: &Operation) -> Result<Operation, Invalid> {
    Operation::parse(&Bytes::from(operation.to_bytes()))
}

#[test]
fn every_operation_survives_the_wire() {
    for operation in samples() {
        assert_eq!(parse(&operation), Ok(operation));
    }
}

#[test]
fn every_cut_and_every_extension_is_malformed() {
    for operation in samples() {
        let encoded = operation.to_bytes();
        for length in 0..encoded.len() {
            assert_eq!(Operation::parse(&Bytes::copy_from_slice(&encoded[..length])), Err(Invalid::Malformed));
        }
        assert_eq!(Operation::parse(&Bytes::from([&encoded[..], &[0]].concat())), Err(Invalid::Malformed));
    }
}

#[test]
fn unknown_tags_and_claimed_lengths_are_malformed() {
    for hostile in [&[5][..], &[0xff], &[1, 0xff, 0xff, 0xff, 0xff], &[3, 0, 0, 0, 0, 2], &[4, 0, 0, 0, 0, 3]] {
        assert_eq!(Operation::parse(&Bytes::copy_from_slice(hostile)), Err(Invalid::Malformed));
    }
}

#[test]
fn limits_are_inclusive_and_what_exceeds_them_is_named() {
    let expect = |operation: Operation, verdict: Result<(), Invalid>| {
        assert_eq!(operation.check(), verdict);
        assert_eq!(parse(&operation), verdict.map(|()| operation));
    };
    let put = |key, value| Operation::Put { key: bytes(key), value: bytes(value) };
    let range = |from, to| Operation::Range { from: bytes(from), to: Some(bytes(to)), limit: 1 };
    let swap = |key, expected, value| Operation::CompareAndSwap {
        key: bytes(key),
        expected: Expected::Value(bytes(expected)),
        value: bytes(value),
    };
    let (key, value) = (MAX_KEY_BYTES, MAX_VALUE_BYTES);
    let key_too_long = |bytes: u32| Err(Invalid::KeyTooLong { bytes });
    let value_too_long = Err(Invalid::ValueTooLong { bytes: 1_048_577 });
    expect(put(key, value), Ok(()));
    expect(put(1, 0), Ok(()));
    expect(put(0, 0), Err(Invalid::EmptyKey));
    expect(put(key + 1, 0), key_too_long(513));
    expect(put(1, value + 1), value_too_long);
    expect(Operation::Get { key: bytes(0) }, Err(Invalid::EmptyKey));
    expect(Operation::Get { key: bytes(key + 1) }, key_too_long(513));
    expect(Operation::Delete { key: bytes(key + 1) }, key_too_long(513));
    expect(range(key + 1, key + 1), Ok(()));
    expect(range(key + 2, 0), key_too_long(514));
    expect(range(0, key + 2), key_too_long(514));
    expect(swap(key, 0, value), Ok(()));
    expect(swap(0, 0, 0), Err(Invalid::EmptyKey));
    expect(swap(1, value + 1, 0), value_too_long);
    expect(swap(1, 0, value + 1), value_too_long);
}

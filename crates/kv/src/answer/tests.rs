//! One answer, one encoding.

use super::*;
use alloc::vec;

fn samples() -> Vec<Answer> {
    let entry = KeyValue {
        key: Bytes::from_static(b"k"),
        value: Bytes::from_static(b"value"),
        create_revision: Revision::new(2),
        mod_revision: Revision::new(5),
        version: 3,
    };
    let revision = Revision::new(9);
    let mut samples = vec![
        Answer::Put { revision },
        Answer::Value { entry: Some(entry.clone()), revision },
        Answer::Value { entry: None, revision },
        Answer::Deleted { existed: true, revision },
        Answer::Range { entries: vec![], more: false, revision },
        Answer::Range { entries: vec![entry.clone(), entry.clone()], more: true, revision },
        Answer::Swapped { revision },
        Answer::NotSwapped { current: Some(entry), revision },
        Answer::NotSwapped { current: None, revision },
    ];
    let reasons = [
        Invalid::Malformed,
        Invalid::EmptyKey,
        Invalid::KeyTooLong { bytes: 1 },
        Invalid::ValueTooLong { bytes: 2 },
        Invalid::NoRoom { bytes: 3 },
    ];
    samples.extend(reasons.map(Answer::Invalid));
    samples
}

#[test]
fn every_answer_survives_the_wire() {
    for answer in samples() {
        assert_eq!(Answer::parse(&Bytes::from(answer.to_bytes())), Ok(answer));
    }
}

#[test]
fn every_cut_and_every_extension_is_refused() {
    for answer in samples() {
        let encoded = answer.to_bytes();
        for length in 0..encoded.len() {
            assert!(Answer::parse(&Bytes::copy_from_slice(&encoded[..length])).is_err());
        }
        assert!(Answer::parse(&Bytes::from([&encoded[..], &[0]].concat())).is_err());
    }
}

#[test]
fn the_size_of_a_range_is_known_before_it_is_encoded() {
    for answer in samples() {
        if let Answer::Range { entries, .. } = &answer {
            let size = RANGE_BYTES + entries.iter().map(KeyValue::size).sum::<usize>();
            assert_eq!(answer.to_bytes().len(), size);
        }
    }
}

//! The wall between a service and what synod keeps beside it.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::map::MAX_VALUE_BYTES;

/// A map in which every neighbouring namespace has something that a wrong prefix or bound would show.
fn crowded() -> MerkleMap {
    let mut map = MerkleMap::new();
    for key in [&[SYSTEM][..], &[SYSTEM, 0xff], &[SERVICE + 1], &[SERVICE + 1, 0], &[0xff; 3], &[]] {
        map.insert(key, b"not yours").unwrap();
    }
    map
}

#[test]
fn no_key_leads_out_of_the_space() {
    let mut map = crowded();
    let before = map.root();
    let mut space = Space::new(&mut map);
    for key in [&[][..], &[SYSTEM], &[SYSTEM, 0xff], &[SERVICE], &[SERVICE + 1], &[0xff; 3]] {
        assert_eq!(space.get(key), None);
        assert_eq!(space.remove(key), None);
    }
    assert_eq!(space.range(&[], None).count(), 0);
    assert_eq!(space.range(&[], Some(&[0xff; MAX_SPACE_KEY_BYTES])).count(), 0);
    for key in [&[][..], &[SYSTEM], &[0xff; 3]] {
        space.insert(key, b"mine").unwrap();
        assert_eq!(space.remove(key).unwrap(), "mine");
    }
    assert_eq!(map.root(), before);
}

#[test]
fn ranges_are_half_open_and_in_key_order() {
    let mut map = crowded();
    let mut space = Space::new(&mut map);
    for key in ["b", "", "a", "c", "ab"] {
        space.insert(key.as_bytes(), key.as_bytes()).unwrap();
    }
    let keys = |from: &str, to: Option<&str>| -> Vec<Vec<u8>> {
        space.range(from.as_bytes(), to.map(str::as_bytes)).map(|(key, _)| key.to_vec()).collect()
    };
    assert_eq!(keys("", None), [&b""[..], b"a", b"ab", b"b", b"c"]);
    assert_eq!(keys("a", Some("b")), [&b"a"[..], b"ab"]);
    assert_eq!(keys("b", Some("a")), Vec::<Vec<u8>>::new());
}

#[test]
fn limits_are_inclusive_and_refusals_change_nothing() {
    let mut map = MerkleMap::new();
    let empty = map.root();
    let mut space = Space::new(&mut map);
    let longest = vec![7; MAX_SPACE_KEY_BYTES];
    let too_long = vec![7; MAX_SPACE_KEY_BYTES + 1];
    assert_eq!(space.insert(&too_long, b""), Err(MapError::KeyTooLong { bytes: MAX_SPACE_KEY_BYTES + 1 }));
    assert_eq!(space.get(&too_long), None);
    assert_eq!(space.remove(&too_long), None);
    let heavy = vec![0; MAX_VALUE_BYTES + 1];
    assert_eq!(space.insert(b"k", &heavy), Err(MapError::ValueTooLong { bytes: MAX_VALUE_BYTES + 1 }));
    assert_eq!(space.insert(&longest, &heavy[1..]), Ok(None));
    assert_eq!(space.remove(&longest).unwrap().len(), MAX_VALUE_BYTES);
    assert_eq!(map.root(), empty);
}

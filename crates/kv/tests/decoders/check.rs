//! What must hold of any input to the decoders of this crate.

use crate::verdict::Verdict;
use bytes::Bytes;
use std::sync::LazyLock;
use synod_kernel::{ClientId, Encode, Seq};
use synod_kv::{Answer, Invalid, KeyValueStore, MAX_KEY_BYTES, MAX_RANGE_ENTRIES, MAX_VALUE_BYTES, Operation};
use synod_state::map::{MerkleMap, Snapshot};
use synod_state::{Context, MIN_RESULT_ROOM, Space, StateMachine, plain};

/// A client's operation, which the store answers whatever it is.
pub(crate) fn operation(input: &[u8]) -> Verdict {
    let bytes = Bytes::copy_from_slice(input);
    if let Ok(operation) = plain::decode::<Operation>(bytes.clone()) {
        assert_eq!(operation.to_bytes(), input, "one operation, one encoding");
    }
    let parsed = Operation::parse(&bytes);
    let refusals = [MIN_RESULT_ROOM, 200, 1 << 20].map(|room| answers(&bytes, room));
    match parsed {
        Ok(operation) => {
            assert_eq!(operation.check(), Ok(()), "it keeps the limits");
            assert!(refusals.iter().all(|why| matches!(why, None | Some(Invalid::NoRoom { .. }))));
            Verdict::Valid
        }
        Err(why) => {
            assert_eq!(refusals, [Some(why); 3], "the store says why");
            Verdict::Malformed
        }
    }
}

fn apply(map: &mut MerkleMap, room: usize, operation: &Bytes) -> Bytes {
    let context = Context { client: ClientId::new([7; 32]), seq: Seq::new(1), index: 0, room };
    KeyValueStore.apply(&mut Space::new(map), &context, operation)
}

/// A small store.
static STORE: LazyLock<Snapshot> = LazyLock::new(|| {
    let mut map = MerkleMap::new();
    for key in ["a", "ab", "b", "zz"] {
        let put = Operation::Put { key: Bytes::from_static(key.as_bytes()), value: Bytes::from(vec![b'v'; 40]) };
        apply(&mut map, MIN_RESULT_ROOM, &Bytes::from(put.to_bytes()));
    }
    map.seal()
});

/// Applies it to a small store with so much room for the answer. Returns why it was not carried out.
fn answers(operation: &Bytes, room: usize) -> Option<Invalid> {
    let mut map = STORE.to_map();
    let result = apply(&mut map, room, operation);
    assert!(result.len() <= room, "the answer fits");
    let Ok(Answer::Invalid(why)) = Answer::parse(&result) else { return None };
    assert!(map.seal() == *STORE, "what is not carried out changes nothing");
    Some(why)
}

/// A store's answer. Unsigned, so whatever is well-formed is valid.
pub(crate) fn answer(input: &[u8]) -> Verdict {
    let Ok(answer) = Answer::parse(&Bytes::copy_from_slice(input)) else { return Verdict::Malformed };
    assert_eq!(answer.to_bytes(), input, "one answer, one encoding");
    if let Answer::Range { entries, .. } = &answer {
        assert!(entries.len() <= MAX_RANGE_ENTRIES);
        let is_bounded = |key: &Bytes, value: &Bytes| key.len() <= MAX_KEY_BYTES && value.len() <= MAX_VALUE_BYTES;
        assert!(entries.iter().all(|entry| is_bounded(&entry.key, &entry.value)));
    }
    Verdict::Valid
}

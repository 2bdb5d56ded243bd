//! What must hold of any input to the decoders of this crate.

use crate::verdict::Verdict;
use bytes::Bytes;
use std::sync::LazyLock;
use synod_kernel::{Digest, Encode};
use synod_state::map::{Assembler, Chunk, Content, MerkleMap, Snapshot, VerifiedChunk};
use synod_state::{ReplyBody, plain};

/// The content that chunks are checked against: nested keys, keys that part at either half of a byte, long values.
pub(crate) static CONTENT: LazyLock<Snapshot> = LazyLock::new(|| {
    let mut map = MerkleMap::new();
    for (key, length) in [("", 4), ("a", 1), ("ab", 0), ("abc", 70), ("b", 3), ("ba", 5), ("q", 200), ("zz", 9)] {
        map.insert(key.as_bytes(), &vec![b'v'; length]).expect("within bounds");
    }
    for number in 0..20_u8 {
        map.insert(&[0xf0, number.wrapping_mul(37), number], &[number]).expect("within bounds");
    }
    map.seal()
});

/// A chunk that claims to start at a key, which stands in front of it after its length.
pub(crate) fn chunk(input: &[u8]) -> Verdict {
    let Some((&length, rest)) = input.split_first() else { return Verdict::Malformed };
    let Some((from, bytes)) = rest.split_at_checked(usize::from(length)) else { return Verdict::Malformed };
    let Ok(chunk) = Chunk::decode(Bytes::copy_from_slice(bytes)) else { return Verdict::Malformed };
    assert_eq!(chunk.encode(), bytes, "one chunk, one encoding");
    assert!(chunk.verify(&Digest::ZERO, from).is_err(), "no content has this root");
    let Ok(verified) = chunk.verify(&CONTENT.root(), from) else { return Verdict::Forged };
    assert_true(&verified, from);
    assemble(&verified);
    Verdict::Valid
}

/// It says what is in the content, and says it of the right range.
fn assert_true(verified: &VerifiedChunk, from: &[u8]) {
    let expected: Vec<_> = CONTENT.range(from, verified.next().map(|next| &next[..])).collect();
    assert_eq!(verified.map_len(), CONTENT.len() as u64);
    assert_eq!(verified.entries().len(), expected.len(), "no entry is left out or made up");
    for ((key, content), (expected_key, value)) in verified.entries().iter().zip(expected) {
        assert_eq!(key, expected_key);
        assert_eq!(content.digest(), Content::Value(value.clone()).digest());
        if let Content::Value(shown) = content {
            assert_eq!(shown, value);
        }
        assert_eq!(verified.find(key), Ok(Some(content)));
    }
}

/// One chunk makes the content if it is all of it, and nothing if it is less.
fn assemble(verified: &VerifiedChunk) {
    let mut assembler = Assembler::new(CONTENT.root());
    let is_taken = assembler.feed(verified).is_ok();
    assert!(is_taken || assembler.is_empty(), "a chunk that is refused changes nothing");
    let is_whole = is_taken && verified.from().is_empty() && verified.next().is_none();
    assert_eq!(assembler.finish().is_ok_and(|map| map.seal() == *CONTENT), is_whole);
}

/// What a request is answered with. Unsigned, so whatever is well-formed is valid.
pub(crate) fn reply_body(input: &[u8]) -> Verdict {
    let Ok(body) = plain::decode::<ReplyBody>(Bytes::copy_from_slice(input)) else { return Verdict::Malformed };
    assert_eq!(body.to_bytes(), input, "one body, one encoding");
    Verdict::Valid
}

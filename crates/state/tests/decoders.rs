//! What the fuzzers do, as a test: every file of the committed corpora, and seeded damage to each.

#[path = "decoders/check.rs"]
mod check;
#[path = "../../kernel/tests/decoders/harness.rs"]
mod harness;
#[path = "../../kernel/tests/decoders/mutation.rs"]
mod mutation;
#[path = "../../kernel/tests/decoders/verdict.rs"]
mod verdict;

use bytes::Bytes;
use harness::{Decoder, Files, flipped, patched, with_damage};
use synod_kernel::{Encode, RequestId, Seq, SessionId};
use synod_state::map::Chunk;
use synod_state::{Refusal, ReplyBody};

const CHUNK: Decoder = Decoder { target: "state_chunk", check: check::chunk, written: chunks, rounds: 1_000 };
const REPLY_BODY: Decoder =
    Decoder { target: "state_reply_body", check: check::reply_body, written: reply_bodies, rounds: 1_000 };

/// A chunk behind the key that it starts from.
fn from(key: &[u8], chunk: &Chunk) -> Vec<u8> {
    let length = u8::try_from(key.len()).expect("a short key");
    [&[length], key, &chunk.encode()].concat()
}

fn chunks() -> Files {
    let content = &check::CONTENT;
    let (present, absent) = (content.prove(b"abc"), content.prove(b"abd"));
    let digested = content.prove_digest(b"q").expect("a short key");
    let range = content.prove_range(b"a", Some(b"c"), usize::MAX).expect("not empty");
    let present = from(b"abc", &present.expect("a short key"));
    let whole = from(b"", &content.chunk(b"", usize::MAX));
    let honest = [
        ("whole", whole.clone()),
        ("first", from(b"", &content.chunk(b"", 60))),
        ("last", from(&[0xf0, 0x80], &content.chunk(&[0xf0, 0x80], usize::MAX))),
        ("range", from(b"a", &range)),
        ("present", present.clone()),
        ("absent", from(b"abd", &absent.expect("a short key"))),
        ("digested", from(b"q", &digested)),
    ];
    let mut files: Files = honest.into_iter().flat_map(|(name, bytes)| with_damage(name, &bytes)).collect();
    let mut other = content.to_map();
    other.insert(b"other", b"value").expect("within bounds");
    let other = other.seal().chunk(b"", usize::MAX);
    files.extend([
        ("forged-other-content".to_owned(), from(b"", &other)),
        ("forged-other-start".to_owned(), [b"\x03abd", &present[4..]].concat()),
        ("forged-value".to_owned(), flipped(&whole, whole.len() - 1)),
        ("forged-count-of-entries".to_owned(), flipped(&whole, 3)),
        ("malformed-format".to_owned(), flipped(&whole, 1)),
        ("malformed-long-bound".to_owned(), patched(&present, 6, &1026_u16.to_le_bytes())),
    ]);
    files
}

fn reply_bodies() -> Files {
    let executed = ReplyBody::Executed(vec![Bytes::from_static(b"a"), Bytes::new(), Bytes::from_static(b"bcd")]);
    let (highest, floor, seq) = (SessionId::new(9), RequestId::new(3), Seq::new(5));
    let bodies = [
        ("executed", executed.clone()),
        ("nothing", ReplyBody::Executed(Vec::new())),
        ("evicted", ReplyBody::Refused(Refusal::SessionEvicted { highest })),
        ("never-opened", ReplyBody::Refused(Refusal::SessionNeverOpened { highest })),
        ("stale", ReplyBody::Refused(Refusal::Stale { floor })),
        ("too-far-ahead", ReplyBody::Refused(Refusal::TooFarAhead)),
        ("different-body", ReplyBody::Refused(Refusal::DifferentBody)),
        ("forgotten", ReplyBody::Refused(Refusal::ResultForgotten { seq })),
    ];
    let mut files: Files = bodies.iter().flat_map(|(name, body)| with_damage(name, &body.to_bytes())).collect();
    files.extend([
        ("malformed-tag".to_owned(), vec![2]),
        ("malformed-refusal".to_owned(), vec![1, 6]),
        ("malformed-count".to_owned(), patched(&executed.to_bytes(), 1, &1025_u32.to_le_bytes())),
        ("malformed-length".to_owned(), patched(&executed.to_bytes(), 5, &(4_u32 << 20).to_le_bytes())),
    ]);
    files
}

#[test]
fn chunks_are_refused_or_true() {
    CHUNK.test();
}

#[test]
fn reply_bodies_are_refused_or_canonical() {
    REPLY_BODY.test();
}

#[test]
#[ignore = "writes the corpora: run it after a change of a format, and look at what has changed"]
fn write_the_corpora() {
    [CHUNK, REPLY_BODY].iter().for_each(Decoder::write);
}

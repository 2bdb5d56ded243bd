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
use harness::{Decoder, Files, patched, with_damage};
use synod_kernel::Encode;
use synod_kv::{Answer, Expected, Invalid, KeyValue, Operation, Revision};

const OPERATION: Decoder =
    Decoder { target: "kv_operation", check: check::operation, written: operations, rounds: 500 };
const ANSWER: Decoder = Decoder { target: "kv_answer", check: check::answer, written: answers, rounds: 1_000 };

fn honest<T: Encode>(samples: Vec<(&'static str, T)>) -> Files {
    samples.into_iter().flat_map(|(name, value)| with_damage(name, &value.to_bytes())).collect()
}

fn operations() -> Files {
    let (key, value) = (Bytes::from_static(b"ab"), Bytes::from_static(b"value"));
    let swap = |expected| Operation::CompareAndSwap { key: key.clone(), expected, value: value.clone() };
    let long_key = Operation::Get { key: Bytes::from(vec![b'k'; 513]) };
    let put = Operation::Put { key: key.clone(), value: value.clone() };
    let mut files = honest(vec![
        ("put", put.clone()),
        ("get", Operation::Get { key: key.clone() }),
        ("delete", Operation::Delete { key: key.clone() }),
        ("range", Operation::Range { from: Bytes::new(), to: None, limit: 0 }),
        ("bounded-range", Operation::Range { from: key.clone(), to: Some(Bytes::from_static(b"z")), limit: 2 }),
        ("backward-range", Operation::Range { from: key.clone(), to: Some(Bytes::new()), limit: u32::MAX }),
        ("swap-absent", swap(Expected::Absent)),
        ("swap-value", swap(Expected::Value(Bytes::from(vec![b'v'; 40])))),
        ("swap-revision", swap(Expected::ModRevision(Revision::new(3)))),
    ]);
    files.extend([
        ("malformed-empty-key".to_owned(), Operation::Get { key: Bytes::new() }.to_bytes()),
        ("malformed-long-key".to_owned(), long_key.to_bytes()),
        ("malformed-tag".to_owned(), patched(&put.to_bytes(), 0, &[5])),
        ("malformed-length".to_owned(), patched(&put.to_bytes(), 1, &(3_u32 << 19).to_le_bytes())),
    ]);
    files
}

fn answers() -> Files {
    let entry = KeyValue {
        key: Bytes::from_static(b"k"),
        value: Bytes::from_static(b"value"),
        create_revision: Revision::new(2),
        mod_revision: Revision::new(5),
        version: 3,
    };
    let (revision, entries) = (Revision::new(9), vec![entry.clone(), entry.clone()]);
    let range = Answer::Range { entries, more: true, revision };
    let mut files = honest(vec![
        ("put", Answer::Put { revision }),
        ("value", Answer::Value { entry: Some(entry.clone()), revision }),
        ("no-value", Answer::Value { entry: None, revision }),
        ("deleted", Answer::Deleted { existed: true, revision }),
        ("range", range.clone()),
        ("empty-range", Answer::Range { entries: Vec::new(), more: false, revision }),
        ("swapped", Answer::Swapped { revision }),
        ("not-swapped", Answer::NotSwapped { current: Some(entry), revision }),
        ("invalid", Answer::Invalid(Invalid::Malformed)),
        ("empty-key", Answer::Invalid(Invalid::EmptyKey)),
        ("key-too-long", Answer::Invalid(Invalid::KeyTooLong { bytes: 513 })),
        ("value-too-long", Answer::Invalid(Invalid::ValueTooLong { bytes: 1 << 21 })),
        ("no-room", Answer::Invalid(Invalid::NoRoom { bytes: 4000 })),
    ]);
    files.extend([
        ("malformed-tag".to_owned(), vec![7]),
        ("malformed-count".to_owned(), patched(&range.to_bytes(), 1, &1001_u32.to_le_bytes())),
        ("malformed-claimed-count".to_owned(), patched(&range.to_bytes(), 1, &1000_u32.to_le_bytes())),
    ]);
    files
}

#[test]
fn operations_are_refused_or_canonical_and_always_answered() {
    OPERATION.test();
}

#[test]
fn answers_are_refused_or_canonical() {
    ANSWER.test();
}

#[test]
#[ignore = "writes the corpora: run it after a change of a format, and look at what has changed"]
fn write_the_corpora() {
    [OPERATION, ANSWER].iter().for_each(Decoder::write);
}

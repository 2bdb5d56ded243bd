//! What the fuzzers do, as a test: every script of edits in the committed corpora, and seeded damage to each.

#[path = "decoders/check.rs"]
mod check;
#[path = "decoders/edits.rs"]
mod edits;
#[path = "../../kernel/tests/decoders/harness.rs"]
#[allow(dead_code, reason = "any bytes are a script, so none is cut short")]
mod harness;
#[path = "../../kernel/tests/decoders/mutation.rs"]
mod mutation;
#[path = "decoders/seals.rs"]
mod seals;
#[path = "../../kernel/tests/decoders/verdict.rs"]
mod verdict;

use edits::{Edit, script};
use harness::{Decoder, Files};

const LOG: Decoder = Decoder { target: "storage_log", check: check::log, written: logs, rounds: 40 };
const CHECKPOINT: Decoder =
    Decoder { target: "storage_checkpoint", check: check::checkpoint, written: checkpoints, rounds: 40 };

const BLOCK: u32 = 4096;

/// One script after the other.
fn all(scripts: &[Vec<u8>]) -> Vec<u8> {
    scripts.concat()
}

fn named(name: &str, script: Vec<u8>) -> (String, Vec<u8>) {
    (name.to_owned(), script)
}

/// The segments of the log are the files 0 to 2; the spares follow.
fn logs() -> Files {
    let seal = || script(0, 0, Edit::Seal);
    let write = |file, offset, bytes: &[u8]| script(file, offset, Edit::Write(bytes.to_vec()));
    let sealed = |edit: Vec<u8>| all(&[edit, seal()]);
    let (maximum, huge) = (u64::MAX.to_le_bytes(), u32::MAX.to_le_bytes());
    vec![
        named("valid-untouched", Vec::new()),
        named("valid-sealed", seal()),
        named("valid-padding", script(0, 200, Edit::Flip(1))),
        named("torn-newest-missing", script(2, 0, Edit::Remove)),
        named("torn-last-record", script(2, 3 * BLOCK + 70, Edit::Flip(1))),
        named("torn-last-block", script(2, 3 * BLOCK, Edit::Clear(4096))),
        named("malformed-header", script(1, 20, Edit::Flip(4))),
        named("malformed-record", script(1, BLOCK + 70, Edit::Flip(4))),
        named("malformed-base-record", script(0, BLOCK + 70, Edit::Flip(4))),
        named("malformed-cut", script(2, 3 * BLOCK, Edit::Cut)),
        named("malformed-grown", script(2, 0, Edit::Grow(4096))),
        named("malformed-missing", script(1, 0, Edit::Remove)),
        named("malformed-exchanged", script(1, 0, Edit::Exchange(2))),
        named("malformed-stale", script(1, 0, Edit::Exchange(3))),
        named("malformed-repeated-block", script(1, 2 * BLOCK, Edit::Copy(1, BLOCK, 4096))),
        named("forged-record", sealed(write(1, BLOCK + 70, b"other"))),
        named("malformed-sealed-length", sealed(write(1, BLOCK + 64, &huge))),
        named("malformed-sealed-blocks", sealed(write(2, 28, &huge))),
        named("malformed-sealed-version", sealed(write(2, 24, &[2]))),
        named("malformed-sealed-identity", sealed(write(2, 32, &[8]))),
        named("malformed-sealed-sequence", sealed(write(2, 80, &maximum))),
        named("malformed-sealed-base", sealed(write(2, 88, &maximum))),
        named("malformed-sealed-first-batch", sealed(write(0, 96, &maximum))),
        named("malformed-sealed-first-position", sealed(write(0, 104, &maximum))),
        named("malformed-sealed-batch", sealed(all(&[write(0, 96, &maximum), write(0, BLOCK + 32, &maximum)]))),
    ]
}

/// The checkpoints 10 to 50 are the files 0 to 4.
fn checkpoints() -> Files {
    let seal = || script(0, 0, Edit::Seal);
    let write = |file, offset, bytes: &[u8]| script(file, offset, Edit::Write(bytes.to_vec()));
    let sealed = |edit: Vec<u8>| all(&[edit, seal()]);
    let huge = u32::MAX.to_le_bytes();
    vec![
        named("valid-untouched", Vec::new()),
        named("valid-sealed", seal()),
        named("torn-newest-missing", script(4, 0, Edit::Remove)),
        named("malformed-header", script(4, 90, Edit::Flip(1))),
        named("malformed-entry", script(2, 200, Edit::Flip(1))),
        named("malformed-end", script(3, 144 + 10, Edit::Flip(1))),
        named("malformed-cut", script(4, 170, Edit::Cut)),
        named("malformed-grown", script(4, 0, Edit::Grow(1))),
        named("malformed-missing", script(3, 0, Edit::Remove)),
        named("malformed-exchanged", script(3, 0, Edit::Exchange(4))),
        named("malformed-other-base", script(2, 0, Edit::Exchange(0))),
        named("forged-digest", sealed(write(4, 100, b"other"))),
        named("forged-value", sealed(write(2, 230, b"other"))),
        named("malformed-sealed-frame", sealed(write(4, 144, &huge))),
        named("malformed-sealed-not-last", sealed(write(4, 148, &[0]))),
        named("malformed-sealed-key-length", sealed(write(4, 152, &huge))),
        named("malformed-sealed-value-length", sealed(write(4, 157, &(64_u32 << 20).to_le_bytes()))),
        named("malformed-sealed-entry-kind", sealed(write(4, 156, &[2]))),
        named("malformed-sealed-parent", sealed(write(4, 120, &[50]))),
        named("malformed-sealed-version", sealed(write(4, 24, &[2]))),
    ]
}

#[test]
fn an_edited_log_is_a_prefix_or_refused() {
    LOG.test();
}

#[test]
fn an_edited_checkpoint_is_as_saved_or_refused() {
    CHECKPOINT.test();
}

#[test]
#[ignore = "writes the corpora: run it after a change of a format, and look at what has changed"]
fn write_the_corpora() {
    [LOG, CHECKPOINT].iter().for_each(Decoder::write);
}

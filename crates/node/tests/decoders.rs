//! Damage to the files that people keep: what is read is good, or refused.

#[path = "decoders/check.rs"]
mod check;
#[path = "../../kernel/tests/decoders/harness.rs"]
#[allow(dead_code, reason = "text is not damaged as encodings are")]
mod harness;
#[path = "../../kernel/tests/decoders/mutation.rs"]
mod mutation;
#[path = "../../kernel/tests/decoders/verdict.rs"]
mod verdict;

use harness::{Decoder, Files};

const DESCRIPTOR: Decoder =
    Decoder { target: "node_descriptor", check: check::descriptor, written: descriptors, rounds: 100 };
const KEY: Decoder = Decoder { target: "node_key", check: check::key, written: keys, rounds: 100 };

fn descriptors() -> Files {
    let text = check::SIGNED.render().expect("small numbers");
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    let files = [
        ("valid-signed", text.clone()),
        ("valid-commented", format!("# ours\n{text}\n# the end\n")),
        ("forged-address", changed("127.0.0.1:7001", "127.0.0.1:7009")),
        ("forged-faults", changed("faults = 1", "faults = 2")),
        ("forged-epoch", changed("epoch = 0", "epoch = 1")),
        ("forged-window", changed("window = 256", "window = 4")),
        ("malformed-unknown-field", changed("faults = 1", "faults = 1\nsurprise = 1")),
        ("malformed-number", changed("faults = 1", "faults = 65536")),
        ("malformed-negative", changed("epoch = 0", "epoch = -1")),
        ("malformed-key", changed("voting_key = \"", "voting_key = \"0")),
        ("malformed-truncated", text[..text.len() - 10].to_owned()),
        ("malformed-empty", String::new()),
        ("malformed-nested", "[".repeat(400)),
    ];
    files.map(|(name, text)| (name.to_owned(), text.into_bytes())).to_vec()
}

fn keys() -> Files {
    let digits = "0123456789abcdef".repeat(4);
    let files = [
        ("valid-digits", format!("{digits}\n")),
        ("valid-commented", format!("# a key\n\n  {digits}")),
        ("malformed-short", digits[1..].to_owned()),
        ("malformed-upper-case", digits.to_uppercase()),
        ("malformed-two", format!("{digits}\n{digits}\n")),
        ("malformed-comment-only", "# a key\n".to_owned()),
        ("malformed-long", "#".repeat(1025)),
    ];
    let mut files = files.map(|(name, text)| (name.to_owned(), text.into_bytes())).to_vec();
    files.push(("malformed-no-text".to_owned(), vec![0xff; 64]));
    files
}

#[test]
fn descriptors_are_refused_or_written_again() {
    DESCRIPTOR.test();
}

#[test]
fn key_files_are_refused_or_written_again() {
    KEY.test();
}

#[test]
#[ignore = "writes the corpora: run it after a change of a format, and look at what has changed"]
fn write_the_corpora() {
    [DESCRIPTOR, KEY].iter().for_each(Decoder::write);
}

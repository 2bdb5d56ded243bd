//! Runs the check of a decoder over its committed corpus, over seeded damage to it, and over noise.
//!
//! The decoder tests of all crates share it. The name of a file in a corpus begins with its verdict; whatever else a
//! fuzzer found only has to keep the promises of the check. What tests write themselves they also compare, so that a
//! format cannot change unnoticed; inputs that were added by hand are left alone.

use crate::mutation;
use crate::verdict::Verdict;
use std::path::PathBuf;
use synod_kernel::chooser::{Chooser, Seeded};

/// Bytes of one file of a corpus in whose place the largest number is tried, at most.
const EXTREMES_MAX: usize = 4096;

/// Files of a corpus: name and content.
pub(crate) type Files = Vec<(String, Vec<u8>)>;

/// A decoder under test.
pub(crate) struct Decoder {
    /// The name of its fuzz target and of its corpus.
    pub(crate) target: &'static str,
    /// Panics if a promise is broken.
    pub(crate) check: fn(&[u8]) -> Verdict,
    /// The files of the corpus that can be written again at any time.
    pub(crate) written: fn() -> Files,
    /// How often each file is damaged.
    pub(crate) rounds: usize,
}

impl Decoder {
    fn folder(&self) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "fuzz", "corpus", self.target].iter().collect()
    }

    /// The committed files, in the order of their names.
    fn corpus(&self) -> Files {
        let mut files: Files = std::fs::read_dir(self.folder())
            .expect("every target has a corpus")
            .map(|entry| entry.expect("a readable folder").path())
            .map(|path| (name_of(&path), std::fs::read(&path).expect("a readable file")))
            .collect();
        files.sort();
        files
    }

    /// Everything below, one after the other.
    pub(crate) fn test(&self) {
        self.is_what_is_written_here();
        self.keeps_the_verdicts_of_the_corpus();
        self.survives_extremes();
        self.survives_damage();
        self.survives_noise();
    }

    /// Writes the corpus.
    pub(crate) fn write(&self) {
        std::fs::create_dir_all(self.folder()).expect("a folder for the corpus");
        for (name, bytes) in (self.written)() {
            std::fs::write(self.folder().join(name), bytes).expect("a writable folder");
        }
    }

    fn is_what_is_written_here(&self) {
        let corpus = self.corpus();
        for (name, bytes) in (self.written)() {
            let committed = corpus.iter().find(|(other, _)| *other == name);
            let is_the_same = committed.is_some_and(|(_, committed)| *committed == bytes);
            assert!(is_the_same, "{}/{name}: the format has changed; the ignored test writes it", self.target);
        }
    }

    fn keeps_the_verdicts_of_the_corpus(&self) {
        let mut seen = Vec::new();
        for (name, input) in self.corpus() {
            let verdict = (self.check)(&input);
            if let Some(announced) = Verdict::announced(&name) {
                assert_eq!(verdict, announced, "{}/{name}", self.target);
                seen.push(announced);
            }
        }
        assert!(seen.contains(&Verdict::Valid) && seen.contains(&Verdict::Malformed), "{}: some of each", self.target);
    }

    /// The largest number there is, in the place of every number there is: whatever is counted on from there overflows.
    fn survives_extremes(&self) {
        for (_, input) in self.corpus() {
            let places = input.len().saturating_sub(8).min(EXTREMES_MAX);
            for at in 0..places {
                (self.check)(&patched(&input, at, &u64::MAX.to_le_bytes()));
            }
        }
    }

    fn survives_damage(&self) {
        let (mut accepted, mut refused) = (0, 0);
        for (position, (_, input)) in self.corpus().iter().enumerate() {
            let mut chooser = Seeded::new(position as u64);
            for _ in 0..self.rounds {
                let damaged = mutation::mutate(input, &mut |options| chooser.choose("damage", options));
                match (self.check)(&damaged) {
                    Verdict::Valid | Verdict::Forged | Verdict::Torn => accepted += 1,
                    Verdict::Malformed => refused += 1,
                }
            }
        }
        let enough = self.rounds / 20;
        assert!(accepted > enough && refused > enough, "{}: {accepted} accepted, {refused} refused", self.target);
    }

    fn survives_noise(&self) {
        let mut chooser = Seeded::new(99);
        for length in 0..self.rounds {
            let mut byte = || u8::try_from(chooser.choose("byte", 256)).expect("below 256");
            let noise: Vec<u8> = (0..length % 300).map(|_| byte()).collect();
            (self.check)(&noise);
        }
    }
}

fn name_of(path: &std::path::Path) -> String {
    path.file_name().and_then(|name| name.to_str()).expect("names in ASCII").to_owned()
}

/// An honest message, cut short and continued by a byte too many.
pub(crate) fn with_damage(name: &str, bytes: &[u8]) -> Files {
    vec![
        (format!("valid-{name}"), bytes.to_vec()),
        (format!("malformed-{name}-truncated"), bytes[..bytes.len() - 1].to_vec()),
        (format!("malformed-{name}-trailing"), [bytes, &[0]].concat()),
    ]
}

/// The same bytes with those at `at` replaced.
pub(crate) fn patched(bytes: &[u8], at: usize, patch: &[u8]) -> Vec<u8> {
    let mut patched = bytes.to_vec();
    patched[at..at + patch.len()].copy_from_slice(patch);
    patched
}

/// The same bytes with one bit changed in the one at `at`.
#[allow(dead_code, reason = "only signatures are worth it")]
pub(crate) fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    patched(bytes, at, &[bytes[at] ^ 1])
}

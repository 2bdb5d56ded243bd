//! What the fuzzers do, as a test: every file of the committed corpora, and seeded damage to each.

#[path = "decoders/check.rs"]
mod check;
#[path = "../../kernel/tests/decoders/harness.rs"]
mod harness;
#[path = "../../kernel/tests/decoders/judge.rs"]
mod judge;
#[path = "../../kernel/tests/decoders/mutation.rs"]
mod mutation;
#[path = "../../kernel/tests/decoders/verdict.rs"]
mod verdict;

use check::samples::{self, certificate, checkpoint, new_view, prepare, prepared, signed};
use harness::{Decoder, Files, flipped, patched, with_damage};
use synod_kernel::{Batch, Encode, Statement, View, Writer};
use synod_protocols::pbft::{Checkpoint, Prepare, Suspect};

const MESSAGE: Decoder = Decoder { target: "pbft_message", check: check::message, written: messages, rounds: 500 };
const RECORD: Decoder = Decoder { target: "pbft_record", check: check::record, written: records, rounds: 500 };

/// How a message begins: a vow or hint, and which.
const VIEW_CHANGE: [u8; 2] = [0, 5];
const NEW_VIEW: [u8; 2] = [0, 6];
const STABLE: [u8; 2] = [1, 6];
/// How a record begins that is evidence of two prepares.
const TWO_PREPARES: [u8; 3] = [1, 6, 1];

/// What an encoder without our types could put on the wire.
#[derive(Default)]
struct Forger(Writer);

impl Forger {
    fn starting_with(tags: &[u8]) -> Self {
        Self::default().raw(tags)
    }
    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.raw(bytes);
        self
    }
    fn put(self, value: &impl Encode) -> Self {
        self.raw(&value.to_bytes())
    }
    fn list<T: Encode>(mut self, items: &[T]) -> Self {
        self.0.list(items.iter());
        self
    }
    /// A certificate with these signers, each of whom did sign.
    fn certificate(mut self, statement: &impl Statement, signers: &[u16]) -> Self {
        statement.encode(&mut self.0);
        self.0.count(signers.len());
        signers.iter().fold(self, |forger, &position| {
            let signature = signed(position, statement.clone()).signature();
            forger.raw(&position.to_le_bytes()).put(&signature)
        })
    }
    /// The name of a signer and some signature.
    fn signed_by(self, position: u16) -> Self {
        self.raw(&position.to_le_bytes()).raw(&[0; 64])
    }
    fn named(self, name: &str) -> (String, Vec<u8>) {
        (name.to_owned(), self.0.into_bytes())
    }
}

/// Messages that end with a signature, with another.
fn forged(samples: &[(&'static str, Vec<u8>)], names: &[&str]) -> Files {
    let chosen = samples.iter().filter(|(name, _)| names.contains(name));
    chosen.map(|(name, bytes)| (format!("forged-{name}"), flipped(bytes, bytes.len() - 1))).collect()
}

fn messages() -> Files {
    let samples: Vec<_> = samples::messages().into_iter().map(|(name, value)| (name, value.to_bytes())).collect();
    let mut files: Files = samples.iter().flat_map(|(name, bytes)| with_damage(name, bytes)).collect();
    files.extend(forged(
        &samples,
        &["prepare", "commit", "checkpoint", "view-change", "new-view", "proposal", "stable"],
    ));
    files.extend(bad_certificates());
    files.extend(bad_view_changes());
    files.extend(bad_new_views());
    files.extend([
        ("malformed-message".to_owned(), vec![2]),
        ("malformed-vow".to_owned(), vec![0, 7]),
        ("malformed-hint".to_owned(), vec![1, 11]),
        Forger::starting_with(&[0, 1])
            .put(&signed(0, prepare(0, 129, Batch::null().digest())))
            .put(&samples::batch())
            .named("malformed-other-batch"),
        Forger::starting_with(&[1, 8])
            .raw(&[0; 8])
            .raw(&2049_u32.to_le_bytes())
            .raw(&[0; 2049])
            .named("malformed-long-key"),
    ]);
    files
}

fn bad_certificates() -> Files {
    let statement: Checkpoint = checkpoint(b"state");
    let stable = || Forger::starting_with(&STABLE);
    vec![
        stable().certificate(&statement, &[0, 1]).named("malformed-two-signers"),
        stable().certificate(&statement, &[0, 1, 1]).named("malformed-repeated-signer"),
        stable().certificate(&statement, &[0, 3, 1]).named("malformed-unordered-signers"),
        stable().certificate(&statement, &[0, 1, 4]).named("malformed-no-member"),
        stable().put(&statement).raw(&101_u32.to_le_bytes()).named("malformed-many-signers"),
        stable().put(&statement).raw(&100_u32.to_le_bytes()).named("malformed-claimed-signers"),
    ]
}

fn bad_view_changes() -> Files {
    let view_change = |prepared: &[_]| {
        let start = Forger::starting_with(&VIEW_CHANGE).put(&View::new(1)).raw(&[0]);
        start.list(prepared).signed_by(2).put(&samples::suspicion(0))
    };
    let unproved = || Forger::starting_with(&VIEW_CHANGE).put(&View::new(1)).raw(&[0]).list::<View>(&[]).signed_by(2);
    let later: Prepare = prepare(1, 129, samples::batch().digest());
    let orphan = prepare(0, 129, samples::batch().digest());
    let claim = Forger::starting_with(&VIEW_CHANGE).put(&View::new(1)).raw(&[0]);
    vec![
        view_change(&[prepared(131), prepared(129)]).named("malformed-unordered-prepared"),
        view_change(&[prepared(129), prepared(129)]).named("malformed-repeated-prepared"),
        view_change(&[certificate(&later, [0, 1, 2])]).named("malformed-prepared-in-view-to-come"),
        view_change(&[certificate(&orphan, [1, 2, 3])]).named("malformed-prepared-without-primary"),
        claim.raw(&u32::MAX.to_le_bytes()).named("malformed-many-prepared"),
        unproved().put(&samples::suspicion(1)).named("malformed-suspicion-of-another-view"),
        unproved().put(&samples::suspicion(u64::MAX)).named("malformed-suspicion-of-the-last-view"),
        unproved().certificate(&Suspect { view: View::new(0) }, &[1]).named("malformed-one-suspicion"),
        view_change(&[prepared(129)]).named("forged-signed-by-nobody"),
    ]
}

fn bad_new_views() -> Files {
    let message = new_view();
    let (reports, proposals) = (message.view_changes(), message.proposals());
    let new_view = |reports: &[_], proposals: &[_]| {
        Forger::starting_with(&NEW_VIEW).put(&View::new(1)).list(reports).list(proposals).signed_by(1)
    };
    let unordered = [reports[1].clone(), reports[0].clone(), reports[2].clone()];
    let wide = prepared(1 << 40);
    let far = Forger::default().put(&View::new(1)).raw(&[0]).list(&[wide]).signed_by(0);
    let far = Forger::starting_with(&NEW_VIEW).put(&View::new(1)).raw(&3_u32.to_le_bytes()).raw(&far.0.into_bytes());
    let wrong = {
        let other = signed(1, prepare(1, 131, Batch::null().digest()));
        [proposals[0].clone(), proposals[1].clone(), other]
    };
    let stranger = {
        let other = signed(0, *proposals[2].statement());
        [proposals[0].clone(), proposals[1].clone(), other]
    };
    vec![
        new_view(&reports[..2], proposals).named("malformed-two-reports"),
        new_view(&unordered, proposals).named("malformed-unordered-reports"),
        new_view(reports, &proposals[..2]).named("malformed-short-o"),
        new_view(reports, &wrong).named("malformed-wrong-o"),
        new_view(reports, &stranger).named("malformed-o-of-another"),
        far.put(&reports[1]).put(&reports[2]).list::<Prepare>(&[]).signed_by(1).named("malformed-wide-o"),
    ]
}

fn records() -> Files {
    let samples: Vec<_> = samples::records().into_iter().map(|(name, value)| (name, value.to_bytes())).collect();
    let mut files: Files = samples.iter().flat_map(|(name, bytes)| with_damage(name, bytes)).collect();
    files.extend(forged(&samples, &["proposal", "prepared", "stable", "new-view", "two-prepares", "two-commits"]));
    let vote = signed(0, prepare(0, 129, Batch::null().digest()));
    let elsewhere = signed(0, prepare(0, 130, samples::batch().digest()));
    let other = signed(1, prepare(0, 129, samples::batch().digest()));
    let two = |first, second| Forger::starting_with(&TWO_PREPARES).put(first).put(second);
    let body = &samples[1].1;
    files.extend([
        two(&vote, &vote).named("malformed-the-same-twice"),
        two(&vote, &elsewhere).named("malformed-no-contradiction"),
        two(&vote, &other).named("malformed-two-culprits"),
        ("malformed-record".to_owned(), vec![2]),
        ("malformed-fact".to_owned(), vec![1, 8]),
        ("malformed-evidence".to_owned(), vec![1, 6, 5]),
        ("malformed-count".to_owned(), patched(body, 2, &1025_u32.to_le_bytes())),
        ("forged-other-request".to_owned(), flipped(body, 2 + 4)),
    ]);
    files
}

#[test]
fn messages_are_refused_or_canonical() {
    MESSAGE.test();
}

#[test]
fn records_are_refused_or_canonical() {
    RECORD.test();
}

#[test]
#[ignore = "writes the corpora: run it after a change of a format, and look at what has changed"]
fn write_the_corpora() {
    [MESSAGE, RECORD].iter().for_each(Decoder::write);
}

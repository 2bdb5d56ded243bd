//! What the fuzzers do, as a test: every file of the committed corpora, and seeded damage to each.
#![allow(clippy::unwrap_used)]

#[path = "decoders/check.rs"]
mod check;
#[path = "decoders/harness.rs"]
mod harness;
#[path = "decoders/judge.rs"]
mod judge;
#[path = "decoders/mutation.rs"]
mod mutation;
#[path = "decoders/verdict.rs"]
mod verdict;

use check::samples;
use harness::{Decoder, Files, flipped, patched, with_damage};
use synod_kernel::{Encode, Signature};

/// Where the operations of a request are counted: behind client, session, id and who answers in full.
const COUNT_AT: usize = 32 + 8 + 8 + 2;
/// Where the length of a result stands: behind view, key, place and tag.
const RESULT_AT: usize = 8 + (32 + 8 + 8) + 8 + 1;
/// Where the signers of a certificate are counted: behind key, place and digest of the result.
const SIGNERS_AT: usize = (32 + 8 + 8) + 8 + 32;

const REQUEST: Decoder = Decoder { target: "kernel_request", check: check::request, written: requests, rounds: 2_000 };
const BATCH: Decoder = Decoder { target: "kernel_batch", check: check::batch, written: batches, rounds: 2_000 };
const REPLY: Decoder = Decoder { target: "kernel_reply", check: check::reply, written: replies, rounds: 2_000 };
const CERTIFICATE: Decoder =
    Decoder { target: "kernel_certificate", check: check::certificate, written: certificates, rounds: 2_000 };
const STATUS: Decoder = Decoder { target: "kernel_status", check: check::status, written: statuses, rounds: 2_000 };
const HEADER: Decoder = Decoder { target: "kernel_header", check: check::header, written: headers, rounds: 2_000 };

fn honest<T: Encode>(samples: Vec<(&'static str, T)>) -> Files {
    samples.into_iter().flat_map(|(name, value)| with_damage(name, &value.to_bytes())).collect()
}

fn named(name: &str, bytes: Vec<u8>) -> (String, Vec<u8>) {
    (name.to_owned(), bytes)
}

fn requests() -> Files {
    let one = samples::requests()[0].1.to_bytes();
    let mut files = honest(samples::requests());
    files.extend([
        named("forged-other-client", flipped(&one, 0)),
        named("forged-other-session", flipped(&one, 32)),
        named("forged-other-id", flipped(&one, 40)),
        named("forged-operation", flipped(&one, COUNT_AT + 8)),
        named("forged-signature", flipped(&one, one.len() - 1)),
        named("malformed-empty", Vec::new()),
        named("malformed-no-operations", [&one[..COUNT_AT], &[0; 4 + 64]].concat()),
        named("malformed-count", patched(&one, COUNT_AT, &u32::MAX.to_le_bytes())),
        named("malformed-length", patched(&one, COUNT_AT + 4, &(3_u32 << 19).to_le_bytes())),
    ]);
    files
}

fn batches() -> Files {
    let one = samples::batches()[1].1.to_bytes();
    let mut files = honest(samples::batches());
    files.extend([
        named("forged-signature", flipped(&one, one.len() - 1)),
        named("malformed-count", patched(&one, 0, &1024_u32.to_le_bytes())),
        named("malformed-large-count", patched(&one, 0, &1025_u32.to_le_bytes())),
    ]);
    files
}

fn replies() -> Files {
    let reply = &samples::replies()[0].1;
    let bytes = reply.to_bytes();
    let Signature(signature) = reply.signature();
    let signed_at = bytes.windows(64).position(|window| window == signature).unwrap();
    let signer_at = signed_at - 6;
    let among = samples::replies()[2].1.to_bytes();
    let mut files = honest(samples::replies());
    files.extend([
        // Nobody signs the view.
        named("valid-other-view", flipped(&bytes, 0)),
        named("forged-signature", flipped(&bytes, signed_at)),
        named("forged-other-signer", flipped(&bytes, signer_at)),
        named("forged-other-result", flipped(&bytes, signer_at - 1)),
        named("forged-other-place", flipped(&among, among.len() - 64 - 2 * 32 - 4)),
        named("forged-other-path", flipped(&among, among.len() - 64 - 1)),
        named("malformed-no-member", patched(&bytes, signer_at, &[4, 0])),
        named("malformed-index", patched(&bytes, signer_at + 2, &[1, 0])),
        named("malformed-no-answers", patched(&bytes, signer_at + 4, &[0, 0])),
        named("malformed-many-answers", patched(&bytes, signer_at + 4, &1025_u16.to_le_bytes())),
        named("malformed-length", patched(&bytes, RESULT_AT, &(4_u32 << 20).to_le_bytes())),
        named("malformed-tag", patched(&bytes, RESULT_AT - 1, &[2])),
    ]);
    files
}

fn certificates() -> Files {
    let certificates = samples::certificates();
    let (two, three) = (certificates[0].1.to_bytes(), certificates[1].1.to_bytes());
    let mut files = honest(certificates);
    files.extend([
        named("forged-other-result", flipped(&two, SIGNERS_AT - 1)),
        named("forged-signature", flipped(&two, two.len() - 1)),
        named("forged-path", flipped(&two, two.len() - 64 - 1)),
        named("malformed-one-signer", patched(&two, SIGNERS_AT, &[1])),
        named("malformed-same-signer", patched(&two, SIGNERS_AT + 4 + 2 + 4 + 64, &[0])),
        named("malformed-signers", patched(&three, SIGNERS_AT, &u32::MAX.to_le_bytes())),
    ]);
    files
}

fn statuses() -> Files {
    let bytes = samples::statuses()[1].1.to_bytes();
    let mut files = honest(samples::statuses());
    files.extend([
        named("malformed-no-text", patched(&bytes, 4, &[0xff])),
        named("malformed-long-state", patched(&bytes, 0, &[33])),
        named("malformed-no-member", patched(&bytes, bytes.len() - 2, &[4])),
    ]);
    files
}

fn headers() -> Files {
    let frames = samples::frames();
    let frame = frames[3].1.clone();
    let mut files: Files = frames.into_iter().map(|(name, bytes)| (format!("valid-{name}"), bytes)).collect();
    files.extend([
        named("malformed-truncated", frame[..frame.len() - 1].to_vec()),
        named("malformed-version", flipped(&frame, 0)),
        named("malformed-cluster", flipped(&frame, 1)),
        named("malformed-epoch", flipped(&frame, 33)),
        named("malformed-protocol", flipped(&frame, 41)),
        named("malformed-kind", patched(&frame, 42, &[7])),
    ]);
    files
}

#[test]
fn requests_are_refused_or_canonical() {
    REQUEST.test();
}

#[test]
fn batches_are_refused_or_canonical() {
    BATCH.test();
}

#[test]
fn replies_are_refused_or_canonical() {
    REPLY.test();
}

#[test]
fn certificates_of_answers_are_refused_or_canonical() {
    CERTIFICATE.test();
}

#[test]
fn statuses_are_refused_or_canonical() {
    STATUS.test();
}

#[test]
fn headers_are_refused_or_canonical() {
    HEADER.test();
}

#[test]
#[ignore = "writes the corpora: run it after a change of a format, and look at what has changed"]
fn write_the_corpora() {
    [REQUEST, BATCH, REPLY, CERTIFICATE, STATUS, HEADER].iter().for_each(Decoder::write);
}

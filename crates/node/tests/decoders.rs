//! Damage to the files that people keep and to streams of frames: what is read is good, or refused.

#[path = "decoders/check.rs"]
mod check;
#[path = "decoders/frames.rs"]
mod frames;
#[path = "../../kernel/tests/decoders/harness.rs"]
#[allow(dead_code, reason = "text is not damaged as encodings are")]
mod harness;
#[path = "../../kernel/tests/decoders/judge.rs"]
#[allow(dead_code, reason = "nothing in a frame is believed here")]
mod judge;
#[path = "../../kernel/tests/decoders/mutation.rs"]
mod mutation;
#[path = "../../kernel/tests/decoders/samples.rs"]
#[allow(dead_code, reason = "frames are enough")]
mod samples;
#[path = "../../kernel/tests/decoders/verdict.rs"]
mod verdict;

use harness::{Decoder, Files};
use synod_kernel::frame::{FrameKind, Header};
use synod_kernel::{Encode, ReplicaId};
use synod_node::status::PeerLink;
use synod_node::{NodeStatus, Usage};

const DESCRIPTOR: Decoder =
    Decoder { target: "node_descriptor", check: check::descriptor, written: descriptors, rounds: 100 };
const FRAMES: Decoder = Decoder { target: "node_frames", check: frames::frames, written: streams, rounds: 2_000 };
const STATUS: Decoder = Decoder { target: "node_status", check: frames::status, written: statuses, rounds: 2_000 };
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

fn status_of(position: u16) -> NodeStatus {
    let link = |replica| PeerLink { replica: ReplicaId::new(replica), inbound: true, outbound: replica == 1 };
    let peers = (0..4).filter(|other| *other != position).map(link).collect();
    let usage = Usage { cpu_microseconds: Some(12), uptime_microseconds: 1 << 40, peers, ..Usage::default() };
    let (_, protocol) = samples::statuses().remove(1);
    NodeStatus { protocol, usage }
}

fn statuses() -> Files {
    let (first, last) = (status_of(0).to_bytes(), status_of(3).to_bytes());
    let alone = NodeStatus { usage: Usage::default(), ..status_of(0) }.to_bytes();
    let mut files = [harness::with_damage("first", &first), harness::with_damage("alone", &alone)].concat();
    files.extend([
        ("valid-last".to_owned(), last.clone()),
        ("malformed-order".to_owned(), harness::patched(&last, last.len() - 8, &[2])),
        ("malformed-no-member".to_owned(), harness::patched(&last, last.len() - 4, &[4])),
        ("malformed-option".to_owned(), harness::patched(&alone, alone.len() - 4 - 13 * 8 - 2, &[2])),
    ]);
    files
}

/// A frame as it stands in a stream.
fn framed(frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).expect("samples are small");
    [&length.to_le_bytes(), frame].concat()
}

fn streams() -> Files {
    let mut frames = samples::frames();
    let header = Header { domain: judge::scope().domain, protocol: frames::PROTOCOL, kind: FrameKind::Status };
    frames[4].1 = header.frame(&status_of(0)).split_off(4);
    let all: Vec<u8> = frames.iter().flat_map(|(_, frame)| framed(frame)).collect();
    let (query, status) = (framed(&frames[3].1), framed(&frames[4].1));
    let behind = |piece: u8, stream: &[u8]| [&[piece], stream].concat();
    let claiming = |length: u32| behind(255, &[&status[..], &length.to_le_bytes()[..], &query[4..]].concat());
    let files = [
        ("valid-nothing", behind(0, &[])),
        ("valid-query-byte-by-byte", behind(0, &query)),
        ("valid-status", behind(255, &status)),
        ("valid-all-kinds", behind(99, &all)),
        ("torn-length", behind(1, &[&query[..], &status[..3]].concat())),
        ("torn-frame", behind(6, &[&query[..], &status[..status.len() - 1]].concat())),
        ("forged-query-with-body", behind(50, &framed(&[&query[4..], &[0]].concat()))),
        ("forged-status", behind(50, &framed(&status[4..status.len() - 1]))),
        ("forged-version", behind(50, &framed(&harness::flipped(&query[4..], 0)))),
        ("malformed-empty", Vec::new()),
        ("malformed-long", claiming((2 << 20) + 1)),
        ("malformed-largest", claiming(u32::MAX)),
        ("malformed-short", claiming(42)),
        ("malformed-zero", claiming(0)),
    ];
    files.map(|(name, bytes)| (name.to_owned(), bytes)).to_vec()
}

#[test]
fn streams_are_cut_into_the_same_frames_however_they_arrive() {
    FRAMES.test();
}

#[test]
fn statuses_are_refused_or_canonical() {
    STATUS.test();
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
    [DESCRIPTOR, KEY, FRAMES, STATUS].iter().for_each(Decoder::write);
}

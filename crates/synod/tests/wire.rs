//! What docs/WIRE.md says of bytes is what the code does: its vectors are computed here from the values they stand for.
//!
//! `crates/hostile` computes the same vectors with code that was written from the document alone.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fmt::Write;
use synod::Bytes;
use synod::kernel::descriptor::{ClientEntry, Cluster, Descriptor, OperatorEntry, Parameters, ReplicaEntry};
use synod::kernel::ed25519::{Ed25519Signer, SecretKey};
use synod::kernel::frame::{Empty, FrameKind, Header};
use synod::kernel::{Digest, Encode, ReplicaId, Reply, Request, RequestId, RequestKey, Seq, SessionId, Status, View};
use synod::kv::{Answer, Operation, Revision};
use synod::node::files::{DescriptorFile, OperatorSignature};
use synod::node::status::{NodeStatus, PeerLink, Queues, Syncs, Usage, Work};
use synod::protocols::pbft::PROTOCOL;
use synod::state::{ReplyBody, Resolution};

const DOCUMENT: &str = include_str!("../../../docs/WIRE.md");

/// The content of the only block in the document with this language.
fn block(language: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(&format!("\n```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0
}

fn key(byte: u8) -> SecretKey {
    SecretKey::from_seed(&[byte; 32].into())
}

fn public(byte: u8) -> [u8; 32] {
    key(byte).public().to_bytes()
}

fn descriptor() -> DescriptorFile {
    let replica = |position: u8| ReplicaEntry {
        operator: 0,
        voting_key: public(0x10 + position),
        transport_key: public(0x20 + position),
        address: format!("127.0.0.1:{}", 7600 + u16::from(position)),
        admin: format!("127.0.0.1:{}", 7604 + u16::from(position)),
    };
    let descriptor = Descriptor {
        dev: true,
        epoch: 0,
        faults: 1,
        parameters: Parameters::default(),
        operators: vec![OperatorEntry { name: "dev".to_owned(), key: public(1) }],
        replicas: (0..4).map(replica).collect(),
        clients: vec![ClientEntry { name: "dev".to_owned(), key: public(2), transport_key: public(3) }],
    };
    let signatures = vec![OperatorSignature { operator: 0, signature: descriptor.sign(&key(1)) }];
    DescriptorFile { descriptor, signatures }
}

fn frame(cluster: &Cluster, kind: FrameKind, body: &impl Encode) -> Vec<u8> {
    Header { domain: cluster.scope().domain, protocol: PROTOCOL, kind }.frame(body)
}

fn status() -> NodeStatus {
    let protocol = Status {
        state: "normal".to_owned(),
        view: View::new(1),
        executed: Seq::new(2),
        checkpoint: Seq::new(3),
        digest: Digest([4; 32]),
        pending: 5,
        accused: vec![ReplicaId::new(1)],
    };
    let usage = Usage {
        cpu_microseconds: None,
        resident_bytes: Some(6),
        uptime_microseconds: 7,
        syncs: Syncs { log: 8, log_upkeep: 9, checkpoints: 10 },
        executed: Work { batches: 11, requests: 12, operations: 13 },
        queues: Queues { held_effects: 14, log: 15, tasks: 16, inputs: 17 },
        rejected_frames: 18,
        client_connections: 19,
        peers: vec![PeerLink { replica: ReplicaId::new(3), inbound: true, outbound: false }],
    };
    NodeStatus { protocol, usage }
}

/// The vectors as the code has them.
fn computed() -> Vec<(&'static str, Vec<u8>)> {
    let cluster = descriptor().verify().unwrap();
    let domain = cluster.scope().domain;
    let put = Operation::Put { key: Bytes::from_static(b"hello"), value: Bytes::from_static(b"world") };
    let client = Ed25519Signer::client(key(2));
    let operations = vec![Bytes::from(put.to_bytes())];
    let request = Request::sign(SessionId::new(7), RequestId::new(1), operations, &domain, &client).unwrap();
    let answer = Answer::Put { revision: Revision::new(2) };
    let body = ReplyBody::Executed(vec![Bytes::from(answer.to_bytes())]);
    let resolution = Resolution::encoded(&request, body);
    let replica = Ed25519Signer::replica(ReplicaId::new(2), key(0x12));
    let other = |id| (RequestKey { id: RequestId::new(id), ..request.key() }, Seq::new(5), Bytes::new());
    let answers = [other(2), (request.key(), Seq::new(5), resolution.clone()), other(3)];
    let reply = Reply::sign_all(View::new(0), answers, &domain, &replica).swap_remove(1);
    vec![
        ("digest of nothing for the purpose synod", Digest::of("synod", &[]).0.to_vec()),
        ("descriptor", descriptor().descriptor.to_bytes()),
        ("cluster", domain.cluster.0.to_vec()),
        ("put operation", put.to_bytes()),
        ("request digest", request.digest().0.to_vec()),
        ("request frame", frame(&cluster, FrameKind::Request, &request)),
        ("put answer", answer.to_bytes()),
        ("resolution", resolution.to_vec()),
        ("reply frame", frame(&cluster, FrameKind::Reply, &reply)),
        ("status query frame", frame(&cluster, FrameKind::StatusQuery, &Empty)),
        ("status", status().to_bytes()),
    ]
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

/// As the document has them: a name, and then lines of digits.
fn render(vectors: &[(&str, Vec<u8>)]) -> String {
    let mut text = String::new();
    for (name, bytes) in vectors {
        writeln!(text, "{name}, {} bytes", bytes.len()).unwrap();
        for line in hexadecimal(bytes).as_bytes().chunks(112) {
            writeln!(text, "  {}", std::str::from_utf8(line).unwrap()).unwrap();
        }
    }
    text.trim_end().to_owned()
}

#[test]
fn the_documented_descriptor_is_good_and_the_one_that_the_vectors_are_of() {
    let expected = descriptor().render().unwrap();
    let documented = DescriptorFile::parse(block("toml")).unwrap_or_else(|error| panic!("{error}; it is\n{expected}"));
    assert_eq!(documented, descriptor(), "it is\n{expected}");
    documented.verify().unwrap();
}

#[test]
fn the_documented_vectors_are_those_of_the_code() {
    let expected = render(&computed());
    assert!(
        block("vectors") == expected,
        "the format has changed: docs/WIRE.md has to say so, and to have\n{expected}"
    );
}

#[test]
fn every_documented_vector_has_a_name_of_its_own() {
    let names: BTreeMap<_, _> = computed().into_iter().collect();
    assert_eq!(names.len(), computed().len());
}

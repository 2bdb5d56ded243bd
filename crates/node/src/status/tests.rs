//! The answer reads back as it was written, within its bounds, and tells of this very process.
#![allow(clippy::unwrap_used)]

use super::process::{cpu_microseconds, resident_bytes, resident_pages};
use super::*;
use bytes::Bytes;
use synod_kernel::codec::decode_own;
use synod_kernel::{
    Digest, Domain, Encode, Epoch, Faults, Malformed, Membership, ReplicaId, Scope, Seq, Status, View, Writer,
};

fn scope() -> Scope {
    let domain = Domain { cluster: Digest::ZERO, epoch: Epoch::new(0) };
    Scope { domain, membership: Membership::new(4, Faults::Byzantine(1)).unwrap(), window: 256 }
}

fn read(bytes: Vec<u8>) -> Result<NodeStatus, Malformed> {
    decode_own(Bytes::from(bytes), &scope())
}

fn link(replica: u16) -> PeerLink {
    PeerLink { replica: ReplicaId::new(replica), inbound: true, outbound: replica == 1 }
}

fn sample() -> NodeStatus {
    let protocol = Status {
        state: "normal".to_owned(),
        view: View::new(3),
        executed: Seq::new(7),
        checkpoint: Seq::new(4),
        digest: Digest::ZERO,
        pending: 2,
        accused: vec![ReplicaId::new(1)],
    };
    let usage = Usage {
        cpu_microseconds: Some(12),
        resident_bytes: None,
        uptime_microseconds: u64::MAX,
        syncs: Syncs { log: 1, log_upkeep: 2, checkpoints: 3 },
        executed: Work { batches: 4, requests: 5, operations: 6 },
        queues: Queues { held_effects: 7, log: 8, tasks: 9, inputs: 10 },
        rejected_frames: 11,
        client_connections: 12,
        peers: vec![link(0), link(1), link(3)],
    };
    NodeStatus { protocol, usage }
}

#[test]
fn what_is_written_reads_back() {
    assert_eq!(read(sample().to_bytes()), Ok(sample()));
    assert_eq!(sample().usage.syncs.total(), 6);
}

#[test]
fn every_shorter_and_every_longer_answer_is_refused() {
    let bytes = sample().to_bytes();
    for length in 0..bytes.len() {
        assert!(read(bytes[..length].to_vec()).is_err(), "{length} bytes of {}", bytes.len());
    }
    assert_eq!(read([bytes, vec![0]].concat()), Err(Malformed::Trailing { bytes: 1 }));
}

#[test]
fn peers_are_members_and_each_is_named_once() {
    let with = |peers: Vec<PeerLink>| {
        let NodeStatus { protocol, usage } = sample();
        read(NodeStatus { protocol, usage: Usage { peers, ..usage } }.to_bytes())
    };
    assert!(with(Vec::new()).is_ok());
    assert_eq!(with(vec![link(1), link(1)]), Err(Malformed::OutOfOrder { what: "peers" }));
    assert_eq!(with(vec![link(1), link(0)]), Err(Malformed::OutOfOrder { what: "peers" }));
    assert_eq!(with(vec![link(4)]), Err(Malformed::NotAMember(ReplicaId::new(4))));
}

#[test]
fn no_more_peers_are_read_than_there_can_be_replicas() {
    let NodeStatus { protocol, usage } = sample();
    let mut writer = Writer::default();
    NodeStatus { protocol, usage: Usage { peers: Vec::new(), ..usage } }.encode(&mut writer);
    let mut bytes = writer.into_bytes();
    let count = bytes.len() - 4;
    bytes[count..].copy_from_slice(&101_u32.to_le_bytes());
    assert_eq!(read(bytes), Err(Malformed::TooLong { what: "peers", length: 101, maximum: 100 }));
}

#[test]
fn a_state_that_a_terminal_would_obey_is_refused() {
    for state in ["normal\u{1b}[2J", "two words", "é", "a\nb"] {
        let NodeStatus { protocol, usage } = sample();
        let lie = NodeStatus { protocol: Status { state: state.to_owned(), ..protocol }, usage };
        assert_eq!(read(lie.to_bytes()), Err(Malformed::Inconsistent("state is not a word")), "{state:?}");
    }
}

#[test]
fn the_process_used_some_time_and_memory() {
    let before = cpu_microseconds().unwrap();
    let sum = (0..200_000_u64).fold(0, |sum, number| std::hint::black_box(sum ^ number));
    assert!(cpu_microseconds().unwrap() > before, "{sum}");
    if cfg!(target_os = "linux") {
        assert!(resident_bytes().unwrap() > 1 << 16);
    }
    assert_eq!(resident_pages("100 7 3 1 0 9 0\n"), Some(7));
    assert_eq!(resident_pages("100"), None);
    assert_eq!(resident_pages("100 -7"), None);
}

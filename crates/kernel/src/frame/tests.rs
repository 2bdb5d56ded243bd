//! Frames: every field that is not ours is named.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::chooser::{Chooser, Seeded};
use crate::fixture::{domain, read, read_verified, request, status};
use crate::{Request, Status};

const KINDS: [FrameKind; 6] = [
    FrameKind::Message,
    FrameKind::Request,
    FrameKind::Reply,
    FrameKind::StatusQuery,
    FrameKind::Status,
    FrameKind::Session,
];

fn header(kind: FrameKind) -> Header {
    Header { domain: domain(), protocol: 1, kind }
}

/// A frame with its length taken off.
fn frame(kind: FrameKind) -> Vec<u8> {
    header(kind).frame(&Empty).split_off(4)
}

fn parse(frame: &[u8]) -> Result<Header, Foreign> {
    Header::parse(frame, &domain(), 1)
}

#[test]
fn a_frame_is_a_length_a_header_and_a_body() {
    let body = request(1, &[b"put a"]);
    let whole = header(FrameKind::Request).frame(&body);
    let (length, rest) = whole.split_at(4);
    assert_eq!(u32::from_le_bytes(length.try_into().unwrap()) as usize, rest.len());
    assert_eq!(rest.len(), HEADER_BYTES + body.to_bytes().len());
    assert_eq!(parse(rest), Ok(header(FrameKind::Request)));
    assert_eq!(read_verified::<Request>(&rest[HEADER_BYTES..]), body);
    let whole = header(FrameKind::Status).frame(&status());
    assert_eq!(read_verified::<Status>(&whole[4 + HEADER_BYTES..]), status());
}

#[test]
fn an_empty_body_is_empty() {
    assert_eq!(frame(FrameKind::StatusQuery).len(), HEADER_BYTES);
    assert_eq!(read_verified::<Empty>(&[]), Empty);
    assert_eq!(read::<Empty>(&[0]).map(drop), Err(Malformed::Trailing { bytes: 1 }));
}

#[test]
fn every_kind_reads_back_and_no_other_number_does() {
    for kind in KINDS {
        assert_eq!(parse(&frame(kind)), Ok(header(kind)));
    }
    let known = |number: &u8| {
        let mut bytes = frame(FrameKind::Message);
        bytes[HEADER_BYTES - 1] = *number;
        match parse(&bytes) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error, Foreign::Kind(*number));
                false
            }
        }
    };
    assert_eq!((0..=u8::MAX).filter(known).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn each_foreign_field_has_its_own_error() {
    let changed = |at: usize| {
        let mut bytes = frame(FrameKind::Message);
        bytes[at] ^= 0x80;
        parse(&bytes)
    };
    assert_eq!(changed(0), Err(Foreign::Version(VERSION ^ 0x80)));
    for at in 1..33 {
        let mut cluster = domain().cluster;
        cluster.0[at - 1] ^= 0x80;
        assert_eq!(changed(at), Err(Foreign::Cluster(cluster)));
    }
    for at in 33..41 {
        assert_eq!(changed(at), Err(Foreign::Epoch(Epoch::new(3 ^ (0x80 << (8 * (at - 33)))))));
    }
    assert_eq!(changed(41), Err(Foreign::Protocol(1 ^ 0x80)));
    assert_eq!(changed(42), Err(Foreign::Kind(1 ^ 0x80)));
}

#[test]
fn what_is_shorter_than_a_header_says_so() {
    let bytes = frame(FrameKind::Message);
    for length in 0..HEADER_BYTES {
        assert_eq!(parse(&bytes[..length]), Err(Foreign::Short(length)));
    }
}

#[test]
fn any_bytes_are_a_header_or_an_error() {
    let (mut chooser, mut parsed) = (Seeded::new(5), 0);
    for _ in 0..5_000 {
        let mut bytes = frame(KINDS[chooser.choose("kind", 5)]);
        for _ in 0..chooser.choose("damage", 3) {
            bytes[chooser.choose("where", HEADER_BYTES)] = u8::try_from(chooser.choose("what", 256)).unwrap();
        }
        if let Ok(header) = parse(&bytes) {
            assert_eq!(header.frame(&Empty).split_off(4), bytes, "one header, one encoding");
            parsed += 1;
        }
    }
    assert!((1_000..4_000).contains(&parsed), "{parsed} parsed");
}

#[test]
fn a_client_frame_has_room_for_the_largest_request() {
    let operations = crate::request::MAX_OPERATIONS * 4;
    let largest = HEADER_BYTES + crate::request::MAX_REQUEST_BYTES + operations + 118;
    assert!(largest <= MAX_CLIENT_FRAME && MAX_CLIENT_FRAME <= MAX_REPLICA_FRAME);
}

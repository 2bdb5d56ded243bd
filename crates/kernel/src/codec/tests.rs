//! The codec, against damaged input: whatever is accepted is canonical, and nothing is believed by its size.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::certificate::{Certificate, Equivocation, Strong, Weak};
use crate::chooser::Seeded;
use crate::fixture::{
    self, Tiny, Vote, batch, certificate, members, mutate, read, read_verified, reply, request, signed, status, vote,
};
use crate::process::{Message, Record, Status};
use crate::request::{MAX_BATCH_REQUESTS, MAX_OPERATIONS, MAX_REQUEST_BYTES, MAX_REQUEST_SIZE, MAX_RESULT_BYTES};
use crate::{Batch, Reply, Request, Signed};

/// Damages `value`'s encoding a few thousand times; returns how many results were values all the same.
fn accepted_only_if_canonical<T: Encode + Decode>(value: &T, seed: u64) -> usize {
    let (valid, mut chooser) = (value.to_bytes(), Seeded::new(seed));
    assert_eq!(read::<T>(&valid).unwrap().value.to_bytes(), valid, "the undamaged encoding");
    let mut accepted = 0;
    for _ in 0..3_000 {
        let damaged = mutate(&valid, &mut chooser);
        if let Ok(read) = read::<T>(&damaged) {
            assert_eq!(read.value.to_bytes(), damaged, "one value, one encoding");
            accepted += 1;
        }
    }
    accepted
}

#[test]
fn what_is_accepted_is_canonical() {
    let accepted = [
        accepted_only_if_canonical::<Request>(&request(1, &[b"put a", b"", b"get b"]), 1),
        accepted_only_if_canonical::<Batch>(&batch(), 2),
        accepted_only_if_canonical::<Reply>(&reply(), 3),
        accepted_only_if_canonical::<Signed<Vote>>(&signed(1, vote(4, 1)), 4),
        accepted_only_if_canonical::<Certificate<Vote, Strong>>(&certificate(&vote(4, 1), &[0, 1, 3]).unwrap(), 5),
        accepted_only_if_canonical::<Certificate<Vote, Weak>>(&certificate(&vote(4, 1), &[2, 3]).unwrap(), 6),
        accepted_only_if_canonical::<Status>(&status(), 7),
        accepted_only_if_canonical::<Message<Tiny>>(&Message::Vow(vote(4, 1)), 8),
        accepted_only_if_canonical::<Record<Tiny>>(&Record::Fact(certificate(&vote(4, 1), &[0, 1, 3]).unwrap()), 9),
        accepted_only_if_canonical::<Option<bool>>(&Some(true), 10),
    ];
    assert!(accepted.iter().all(|&count| count > 0), "damage that survives was tried everywhere: {accepted:?}");
}

#[test]
fn damage_that_decodes_never_verifies_as_the_original() {
    let original = request(1, &[b"put a", b"get b"]);
    let (valid, mut chooser) = (original.to_bytes(), Seeded::new(11));
    let mut decoded = 0;
    for _ in 0..3_000 {
        let damaged = mutate(&valid, &mut chooser);
        let Ok(read) = read::<Request>(&damaged) else { continue };
        decoded += 1;
        if damaged != valid {
            assert!(read.verify(&fixture::referee()).is_err(), "one signature, one request");
        }
    }
    assert!(decoded > 100, "{decoded} decoded");
}

#[test]
fn every_prefix_is_truncated_and_every_suffix_is_trailing() {
    let encodings = [request(1, &[b"a"]).to_bytes(), batch().to_bytes(), signed(0, vote(1, 1)).to_bytes()];
    for (kind, valid) in encodings.iter().enumerate() {
        let decode = |bytes: &[u8]| match kind {
            0 => read::<Request>(bytes).map(drop),
            1 => read::<Batch>(bytes).map(drop),
            _ => read::<Signed<Vote>>(bytes).map(drop),
        };
        for length in 0..valid.len() {
            assert_eq!(decode(&valid[..length]), Err(Malformed::Truncated), "kind {kind}, {length} bytes");
        }
        let longer = [valid.as_slice(), &[0, 0]].concat();
        assert_eq!(decode(&longer), Err(Malformed::Trailing { bytes: 2 }));
    }
}

#[test]
fn tags_that_do_not_exist_are_refused() {
    assert_eq!(read::<bool>(&[2]).map(drop), Err(Malformed::UnknownTag { what: "truth value", tag: 2 }));
    assert!(read::<Option<u8>>(&[0xFF, 0]).is_err());
    assert_eq!(read::<Message<Tiny>>(&[2]).map(drop), Err(Malformed::UnknownTag { what: "message", tag: 2 }));
    assert_eq!(read::<Record<Tiny>>(&[9]).map(drop), Err(Malformed::UnknownTag { what: "record", tag: 9 }));
}

#[test]
fn strangers_are_no_members() {
    for position in 0..4 {
        assert_eq!(read_verified::<ReplicaId>(&[position, 0]), ReplicaId::new(u16::from(position)));
    }
    assert_eq!(read::<ReplicaId>(&[4, 0]).map(drop), Err(Malformed::NotAMember(ReplicaId::new(4))));
    let mut vote = signed(3, vote(1, 1)).to_bytes();
    vote[9] = 200;
    assert_eq!(read::<Signed<Vote>>(&vote).map(drop), Err(Malformed::NotAMember(ReplicaId::new(200))));
}

/// The encoding of a request with this many operations of this size, whatever the bounds say.
fn raw_request(operations: usize, bytes: usize) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.raw(&[7; 50]);
    writer.count(operations);
    (0..operations).for_each(|_| writer.bytes(&vec![1; bytes]));
    writer.raw(&[0; 64]);
    writer.into_bytes()
}

#[test]
fn bounds_hold_to_the_last_item_and_byte() {
    assert!(read::<Request>(&raw_request(MAX_OPERATIONS, 0)).is_ok());
    let too_long = |what, length: usize, maximum: usize| {
        Err(Malformed::TooLong { what, length: length as u64, maximum: maximum as u64 })
    };
    let operations = read::<Request>(&raw_request(MAX_OPERATIONS + 1, 0)).map(drop);
    assert_eq!(operations, too_long("operations", MAX_OPERATIONS + 1, MAX_OPERATIONS));
    assert!(read::<Request>(&raw_request(1, MAX_REQUEST_BYTES)).is_ok());
    let operation = read::<Request>(&raw_request(1, MAX_REQUEST_BYTES + 1)).map(drop);
    assert_eq!(operation, too_long("operation", MAX_REQUEST_BYTES + 1, MAX_REQUEST_BYTES));
    assert!(read::<Request>(&raw_request(2, MAX_REQUEST_BYTES / 2)).is_ok());
    assert!(matches!(read::<Request>(&raw_request(2, MAX_REQUEST_BYTES / 2 + 1)), Err(Malformed::Inconsistent(_))));
    assert!(matches!(read::<Request>(&raw_request(0, 0)), Err(Malformed::Inconsistent(_))), "empty");

    let full = Batch::new(vec![request(1, &[b"a"]); MAX_BATCH_REQUESTS]).to_bytes();
    assert!(read::<Batch>(&full).is_ok());
    let mut more = full;
    more[..4].copy_from_slice(&u32::try_from(MAX_BATCH_REQUESTS + 1).unwrap().to_le_bytes());
    let requests = read::<Batch>(&more).map(drop);
    assert_eq!(requests, too_long("requests in a batch", MAX_BATCH_REQUESTS + 1, MAX_BATCH_REQUESTS));

    let mut answer = reply().to_bytes();
    let result = 8 + 48 + 8 + 1;
    answer[result..result + 4].copy_from_slice(&u32::try_from(MAX_RESULT_BYTES + 1).unwrap().to_le_bytes());
    assert_eq!(read::<Reply>(&answer).map(drop), too_long("result", MAX_RESULT_BYTES + 1, MAX_RESULT_BYTES));
}

#[test]
fn request_sizes_are_what_they_add_to_a_batch() {
    let request = request(1, &[b"put a", b"", b"get b"]);
    assert_eq!(request.size(), request.to_bytes().len());
}

/// So large that memory for `u32::MAX` of them does not exist.
struct Huge([u8; 1 << 16]);

struct Many(Vec<Huge>);

impl Decode for Many {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        struct Item(Huge);
        impl Decode for Item {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(Self(Huge(reader.array()?)))
            }
        }
        let items = reader.list::<Item>("items", usize::MAX)?;
        Ok(Self(items.into_iter().map(|item| item.0).collect()))
    }
}

#[test]
fn memory_grows_with_what_is_there_not_with_what_is_claimed() {
    let claimed = u32::MAX.to_le_bytes();
    assert_eq!(read::<Many>(&claimed).map(drop), Err(Malformed::Truncated));
    assert_eq!(read::<Many>(&[&claimed[..], &[1; 1 << 17]].concat()).map(drop), Err(Malformed::Truncated));
    let two = [&2_u32.to_le_bytes()[..], &[1; 1 << 17]].concat();
    assert!(read::<Many>(&two).unwrap().value.0.iter().all(|item| item.0 == [1; 1 << 16]));
}

#[test]
fn operations_share_the_received_bytes() {
    let received = Bytes::from(request(1, &[b"put a long enough key"]).to_bytes());
    let read = Unverified::<Request>::decode(received.clone(), &fixture::scope()).unwrap().value;
    let (operation, whole) = (read.operations().next().unwrap(), received.as_ptr_range());
    assert!(whole.contains(&operation.as_ptr()), "a slice of the frame, not a copy");
}

#[test]
fn operations_come_back_in_order_however_small() {
    let operations: [&[u8]; 4] = [b"", b"first", b"", b"last"];
    let signed = request(1, &operations);
    let read = Unverified::<Request>::decode(Bytes::from(signed.to_bytes()), &fixture::scope()).unwrap().value;
    for request in [signed, read] {
        assert_eq!(request.operations().len(), 4);
        assert_eq!(request.operations().collect::<Vec<_>>(), operations);
    }
}

#[test]
fn the_largest_request_is_as_large_as_stated() {
    static LARGE: [u8; MAX_REQUEST_BYTES - MAX_OPERATIONS + 1] = [7; MAX_REQUEST_BYTES - MAX_OPERATIONS + 1];
    let mut operations = vec![&[7][..]; MAX_OPERATIONS - 1];
    operations.push(&LARGE);
    let request = request(1, &operations);
    assert_eq!((request.size(), request.to_bytes().len()), (MAX_REQUEST_SIZE, MAX_REQUEST_SIZE));
}

#[test]
fn whether_it_may_be_dropped_is_answered_without_a_signature_and_by_default_with_no() {
    let bytes = Bytes::from(Message::<Tiny>::Vow(vote(4, 1)).to_bytes());
    let message = Unverified::<Message<Tiny>>::decode(bytes, &fixture::scope()).unwrap();
    let is_of = |message: &Message<Tiny>, seq: &Seq| matches!(message, Message::Vow(vote) if vote.seq == *seq);
    assert!(message.is_needless(&Seq::new(4), is_of));
    assert!(!message.is_needless(&Seq::new(5), is_of));
    assert!(!message.is_needless(&(), crate::process::Process::is_needless), "a process needs everything");
}

#[test]
fn every_signature_is_noted_with_its_author() {
    let authors = |checks: &[Check]| checks.iter().map(|check| check.author).collect::<Vec<_>>();
    let client = Author::Client(fixture::CLIENT);
    assert_eq!(authors(read::<Batch>(&batch().to_bytes()).unwrap().checks()), [client, client]);
    let strong = certificate::<Strong>(&vote(4, 1), &[0, 1, 3]).unwrap();
    let expected = [0, 1, 3].map(|position| Author::Replica(ReplicaId::new(position)));
    assert_eq!(authors(read::<Certificate<Vote, Strong>>(&strong.to_bytes()).unwrap().checks()), expected);
    let both = Equivocation { first: signed(2, vote(4, 1)), second: signed(2, vote(4, 2)) };
    assert_eq!(read::<Equivocation<Vote>>(&both.to_bytes()).unwrap().checks().len(), 2);
    assert!(members().contains(both.culprit()));
}

#[test]
fn a_reply_carries_the_result_it_names() {
    let mut other = reply().to_bytes();
    let last = 8 + 48 + 8 + 1 + 4 + 3;
    other[last] ^= 1;
    let invalid = Invalid::BadSignature(Author::Replica(ReplicaId::new(1)));
    assert_eq!(read::<Reply>(&other).unwrap().verify(&fixture::referee()), Err(invalid));
    assert_eq!(read_verified::<Reply>(&reply().to_bytes()), reply());
}

#[test]
fn a_status_is_a_word_and_members() {
    let decode = |status: &Status| read::<Status>(&status.to_bytes()).map(drop);
    assert_eq!(decode(&Status { state: "x".repeat(32), ..status() }), Ok(()));
    assert!(matches!(decode(&Status { state: "x".repeat(33), ..status() }), Err(Malformed::TooLong { .. })));
    let stranger = ReplicaId::new(4);
    assert_eq!(decode(&Status { accused: vec![stranger], ..status() }), Err(Malformed::NotAMember(stranger)));
    let mut bytes = status().to_bytes();
    bytes[4] = 0xFF;
    assert!(matches!(read::<Status>(&bytes), Err(Malformed::Inconsistent(_))), "not UTF-8");
}

#[test]
fn batches_differ_in_digest_by_order_and_content_alone() {
    let (one, two) = (request(1, &[b"a"]), request(2, &[b"a"]));
    let digest = |requests: &[&Request]| Batch::new(requests.iter().copied().cloned().collect()).digest();
    let digests = [digest(&[]), digest(&[&one]), digest(&[&one, &two]), digest(&[&two, &one]), digest(&[&one, &one])];
    for (position, digest) in digests.iter().enumerate() {
        assert_eq!(digests.iter().position(|other| other == digest), Some(position), "no two are equal");
    }
    assert!(Batch::null().is_null() && !batch().is_null());
    assert_eq!(read_verified::<Batch>(&batch().to_bytes()), batch());
}

#[test]
fn our_own_records_are_read_without_verifying_but_as_strictly() {
    let vow = Record::<Tiny>::Vow(vote(1, 2));
    let bytes = vow.to_bytes();
    assert_eq!(decode_own::<Record<Tiny>>(Bytes::from(bytes.clone()), &fixture::scope()), Ok(vow));
    let short = Bytes::from(bytes).slice(1..);
    assert!(decode_own::<Record<Tiny>>(short, &fixture::scope()).is_err());
}

//! One value, one encoding.

use super::*;
use crate::plain;

fn samples() -> Vec<ReplyBody> {
    let refusals = [
        Refusal::SessionEvicted { highest: SessionId::new(9) },
        Refusal::SessionNeverOpened { highest: SessionId::new(u64::MAX) },
        Refusal::Stale { floor: RequestId::new(3) },
        Refusal::TooFarAhead,
        Refusal::DifferentBody,
        Refusal::ResultForgotten { seq: Seq::new(5) },
    ];
    let executed = [vec![], vec![Bytes::new()], vec![Bytes::from_static(b"a"), Bytes::from_static(b"bc")]];
    refusals.map(ReplyBody::Refused).into_iter().chain(executed.map(ReplyBody::Executed)).collect()
}

#[test]
fn every_body_survives_the_wire() {
    for body in samples() {
        assert_eq!(plain::decode::<ReplyBody>(Bytes::from(body.to_bytes())), Ok(body));
    }
}

#[test]
fn every_cut_and_every_extension_is_refused() {
    for body in samples() {
        let bytes = body.to_bytes();
        for length in 0..bytes.len() {
            assert!(plain::decode::<ReplyBody>(Bytes::copy_from_slice(&bytes[..length])).is_err());
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(plain::decode::<ReplyBody>(Bytes::from(longer)).is_err());
    }
}

#[test]
fn unknown_tags_and_claimed_lengths_are_refused() {
    let refused = |bytes: &'static [u8]| plain::decode::<ReplyBody>(Bytes::from_static(bytes)).is_err();
    assert!(refused(&[2]));
    assert!(refused(&[1, 6]));
    assert!(refused(&[0, 0xff, 0xff, 0xff, 0xff]), "more results than a request has operations");
    assert!(refused(&[0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), "more bytes than a result has");
}

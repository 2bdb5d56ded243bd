//! Shares of what is answered again: one for each client, and as much left for whoever comes last.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_kernel::{RequestId, SessionId};

fn client(number: u64) -> ClientId {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    ClientId::new(bytes)
}

fn key(of: u64, number: u64) -> RequestKey {
    RequestKey { client: client(of), session: SessionId::new(1), id: RequestId::new(number) }
}

/// Answers a client as often as it may be, and returns how many bytes that were.
fn exhaust(repeats: &mut Repeats, of: u64, asked: bool) -> usize {
    let mut bytes = 0;
    while repeats.may_answer(client(of), asked, 1 << 10) {
        repeats.charge(client(of), 1 << 10);
        bytes += 1 << 10;
    }
    bytes
}

#[test]
fn what_a_client_did_not_ask_for_takes_half_of_its_share() {
    let mut repeats = Repeats::default();
    assert_eq!(exhaust(&mut repeats, 1, false), OF_CLIENT / 2);
    assert_eq!(exhaust(&mut repeats, 1, true), OF_CLIENT / 2);
    assert_eq!(exhaust(&mut repeats, 1, false), 0);
}

#[test]
fn one_answer_goes_out_however_large() {
    let mut repeats = Repeats::default();
    repeats.charge(client(1), OF_CLIENT - 1);
    assert!(repeats.may_answer(client(1), true, 1 << 10));
    repeats.charge(client(1), 4 << 20);
    assert!(!repeats.may_answer(client(1), true, 1 << 10));
}

#[test]
fn small_answers_go_out_whatever_others_are_given() {
    let mut repeats = Repeats::default();
    let with_large_ones = (OF_ALL / OF_CLIENT) as u64;
    for of in 1..=200 {
        let share = if of <= with_large_ones { OF_CLIENT } else { OF_CLIENT_MIN };
        assert_eq!(exhaust(&mut repeats, of, true), share, "client {of}");
    }
    assert!(!repeats.may_answer(client(201), true, OF_CLIENT_MIN + 1));
}

#[test]
fn what_is_deferred_is_given_to_clients_in_turn() {
    let mut repeats = Repeats::default();
    (1..=3).for_each(|of| repeats.defer(key(of, 1)));
    repeats.served = Some(client(2));
    assert_eq!(repeats.renew(), [key(3, 1), key(1, 1), key(2, 1)]);
    (1..=3).for_each(|of| repeats.defer(key(of, 1)));
    assert_eq!(repeats.renew()[0], key(3, 1), "until somebody is served");
    repeats.served = Some(client(4));
    (1..=3).for_each(|of| repeats.defer(key(of, 1)));
    assert_eq!(repeats.renew()[0], key(1, 1));
}

#[test]
fn what_is_deferred_is_given_once_in_the_order_asked_and_has_an_end() {
    let mut repeats = Repeats::default();
    for number in (1..=DEFERRED_OF_CLIENT as u64 + 5).rev() {
        repeats.defer(key(1, number));
        repeats.defer(key(1, number));
    }
    repeats.charge(client(1), OF_CLIENT);
    let deferred = repeats.renew();
    let expected: Vec<RequestKey> = (6..=DEFERRED_OF_CLIENT as u64 + 5).rev().map(|number| key(1, number)).collect();
    assert_eq!(deferred, expected);
    assert!(repeats.may_answer(client(1), true, 1 << 10), "a new interval");
    assert_eq!(repeats.renew(), []);
    for of in 0..=DEFERRED_OF_ALL as u64 {
        repeats.defer(key(of, 1));
    }
    assert_eq!(repeats.renew().len(), DEFERRED_OF_ALL);
}

//! What a client believes, whom it asks, and how long it waits.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixture::{self, ALICE, client_signer, replica_signer, scope};
use crate::reply::{Refusal, ReplyBody, Resolution};
use alloc::vec;
use core::time::Duration;
use synod_kernel::Seq;
use synod_kernel::request::RequestKey;

mod closed_loop;
mod results;
mod sessions;

const SESSION: SessionId = SessionId::new(10);

fn client() -> Client {
    Client::new(scope(), Arc::new(client_signer(ALICE)), SESSION, Patience::default())
}

fn replica(position: u16) -> ReplicaId {
    ReplicaId::new(position)
}

fn submit(client: &mut Client) -> (Ticket, Vec<ClientEffect>) {
    let mut out = Vec::new();
    let operations = vec![Bytes::from_static(b"x")];
    let ticket = client.submit(operations, Destination::Primary, &mut out).unwrap();
    (ticket, out)
}

fn step(client: &mut Client, input: ClientInput) -> Vec<ClientEffect> {
    let mut out = Vec::new();
    client.step(input, &mut out);
    out
}

/// The key under which a ticket's request was sent last.
fn sent_key(effects: &[ClientEffect]) -> RequestKey {
    let sent = effects.iter().rev().find_map(|effect| match effect {
        ClientEffect::Send { request, .. } => Some(request.key()),
        ClientEffect::Arm { .. } | ClientEffect::Disarm(_) | ClientEffect::Done { .. } => None,
    });
    sent.expect("something was sent")
}

fn targets(effects: &[ClientEffect]) -> Vec<u16> {
    let target = |effect: &ClientEffect| match effect {
        ClientEffect::Send { to, .. } => Some(to.get()),
        ClientEffect::Arm { .. } | ClientEffect::Disarm(_) | ClientEffect::Done { .. } => None,
    };
    effects.iter().filter_map(target).collect()
}

fn outcomes(effects: &[ClientEffect]) -> Vec<(Ticket, Outcome)> {
    let outcome = |effect: &ClientEffect| match effect {
        ClientEffect::Done { ticket, outcome } => Some((*ticket, outcome.clone())),
        ClientEffect::Arm { .. } | ClientEffect::Disarm(_) | ClientEffect::Send { .. } => None,
    };
    effects.iter().filter_map(outcome).collect()
}

fn executed(result: &'static [u8]) -> ReplyBody {
    ReplyBody::Executed(vec![Bytes::from_static(result)])
}

fn reply_in(view: u64, from: u16, key: RequestKey, seq: u64, body: &ReplyBody) -> ClientInput {
    reply_to(view, from, &fixture::ask_as(key.client, key.session.get(), key.id.get(), &[b"x"]), seq, body)
}

fn reply_to(view: u64, from: u16, request: &Request, seq: u64, body: &ReplyBody) -> ClientInput {
    let (result, signer) = (Resolution::encoded(request, body.clone()), replica_signer(from));
    let reply = Reply::sign(View::new(view), request.key(), Seq::new(seq), result, &scope().domain, &signer);
    ClientInput::Reply { from: replica(from), reply }
}

/// The request that the client has under this key, or another one.
fn request_under(client: &Client, key: RequestKey) -> Request {
    let held = client.pending.values().find(|pending| pending.request.key() == key);
    let other = || fixture::ask_as(key.client, key.session.get(), key.id.get(), &[b"x"]);
    held.map_or_else(other, |pending| pending.request.clone())
}

fn answer(client: &mut Client, from: u16, key: RequestKey, seq: u64, body: &ReplyBody) -> Vec<ClientEffect> {
    let request = request_under(client, key);
    step(client, reply_to(0, from, &request, seq, body))
}

#[test]
fn f_plus_1_matching_answers_commit() {
    let mut client = client();
    let (ticket, effects) = submit(&mut client);
    let key = sent_key(&effects);
    assert_eq!(answer(&mut client, 3, key, 7, &executed(b"r")), []);
    let effects = answer(&mut client, 1, key, 7, &executed(b"r"));
    assert_eq!(
        effects[..2],
        [ClientTimer::Retransmit(ticket), ClientTimer::Deadline(ticket)].map(ClientEffect::Disarm)
    );
    let [(done, Outcome::Committed { seq, results, certificate })] = &outcomes(&effects)[..] else { panic!("done") };
    assert_eq!((*done, *seq, &results[..]), (ticket, Seq::new(7), &[Bytes::from_static(b"r")][..]));
    assert_eq!(certificate.signers().collect::<Vec<_>>(), [replica(1), replica(3)]);
    assert_eq!(certificate.answer().request, key);
    assert_eq!(client.outstanding(), 0);
    assert_eq!(answer(&mut client, 2, key, 7, &executed(b"r")), [], "late answers are of no interest");
}

#[test]
fn f_wrong_answers_first_do_not_matter() {
    for (wrong_seq, wrong) in
        [(7, executed(b"lie")), (8, executed(b"r")), (7, ReplyBody::Refused(Refusal::TooFarAhead))]
    {
        let mut client = client();
        let key = sent_key(&submit(&mut client).1);
        assert_eq!(answer(&mut client, 0, key, wrong_seq, &wrong), []);
        assert_eq!(answer(&mut client, 1, key, 7, &executed(b"r")), []);
        assert_eq!(outcomes(&answer(&mut client, 2, key, 7, &executed(b"r"))).len(), 1);
    }
}

#[test]
fn one_replica_is_one_vote_however_often_it_answers() {
    let mut client = client();
    let key = sent_key(&submit(&mut client).1);
    for _ in 0..5 {
        assert_eq!(answer(&mut client, 0, key, 7, &executed(b"r")), []);
    }
}

#[test]
fn an_answer_signed_by_another_than_its_sender_is_not_heard() {
    let mut client = client();
    let key = sent_key(&submit(&mut client).1);
    for signer in 1..4 {
        let ClientInput::Reply { reply, .. } = reply_in(9, signer, key, 7, &executed(b"r")) else { unreachable!() };
        assert_eq!(step(&mut client, ClientInput::Reply { from: replica(0), reply }), []);
    }
    assert_eq!(client.presumed_primary(), replica(0), "neither is its view");
}

#[test]
fn answers_to_other_requests_are_not_heard() {
    let mut client = client();
    let key = sent_key(&submit(&mut client).1);
    let strangers = [
        RequestKey { client: fixture::BOB, ..key },
        RequestKey { session: SESSION.next(), ..key },
        RequestKey { id: key.id.next(), ..key },
    ];
    for key in strangers {
        for from in 0..4 {
            assert_eq!(answer(&mut client, from, key, 7, &executed(b"r")), []);
        }
    }
}

#[test]
fn what_another_incarnation_asked_under_the_same_key_is_not_answered_here() {
    let mut client = client();
    let key = sent_key(&submit(&mut client).1);
    let foreign = fixture::ask(key.session.get(), key.id.get(), &[b"y"]);
    for from in 0..4 {
        for body in [executed(b"r"), ReplyBody::Refused(Refusal::DifferentBody)] {
            assert_eq!(step(&mut client, reply_to(0, from, &foreign, 7, &body)), []);
        }
    }
    assert_eq!(answer(&mut client, 1, key, 6, &executed(b"r")), []);
    assert_eq!(outcomes(&answer(&mut client, 2, key, 6, &executed(b"r"))).len(), 1, "its own answer is");
}

#[test]
fn an_unreadable_result_is_no_outcome_even_if_vouched_for() {
    let mut client = client();
    let key = sent_key(&submit(&mut client).1);
    for from in 0..4 {
        let (domain, signer) = (scope().domain, replica_signer(from));
        let reply = Reply::sign(View::new(0), key, Seq::new(1), Bytes::from_static(b"\x07"), &domain, &signer);
        assert_eq!(step(&mut client, ClientInput::Reply { from: replica(from), reply }), []);
    }
}

#[test]
fn the_latest_answer_of_each_replica_counts() {
    let refused = ReplyBody::Refused(Refusal::TooFarAhead);
    let mut client = client();
    let (ticket, effects) = submit(&mut client);
    let key = sent_key(&effects);
    // Refused at 5 and again at 6; each replica is heard at another of the two first.
    assert_eq!(answer(&mut client, 1, key, 5, &refused), []);
    assert_eq!(answer(&mut client, 2, key, 6, &refused), []);
    // What comes late is recognised as late.
    assert_eq!(answer(&mut client, 2, key, 4, &refused), []);
    let effects = answer(&mut client, 1, key, 6, &refused);
    assert_eq!(outcomes(&effects), [(ticket, Outcome::Rejected(Refusal::TooFarAhead))]);
}

#[test]
fn requests_go_to_the_primary_of_the_largest_view_that_a_correct_replica_reported() {
    let mut client = client();
    assert_eq!(targets(&submit(&mut client).1), [0]);
    let nothing = RequestKey { id: RequestId::new(0), ..sent_key(&submit(&mut client).1) };
    let report = |client: &mut Client, view: u64, from: u16| {
        assert_eq!(step(client, reply_in(view, from, nothing, 1, &executed(b""))), []);
        client.presumed_primary().get()
    };
    assert_eq!(report(&mut client, u64::MAX, 3), 0, "f liars cannot push it");
    assert_eq!(report(&mut client, 2, 1), 2);
    assert_eq!(report(&mut client, 1, 1), 2, "views do not go back");
    assert_eq!(report(&mut client, 5, 2), 1);
    assert_eq!(targets(&submit(&mut client).1), [1]);
}

#[test]
fn a_request_is_sent_to_everyone_after_a_while_and_again_with_doubling_pauses() {
    let mut client = client();
    let (ticket, effects) = submit(&mut client);
    let key = sent_key(&effects);
    let arm = |timer, after| ClientEffect::Arm { timer, after };
    let (retransmit, deadline) = (ClientTimer::Retransmit(ticket), ClientTimer::Deadline(ticket));
    assert_eq!(targets(&effects), [0]);
    let armed = [arm(retransmit, Duration::from_millis(300)), arm(deadline, Duration::from_secs(30))];
    assert_eq!(effects[1..], armed);
    for pause in [600, 1200, 2400, 4800, 9600, 10_000, 10_000] {
        let effects = step(&mut client, ClientInput::Timeout(retransmit));
        assert_eq!(targets(&effects), [0, 1, 2, 3]);
        assert_eq!(sent_key(&effects), key);
        assert_eq!(effects[4..], [arm(retransmit, Duration::from_millis(pause))]);
    }
}

#[test]
fn a_request_goes_to_everyone_at_once_where_that_is_asked_for() {
    let mut out = Vec::new();
    client().submit(vec![Bytes::new()], Destination::All, &mut out).unwrap();
    assert_eq!(targets(&out), [0, 1, 2, 3]);
}

#[test]
fn a_firing_that_is_not_expected_changes_nothing() {
    let mut client = client();
    let (ticket, effects) = submit(&mut client);
    let key = sent_key(&effects);
    for from in 0..2 {
        answer(&mut client, from, key, 7, &executed(b"r"));
    }
    for timer in [ClientTimer::Retransmit(ticket), ClientTimer::Deadline(ticket)] {
        assert_eq!(step(&mut client, ClientInput::Timeout(timer)), []);
    }
}

fn deadline(client: &mut Client, ticket: Ticket) -> Vec<(Ticket, Outcome)> {
    let effects = step(client, ClientInput::Timeout(ClientTimer::Deadline(ticket)));
    assert_eq!(effects[0], ClientEffect::Disarm(ClientTimer::Retransmit(ticket)));
    outcomes(&effects)
}

#[test]
fn a_request_that_reached_nobody_was_unavailable() {
    let mut client = client();
    let (ticket, _) = submit(&mut client);
    step(&mut client, ClientInput::Timeout(ClientTimer::Retransmit(ticket)));
    for _ in 0..5 {
        assert_eq!(step(&mut client, ClientInput::Unreachable { ticket }), []);
    }
    assert_eq!(deadline(&mut client, ticket), [(ticket, Outcome::Unavailable)]);
    assert_eq!(client.outstanding(), 0);
}

#[test]
fn a_request_that_may_have_reached_somebody_is_unknown() {
    let mut client = client();
    let (ticket, _) = submit(&mut client);
    step(&mut client, ClientInput::Timeout(ClientTimer::Retransmit(ticket)));
    for _ in 0..4 {
        step(&mut client, ClientInput::Unreachable { ticket });
    }
    assert_eq!(deadline(&mut client, ticket), [(ticket, Outcome::Unknown)]);
    assert_eq!(client.outstanding(), 1);
}

#[test]
fn a_request_that_was_answered_did_reach_somebody() {
    let mut client = client();
    let (ticket, effects) = submit(&mut client);
    answer(&mut client, 0, sent_key(&effects), 1, &executed(b"r"));
    step(&mut client, ClientInput::Unreachable { ticket });
    assert_eq!(deadline(&mut client, ticket), [(ticket, Outcome::Unknown)]);
}

#[test]
fn a_retry_keeps_id_and_body_and_the_answers_so_far() {
    let mut client = client();
    let (ticket, effects) = submit(&mut client);
    let key = sent_key(&effects);
    answer(&mut client, 0, key, 7, &executed(b"r"));
    deadline(&mut client, ticket);
    let mut out = Vec::new();
    client.retry(ticket, &mut out).unwrap();
    assert_eq!(targets(&out), [0, 1, 2, 3]);
    let ClientEffect::Send { request: first, .. } = &effects[0] else { panic!("sent") };
    assert!(matches!(&out[0], ClientEffect::Send { request, .. } if request == first));
    assert!(matches!(out.last(), Some(ClientEffect::Arm { timer: ClientTimer::Deadline(_), .. })));
    assert_eq!(outcomes(&answer(&mut client, 1, key, 7, &executed(b"r"))).len(), 1);
    assert_eq!(client.retry(ticket, &mut out), Err(UnknownTicket(ticket)));
}

#[test]
fn an_outcome_that_comes_late_is_kept_for_the_retry() {
    let mut client = client();
    let (ticket, effects) = submit(&mut client);
    deadline(&mut client, ticket);
    for from in 0..4 {
        assert_eq!(answer(&mut client, from, sent_key(&effects), 7, &executed(b"r")), []);
    }
    let mut out = Vec::new();
    client.retry(ticket, &mut out).unwrap();
    assert!(matches!(&out[..], [ClientEffect::Done { outcome: Outcome::Committed { .. }, .. }]));
    assert_eq!(client.outstanding(), 0);
}

#[test]
fn a_retry_of_what_is_under_way_changes_nothing() {
    let mut client = client();
    let (ticket, _) = submit(&mut client);
    let mut out = Vec::new();
    assert_eq!(client.retry(ticket, &mut out), Ok(()));
    assert_eq!(out, []);
}

#[test]
fn what_is_forgotten_is_neither_sent_nor_answered_any_more() {
    let mut client = client();
    let (ticket, effects) = submit(&mut client);
    let mut out = Vec::new();
    client.forget(ticket, &mut out);
    assert_eq!(out, [ClientTimer::Retransmit(ticket), ClientTimer::Deadline(ticket)].map(ClientEffect::Disarm));
    assert_eq!(step(&mut client, ClientInput::Timeout(ClientTimer::Retransmit(ticket))), []);
    for from in 0..4 {
        assert_eq!(answer(&mut client, from, sent_key(&effects), 7, &executed(b"r")), []);
    }
    assert_eq!(client.retry(ticket, &mut out), Err(UnknownTicket(ticket)));
}

#[test]
fn operations_that_are_no_request_are_refused_and_cost_no_id() {
    let mut client = client();
    let mut out = Vec::new();
    let refused = client.submit(vec![], Destination::All, &mut out);
    assert_eq!(refused, Err(SubmitError::Request(synod_kernel::request::RequestError::Empty)));
    assert_eq!(out, []);
    assert_eq!(sent_key(&submit(&mut client).1).id, RequestId::new(1));
}

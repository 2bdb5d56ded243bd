//! How a client keeps within its window, and what it does about a session that is no good.

use super::*;

fn refused(refusal: Refusal) -> ReplyBody {
    ReplyBody::Refused(refusal)
}

/// f+1 replicas give this answer to the request last sent in `sent`.
fn settle(client: &mut Client, sent: &[ClientEffect], body: &ReplyBody) -> Vec<ClientEffect> {
    let key = sent_key(sent);
    assert_eq!(answer(client, 1, key, 7, body), []);
    answer(client, 2, key, 7, body)
}

fn busy(client: &mut Client) -> Option<usize> {
    match client.submit(vec![Bytes::new()], Destination::Primary, &mut Vec::new()) {
        Err(SubmitError::Busy { outstanding }) => Some(outstanding),
        Err(SubmitError::Request(_)) | Ok(_) => None,
    }
}

#[test]
fn ids_count_up_from_1_in_the_session() {
    let mut client = client();
    for id in 1..=WINDOW {
        let key = sent_key(&submit(&mut client).1);
        assert_eq!(key, RequestKey { client: ALICE, session: SESSION, id: RequestId::new(id) });
    }
}

#[test]
fn a_full_window_is_busy_until_its_lowest_request_is_settled() {
    let mut client = client();
    let sent: Vec<_> = (0..WINDOW).map(|_| submit(&mut client).1).collect();
    assert_eq!(busy(&mut client), Some(64));
    settle(&mut client, &sent[1], &executed(b""));
    assert_eq!(busy(&mut client), Some(63), "the next id would push the first out of the window");
    settle(&mut client, &sent[0], &executed(b""));
    assert_eq!(sent_key(&submit(&mut client).1).id, RequestId::new(WINDOW + 1));
}

#[test]
fn the_next_id_is_never_too_far_ahead_of_the_last_one_executed() {
    let mut client = client();
    for _ in 0..WINDOW {
        let (ticket, _) = submit(&mut client);
        step(&mut client, ClientInput::Unreachable { ticket });
        assert_eq!(deadline(&mut client, ticket), [(ticket, Outcome::Unavailable)]);
    }
    let key = sent_key(&submit(&mut client).1);
    assert_eq!((key.session, key.id), (SESSION.next(), RequestId::new(1)), "a new session, as the old one is spent");
}

#[test]
fn requests_of_unknown_outcome_hold_the_window_until_they_are_settled() {
    let mut client = client();
    let tickets: Vec<Ticket> = (0..WINDOW).map(|_| submit(&mut client).0).collect();
    for ticket in &tickets {
        deadline(&mut client, *ticket);
    }
    assert_eq!(busy(&mut client), Some(64));
    for ticket in &tickets[..63] {
        client.forget(*ticket, &mut Vec::new());
    }
    assert_eq!(busy(&mut client), Some(1), "nothing is known to be executed, and one may be yet");
    client.forget(tickets[63], &mut Vec::new());
    assert_eq!(sent_key(&submit(&mut client).1).session, SESSION.next());
}

#[test]
fn requests_of_a_session_that_was_never_opened_move_to_a_later_one_in_order() {
    let mut client = client();
    let sent: Vec<_> = (0..3).map(|_| submit(&mut client)).collect();
    let body = refused(Refusal::SessionNeverOpened { highest: SessionId::new(500) });
    let effects = settle(&mut client, &sent[1].1, &body);
    assert_eq!(outcomes(&effects), []);
    let moved: Vec<(Ticket, RequestKey)> = effects
        .iter()
        .filter_map(|effect| match effect {
            ClientEffect::Send { ticket, request, .. } => Some((*ticket, request.key())),
            ClientEffect::Arm { .. } | ClientEffect::Disarm(_) | ClientEffect::Done { .. } => None,
        })
        .collect();
    let key = |id| RequestKey { client: ALICE, session: SessionId::new(501), id: RequestId::new(id) };
    assert_eq!(moved, [(sent[0].0, key(1)), (sent[1].0, key(2)), (sent[2].0, key(3))]);
    assert_eq!(sent_key(&submit(&mut client).1), key(4));
    for from in 0..4 {
        assert_eq!(answer(&mut client, from, sent_key(&sent[0].1), 9, &body), [], "the old key is gone");
    }
    answer(&mut client, 0, key(1), 10, &executed(b"r"));
    assert_eq!(outcomes(&answer(&mut client, 1, key(1), 10, &executed(b"r")))[0].0, sent[0].0);
}

#[test]
fn f_liars_cannot_make_a_client_leave_its_session() {
    let mut client = client();
    let key = sent_key(&submit(&mut client).1);
    let body = refused(Refusal::SessionNeverOpened { highest: SessionId::new(500) });
    assert_eq!(answer(&mut client, 0, key, 7, &body), []);
    assert_eq!(client.session(), SESSION);
}

#[test]
fn an_unknown_request_moves_too_but_is_sent_on_retry_only() {
    let mut client = client();
    let (unknown, _) = submit(&mut client);
    deadline(&mut client, unknown);
    let (active, sent) = submit(&mut client);
    let body = refused(Refusal::SessionNeverOpened { highest: SessionId::new(500) });
    let effects = settle(&mut client, &sent, &body);
    assert!(effects.iter().all(|effect| !matches!(effect, ClientEffect::Send { ticket, .. } if *ticket != active)));
    let mut out = Vec::new();
    client.retry(unknown, &mut out).unwrap();
    assert_eq!(sent_key(&out).session, SessionId::new(501));
}

#[test]
fn an_evicted_session_is_surfaced_and_left() {
    let mut client = client();
    let sent: Vec<_> = (0..2).map(|_| submit(&mut client)).collect();
    let refusal = Refusal::SessionEvicted { highest: SessionId::new(500) };
    let effects = settle(&mut client, &sent[0].1, &refused(refusal));
    assert_eq!(outcomes(&effects), [(sent[0].0, Outcome::Rejected(refusal))]);
    assert_eq!(targets(&effects), [], "what may have been executed is not signed anew");
    assert_eq!(sent_key(&submit(&mut client).1).session, SessionId::new(501));
    let effects = settle(&mut client, &sent[1].1, &refused(refusal));
    assert_eq!(outcomes(&effects), [(sent[1].0, Outcome::Rejected(refusal))]);
    assert_eq!(client.session(), SessionId::new(501), "it was left already");
}

#[test]
fn refusals_that_say_the_session_is_shared_are_surfaced_and_the_session_left() {
    let shared = [Refusal::TooFarAhead, Refusal::Stale { floor: RequestId::new(1) }];
    for refusal in shared {
        let mut client = client();
        let (ticket, sent) = submit(&mut client);
        let effects = settle(&mut client, &sent, &refused(refusal));
        assert_eq!(outcomes(&effects), [(ticket, Outcome::Rejected(refusal))]);
        assert_eq!(client.session(), SESSION.next());
    }
}

#[test]
fn a_request_whose_key_another_incarnation_took_moves_alone_and_as_far_as_the_stride() {
    let mut client = client().with_stride(7);
    let sent: Vec<_> = (0..2).map(|_| submit(&mut client)).collect();
    let effects = settle(&mut client, &sent[0].1, &refused(Refusal::DifferentBody));
    assert_eq!(outcomes(&effects), []);
    let key = RequestKey { client: ALICE, session: SESSION.plus(7), id: RequestId::new(1) };
    assert_eq!(sent_key(&effects), key);
    assert!(effects.iter().all(|effect| !matches!(effect, ClientEffect::Send { ticket, .. } if *ticket != sent[0].0)));
    let effects = settle(&mut client, &sent[1].1, &executed(b"r"));
    assert_eq!(outcomes(&effects)[0].0, sent[1].0, "the other may have been executed, and listens under its old key");
    assert_eq!(answer(&mut client, 1, key, 8, &executed(b"r")), []);
    assert_eq!(outcomes(&answer(&mut client, 2, key, 8, &executed(b"r")))[0].0, sent[0].0);
}

#[test]
fn a_forgotten_result_is_surfaced_and_counts_as_executed() {
    let mut client = client();
    for _ in 0..=WINDOW {
        let (ticket, sent) = submit(&mut client);
        let refusal = Refusal::ResultForgotten { seq: Seq::new(3) };
        let effects = settle(&mut client, &sent, &refused(refusal));
        assert_eq!(outcomes(&effects), [(ticket, Outcome::Rejected(refusal))]);
    }
    assert_eq!(client.session(), SESSION);
}

#[test]
fn beyond_the_last_session_there_is_nothing_to_reopen() {
    let mut client = client();
    let (ticket, sent) = submit(&mut client);
    let refusal = Refusal::SessionNeverOpened { highest: SessionId::new(u64::MAX) };
    let effects = settle(&mut client, &sent, &refused(refusal));
    assert_eq!(outcomes(&effects), [(ticket, Outcome::Rejected(refusal))]);
    assert_eq!(client.session(), SESSION);
}

#[test]
fn requests_of_other_sessions_stay_where_they_are_when_one_is_reopened() {
    let mut client = client();
    let sent: Vec<_> = (0..2).map(|_| submit(&mut client)).collect();
    settle(&mut client, &sent[0].1, &refused(Refusal::SessionEvicted { highest: SessionId::new(500) }));
    let (moving, later) = submit(&mut client);
    let body = refused(Refusal::SessionNeverOpened { highest: SessionId::new(600) });
    let effects = settle(&mut client, &later, &body);
    assert!(effects.iter().all(|effect| !matches!(effect, ClientEffect::Send { ticket, .. } if *ticket != moving)));
    let effects = settle(&mut client, &sent[1].1, &executed(b"r"));
    assert_eq!(outcomes(&effects)[0].0, sent[1].0, "it still listens under its old key");
}

#[test]
fn a_reopened_session_is_above_every_one_that_was_used() {
    let mut client = client();
    let first = submit(&mut client).1;
    let too_far = refused(Refusal::TooFarAhead);
    for _ in 0..2 {
        let (_, sent) = submit(&mut client);
        settle(&mut client, &sent, &too_far);
    }
    let key = sent_key(&submit(&mut client).1);
    let body = refused(Refusal::SessionNeverOpened { highest: SESSION.plus(1) });
    let moved = sent_key(&settle(&mut client, &first, &body));
    assert!(moved.session > key.session, "no key is given out twice");
}

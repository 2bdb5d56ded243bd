//! The session rules, one test for each, through the service that applies them.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixture::{ALICE, BOB, Counter, ask, ask_as, body, count, refusal, run, service};
use crate::{Service, Space};
use alloc::sync::Arc;
use alloc::vec;
use synod_kernel::chooser::{Chooser, Seeded};
use synod_kernel::process::{Executed, Fate, Recalled};
use synod_kernel::{Batch, SessionId};

const OPERATION: &[&[u8]] = &[b"x"];
/// The newest of as many sessions as may live, when they are numbered from 1.
const LAST: u64 = MAX_SESSIONS as u64;
/// Bytes of an answer with one result besides the result.
const OVERHEAD: usize = 32 + 1 + 4 + 4;

/// Whether the request is refused for this reason, at the place it was ordered, and without any trace.
#[track_caller]
fn refuses(service: &mut Service<Counter>, request: &Request, expected: Refusal) -> RequestId {
    let before = service.root();
    let outcome = run(service, 999, request);
    assert_eq!(refusal(&outcome), Some(expected));
    assert_eq!(outcome.seq, Seq::new(999), "a refusal stands where it was ordered");
    assert_eq!(service.root(), before, "a refusal changes nothing");
    let recalled = service.recall(request);
    if expected == Refusal::TooFarAhead {
        assert_eq!((outcome.fate, recalled), (Fate::Deferred, Recalled::Unknown), "it may be executed later");
    } else {
        assert_eq!(outcome.fate, Fate::Refused);
        let unordered = Executed { seq: Seq::default(), ..outcome.clone() };
        assert_eq!(recalled, Recalled::Over(unordered), "it is refused without being ordered, too");
    }
    outcome.floor
}

#[track_caller]
fn executes(service: &mut Service<Counter>, seq: u64, request: &Request) {
    let before = count(service);
    let outcome = run(service, seq, request);
    assert_eq!(refusal(&outcome), None);
    assert_eq!((outcome.seq, outcome.fate), (Seq::new(seq), Fate::Executed));
    assert_eq!(count(service), before + request.operations().len() as u64);
}

#[test]
fn a_repetition_returns_the_first_result_and_place_and_changes_nothing() {
    let mut service = service();
    let request = ask(1, 1, &[b"x", b"y"]);
    assert_eq!(service.recall(&request), Recalled::Unknown);
    let first = run(&mut service, 3, &request);
    let root = service.root();
    assert_eq!(body(&first), ReplyBody::Executed(vec![1_u64, 2].into_iter().map(number).collect()));
    assert_eq!(first.fate, Fate::Executed);
    assert_eq!(run(&mut service, 9, &request), repeated(&first));
    assert_eq!(service.recall(&request), Recalled::Executed(repeated(&first)));
    assert_eq!(service.root(), root);
}

/// The same outcome, given again.
fn repeated(first: &Executed) -> Executed {
    assert_eq!(first.fate, Fate::Executed);
    Executed { fate: Fate::Repeated, ..first.clone() }
}

fn number(value: u64) -> Bytes {
    Bytes::copy_from_slice(&value.to_be_bytes())
}

#[test]
fn a_repetition_within_one_batch_is_executed_once() {
    let mut service = service();
    let request = ask(1, 1, OPERATION);
    let outcomes = service.execute(Seq::new(1), &Batch::new(vec![request.clone(), request]));
    assert_eq!(outcomes[1], repeated(&outcomes[0]));
    assert_eq!(count(&service), 1);
}

#[test]
fn a_different_body_is_refused_and_the_first_stands() {
    let mut service = service();
    let first = run(&mut service, 1, &ask(1, 1, &[b"first"]));
    refuses(&mut service, &ask(1, 1, &[b"second"]), Refusal::DifferentBody);
    refuses(&mut service, &ask(1, 1, &[b"first", b"first"]), Refusal::DifferentBody);
    assert_eq!(run(&mut service, 5, &ask(1, 1, &[b"first"])), repeated(&first));
    assert_eq!(count(&service), 1);
}

#[test]
fn clients_and_sessions_do_not_share_ids() {
    let mut service = service();
    executes(&mut service, 1, &ask_as(ALICE, 1, 1, OPERATION));
    executes(&mut service, 2, &ask_as(BOB, 1, 1, OPERATION));
    executes(&mut service, 3, &ask_as(ALICE, 2, 1, OPERATION));
}

#[test]
fn ids_may_come_in_any_order_within_the_window() {
    let mut service = service();
    let order = [WINDOW, 2, 2 * WINDOW, WINDOW + 1, 2 * WINDOW - 1];
    for (id, seq) in order.into_iter().zip(1..) {
        executes(&mut service, seq, &ask(1, id, OPERATION));
    }
}

#[test]
fn the_floor_follows_the_highest_id_at_the_distance_of_the_window() {
    let mut service = service();
    for (id, floor) in [(1, 0), (WINDOW, 0), (WINDOW + 1, 1), (2 * WINDOW + 1, WINDOW + 1)] {
        let outcome = run(&mut service, id, &ask(1, id, OPERATION));
        assert_eq!(outcome.floor, RequestId::new(floor));
        assert_eq!(run(&mut service, 900, &ask(1, id, OPERATION)).floor, outcome.floor);
    }
}

#[test]
fn ids_up_to_the_floor_are_stale() {
    let mut service = service();
    executes(&mut service, 1, &ask(1, 1, OPERATION));
    executes(&mut service, 2, &ask(1, WINDOW + 1, OPERATION));
    let floor = RequestId::new(1);
    assert_eq!(refuses(&mut service, &ask(1, 1, OPERATION), Refusal::Stale { floor }), floor);
    executes(&mut service, 3, &ask(1, 2, OPERATION));
}

#[test]
fn id_zero_is_stale_from_the_start() {
    let mut service = service();
    let floor = RequestId::new(0);
    refuses(&mut service, &ask(1, 0, OPERATION), Refusal::Stale { floor });
    executes(&mut service, 1, &ask(1, 1, OPERATION));
    refuses(&mut service, &ask(1, 0, OPERATION), Refusal::Stale { floor });
}

#[test]
fn ids_beyond_the_window_are_refused_without_harm_to_their_session() {
    let mut service = service();
    for id in [WINDOW + 1, u64::MAX - 1, u64::MAX] {
        refuses(&mut service, &ask(1, id, OPERATION), Refusal::TooFarAhead);
    }
    assert!(service.seal().is_empty(), "a refused request opens no session");
    executes(&mut service, 1, &ask(1, 1, OPERATION));
    for id in [WINDOW + 2, u64::MAX] {
        refuses(&mut service, &ask(1, id, OPERATION), Refusal::TooFarAhead);
    }
    executes(&mut service, 2, &ask(1, WINDOW + 1, OPERATION));
}

#[test]
fn the_last_ids_there_are_can_be_used() {
    let mut map = MerkleMap::new();
    let key = ask(1, 1, OPERATION).key();
    let near = Window { highest: RequestId::new(u64::MAX - 1), ..Window::default() };
    table::put_window(&mut map, &key, &near);
    let mut service = Service::restore(Arc::new(Counter), map);
    executes(&mut service, 1, &ask(1, u64::MAX, OPERATION));
    let floor = RequestId::new(u64::MAX - WINDOW);
    refuses(&mut service, &ask(1, u64::MAX - WINDOW, OPERATION), Refusal::Stale { floor });
    executes(&mut service, 2, &ask(1, u64::MAX - WINDOW + 1, OPERATION));
}

#[test]
fn a_session_below_the_newest_that_was_never_opened_is_refused_for_good() {
    let mut service = service();
    executes(&mut service, 1, &ask(5, 1, OPERATION));
    let refused = Refusal::SessionNeverOpened { highest: SessionId::new(5) };
    for session in [0, 1, 4] {
        assert_eq!(refuses(&mut service, &ask(session, 1, OPERATION), refused), CLOSED);
    }
    executes(&mut service, 2, &ask(6, 1, OPERATION));
}

#[test]
fn session_zero_does_not_exist() {
    let never = Refusal::SessionNeverOpened { highest: SessionId::new(0) };
    refuses(&mut service(), &ask(0, 1, OPERATION), never);
}

#[test]
fn the_last_session_there_is_can_be_used() {
    let mut service = service();
    executes(&mut service, 1, &ask(u64::MAX, 1, OPERATION));
    executes(&mut service, 2, &ask(u64::MAX, 2, OPERATION));
}

/// Opens as many sessions as may live, session n at n.
fn full() -> Service<Counter> {
    let mut service = service();
    for session in 1..=MAX_SESSIONS as u64 {
        executes(&mut service, session, &ask(session, 1, OPERATION));
    }
    service
}

#[test]
fn the_session_used_least_recently_is_evicted() {
    let mut service = full();
    executes(&mut service, 100, &ask(1, 2, OPERATION));
    executes(&mut service, 101, &ask(100, 1, OPERATION));
    let evicted = Refusal::SessionEvicted { highest: SessionId::new(100) };
    assert_eq!(refuses(&mut service, &ask(2, 1, OPERATION), evicted), CLOSED);
    refuses(&mut service, &ask(2, 2, OPERATION), evicted);
    for session in [1, 3, 4, 5, LAST] {
        executes(&mut service, 102, &ask(session, 3, OPERATION));
    }
}

#[test]
fn the_lowest_session_is_evicted_among_those_used_at_the_same_place() {
    let mut service = service();
    let requests = (1..=MAX_SESSIONS as u64).map(|session| ask(session, 1, OPERATION)).collect();
    service.execute(Seq::new(1), &Batch::new(requests));
    executes(&mut service, 2, &ask(LAST + 1, 1, OPERATION));
    refuses(&mut service, &ask(1, 1, OPERATION), Refusal::SessionEvicted { highest: SessionId::new(LAST + 1) });
    executes(&mut service, 3, &ask(2, 2, OPERATION));
}

#[test]
fn repetitions_and_refusals_do_not_count_as_use() {
    let mut service = full();
    run(&mut service, 100, &ask(1, 1, OPERATION));
    run(&mut service, 101, &ask(1, 1, &[b"another"]));
    executes(&mut service, 102, &ask(LAST + 1, 1, OPERATION));
    refuses(&mut service, &ask(1, 1, OPERATION), Refusal::SessionEvicted { highest: SessionId::new(LAST + 1) });
}

#[test]
fn a_session_that_may_have_existed_is_not_said_to_be_unopened() {
    let mut service = service();
    for session in (10..=10 * (MAX_SESSIONS as u64 + 1)).step_by(10) {
        executes(&mut service, session, &ask(session, 1, OPERATION));
    }
    let highest = SessionId::new(10 * (LAST + 1));
    refuses(&mut service, &ask(10, 1, OPERATION), Refusal::SessionEvicted { highest });
    refuses(&mut service, &ask(5, 1, OPERATION), Refusal::SessionEvicted { highest });
    refuses(&mut service, &ask(11, 1, OPERATION), Refusal::SessionNeverOpened { highest });
}

#[test]
fn evicting_an_older_session_later_does_not_make_a_newer_one_unopened() {
    let mut service = full();
    executes(&mut service, 100, &ask(1, 2, OPERATION));
    executes(&mut service, 101, &ask(LAST + 1, 1, OPERATION));
    for session in 3..=LAST + 1 {
        executes(&mut service, 102, &ask(session, 2, OPERATION));
    }
    executes(&mut service, 103, &ask(LAST + 2, 1, OPERATION));
    for session in [1, 2] {
        let evicted = Refusal::SessionEvicted { highest: SessionId::new(LAST + 2) };
        refuses(&mut service, &ask(session, 1, OPERATION), evicted);
    }
}

#[test]
fn an_evicted_session_leaves_nothing_but_one_number() {
    let mut service = full();
    let before = service.seal();
    executes(&mut service, LAST + 1, &ask(LAST + 1, 1, OPERATION));
    assert_eq!(service.seal().len(), before.len() + 1);
    executes(&mut service, LAST + 2, &ask(LAST + 2, 1, OPERATION));
    assert_eq!(service.seal().len(), before.len() + 1);
}

#[test]
fn a_large_result_is_answered_once_and_not_kept() {
    let mut service = service();
    let fits = ask(1, 1, &[format!("fill {}", MAX_CACHED_RESULT - OVERHEAD).as_bytes()]);
    let exceeds = ask(1, 2, &[format!("fill {}", MAX_CACHED_RESULT - OVERHEAD + 1).as_bytes()]);
    let kept = run(&mut service, 1, &fits);
    assert_eq!(kept.result.len(), MAX_CACHED_RESULT);
    assert_eq!(run(&mut service, 3, &fits), repeated(&kept));
    assert_eq!(run(&mut service, 2, &exceeds).result.len(), MAX_CACHED_RESULT + 1);
    let again = run(&mut service, 4, &exceeds);
    assert_eq!(refusal(&again), Some(Refusal::ResultForgotten { seq: Seq::new(2) }));
    assert_eq!(again.seq, Seq::new(2));
    assert_eq!(service.recall(&exceeds), Recalled::Executed(again), "it was executed, so it need not be ordered");
    assert_eq!(count(&service), 2);
    refuses(&mut service, &ask(1, 2, OPERATION), Refusal::DifferentBody);
}

#[test]
fn the_oldest_results_make_room_for_the_newest() {
    let mut service = service();
    let fill = format!("fill {}", MAX_CACHED_RESULT - OVERHEAD);
    let large = |id: u64| ask(1, id, &[fill.as_bytes()]);
    let fitting = (MAX_CACHED_RESULTS / MAX_CACHED_RESULT) as u64;
    // From the highest id down, so that age and id disagree.
    let ids: Vec<u64> = (1..=fitting + 2).rev().collect();
    for (id, seq) in ids.iter().zip(1..) {
        executes(&mut service, seq, &large(*id));
    }
    let is_forgotten = |id: &u64| match service.recall(&large(*id)) {
        Recalled::Executed(outcome) => refusal(&outcome).is_some(),
        Recalled::Over(_) | Recalled::Unknown => panic!("{id} was executed"),
    };
    let forgotten: Vec<u64> = ids.iter().copied().filter(is_forgotten).collect();
    assert_eq!(forgotten, ids[..2], "the two executed first, and no other");
}

#[test]
fn exactly_once_holds_across_a_restore() {
    let mut before = full();
    let evicting = ask(LAST + 1, 1, OPERATION);
    let first = run(&mut before, LAST + 1, &evicting);
    let mut after = Service::restore(Arc::clone(before.machine()), before.seal().to_map());
    assert_eq!(after.root(), before.root());
    assert_eq!(run(&mut after, LAST + 2, &evicting), repeated(&first));
    refuses(&mut after, &ask(LAST + 1, 1, &[b"other"]), Refusal::DifferentBody);
    refuses(&mut after, &ask(1, 1, OPERATION), Refusal::SessionEvicted { highest: SessionId::new(LAST + 1) });
    assert_eq!(count(&after), LAST + 1);
    let next = ask(LAST + 2, 1, OPERATION);
    assert_eq!(run(&mut after, LAST + 3, &next), run(&mut before, LAST + 3, &next));
    assert_eq!(after.root(), before.root(), "both evict the same session");
}

#[test]
fn a_client_takes_up_no_more_than_the_published_bound() {
    let mut service = service();
    let fill = format!("fill {}", MAX_CACHED_RESULTS / REMEMBERED - OVERHEAD);
    for session in 1..=MAX_SESSIONS as u64 + 1 {
        for id in 1..=WINDOW + 3 {
            executes(&mut service, session, &ask(session, id, &[fill.as_bytes()]));
        }
    }
    let mut map = service.seal().to_map();
    Space::new(&mut map).remove(b"count");
    let bytes: usize = map.iter().map(|(key, value)| key.len() + value.len()).sum();
    assert_eq!(bytes, MAX_CLIENT_BYTES, "every session and every cache is full to the byte");
    assert!((8 << 20..9 << 20).contains(&bytes), "{bytes} bytes");
}

/// Against a model that remembers every execution for ever: nothing is executed twice, and what is said of a request
/// is true.
#[test]
fn no_sequence_of_requests_executes_anything_twice() {
    for seed in 0..20 {
        let mut chooser = Seeded::new(seed);
        let mut service = service();
        let mut executed = alloc::collections::BTreeMap::new();
        for seq in 1..=400 {
            let (session, id) = (chooser.choose("session", 14) as u64, chooser.choose("id", 90) as u64);
            let operation = [chooser.choose("body", 2).to_le_bytes()[0]];
            let request = ask(session, id, &[&operation]);
            let outcome = run(&mut service, seq, &request);
            let before = executed.get(&request.key()).cloned();
            match (refusal(&outcome), before) {
                (None, None) => {
                    assert_eq!(outcome.seq, Seq::new(seq));
                    executed.insert(request.key(), (request.clone(), outcome));
                }
                (None, Some((first, result))) => {
                    assert_eq!(first, request);
                    assert_eq!((outcome.seq, &outcome.result), (result.seq, &result.result));
                }
                (Some(Refusal::DifferentBody), before) => assert!(before.is_some_and(|(first, _)| first != request)),
                (Some(Refusal::SessionNeverOpened { .. }), _) => {
                    assert!(executed.keys().all(|key| key.session != request.key().session));
                }
                (Some(Refusal::TooFarAhead), before) => assert!(before.is_none()),
                (Some(Refusal::Stale { floor }), _) => assert!(request.key().id <= floor),
                (Some(Refusal::SessionEvicted { highest }), _) => assert!(request.key().session < highest),
                (Some(Refusal::ResultForgotten { .. }), _) => panic!("these results are small"),
            }
        }
        assert_eq!(count(&service), executed.len() as u64);
    }
}

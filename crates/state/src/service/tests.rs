//! What the service promises beyond sessions: one digest over everything, total execution, bounded answers.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::Refusal;
use crate::fixture::{ALICE, BOB, Counter, ask, ask_as, body, count, refusal, run, service};
use alloc::vec;
use std::sync::Mutex;

#[test]
fn the_null_batch_leaves_the_root() {
    let mut service = service();
    for seq in 1..=3 {
        let before = service.root();
        assert_eq!(service.execute(Seq::new(seq), &Batch::null()), []);
        assert_eq!(service.root(), before);
        run(&mut service, 10 + seq, &ask(1, seq, &[b"x"]));
        assert_ne!(service.root(), before);
    }
}

#[test]
fn the_digest_covers_sessions() {
    let roots =
        [ask(1, 1, &[b"x"]), ask(1, 2, &[b"x"]), ask(2, 1, &[b"x"]), ask_as(BOB, 1, 1, &[b"x"])].map(|request| {
            let mut service = service();
            run(&mut service, 1, &request);
            assert_eq!(count(&service), 1, "the machine is in the same state each time");
            service.root()
        });
    let distinct: alloc::collections::BTreeSet<Digest> = roots.into_iter().collect();
    assert_eq!(distinct.len(), roots.len());
}

#[test]
fn the_digest_covers_the_machine() {
    let mut service = service();
    run(&mut service, 1, &ask(1, 1, &[b"x"]));
    let mut map = service.seal().to_map();
    Space::new(&mut map).insert(b"count", b"another").unwrap();
    assert_ne!(Service::restore(Arc::new(Counter), map).root(), service.root());
}

#[test]
fn a_clone_is_a_state_to_return_to() {
    let mut service = service();
    run(&mut service, 1, &ask(1, 1, &[b"x"]));
    let kept = service.clone();
    let root = service.root();
    run(&mut service, 2, &ask(1, 2, &[b"x"]));
    assert_ne!(service.root(), root);
    assert_eq!((kept.root(), count(&kept)), (root, 1));
}

#[test]
fn outcomes_come_in_the_order_of_the_requests() {
    let mut service = service();
    let requests = vec![ask(1, 2, &[b"x"]), ask_as(BOB, 3, 1, &[b"x"]), ask(1, 0, &[b"x"]), ask(1, 1, &[b"x"])];
    let keys: Vec<_> = requests.iter().map(Request::key).collect();
    let outcomes = service.execute(Seq::new(1), &Batch::new(requests));
    assert_eq!(outcomes.iter().map(|outcome| outcome.request).collect::<Vec<_>>(), keys);
    let executed: Vec<bool> = outcomes.iter().map(|outcome| refusal(outcome).is_none()).collect();
    assert_eq!(executed, [true, true, false, true]);
}

/// Notes the contexts it is given.
struct Witness(Mutex<Vec<Context>>);

impl StateMachine for Witness {
    fn apply(&self, _: &mut Space<'_>, context: &Context, _: &Bytes) -> Bytes {
        self.0.lock().unwrap().push(*context);
        Bytes::new()
    }
}

#[test]
fn operations_are_told_whose_they_are_and_where_they_stand() {
    let mut service = Service::new(Arc::new(Witness(Mutex::default())));
    let batch = vec![ask(1, 1, &[b"a", b"b"]), ask(1, 0, &[b"refused"]), ask_as(BOB, 1, 1, &[b"c"])];
    service.execute(Seq::new(7), &Batch::new(batch));
    let seen = service.machine().0.lock().unwrap();
    let seen: Vec<_> = seen.iter().map(|context| (context.client, context.seq.get(), context.index)).collect();
    assert_eq!(seen, [(ALICE, 7, 0), (ALICE, 7, 1), (BOB, 7, 2)]);
}

#[test]
fn one_operation_may_fill_the_largest_result_there_is() {
    let mut service = service();
    assert_eq!(run(&mut service, 1, &ask(1, 1, &[b"room"])).result.len(), MAX_RESULT_BYTES);
}

#[test]
fn every_operation_has_room_even_if_one_takes_all_it_can() {
    let mut service = service();
    let outcome = run(&mut service, 1, &ask(1, 1, &[b"room".as_slice(); MAX_OPERATIONS]));
    assert_eq!(outcome.result.len(), MAX_RESULT_BYTES);
    let ReplyBody::Executed(results) = body(&outcome) else { panic!("executed") };
    assert!(results[1..].iter().all(|result| result.len() == MIN_RESULT_ROOM));
}

#[test]
fn a_machine_that_exceeds_its_room_costs_its_client_the_results_only() {
    let mut service = service();
    let request = ask(1, 1, &[b"x", b"greedy", b"x", b"greedy", b"x"]);
    let outcome = run(&mut service, 4, &request);
    assert_eq!(refusal(&outcome), Some(Refusal::ResultForgotten { seq: Seq::new(4) }));
    assert_eq!(count(&service), 5, "the request is executed whole");
    assert_eq!(outcome.fate, Fate::Executed);
    assert_eq!(run(&mut service, 5, &request), Executed { fate: Fate::Repeated, ..outcome });
}

#[test]
fn the_results_of_a_batch_are_bounded_and_nobody_is_left_without_room() {
    let mut service = service();
    let requests: Vec<Request> = (1..=sessions::WINDOW).map(|id| ask(1, id, &[b"room"])).collect();
    let outcomes = service.execute(Seq::new(1), &Batch::new(requests));
    let sizes: Vec<usize> = outcomes.iter().map(|outcome| outcome.result.len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), ROOM_PER_BATCH + sizes.len() * ROOM_PER_REQUEST);
    assert_eq!(sizes[0], MAX_RESULT_BYTES);
    assert_eq!(sizes.last(), Some(&ROOM_PER_REQUEST));
    assert!(outcomes.iter().all(|outcome| refusal(outcome).is_none()));
}

//! Histories that are known to be linearizable, and histories that are known not to be.
#![allow(clippy::unwrap_used)]

use super::History;
use crate::judge::Rule;
use crate::judge::reference::Submission;
use synod_kernel::Seq;

const A: Submission = (0, 1);
const B: Submission = (1, 1);

#[derive(Clone, Copy)]
enum Event {
    Asked(Submission),
    Told(Submission, u64),
}
use Event::{Asked, Told};

/// The sentence on a history, whose order has these at the end.
fn verdict(events: &[Event], order: &[(Submission, u64)]) -> Result<(), String> {
    let mut history = History::default();
    let place =
        |submission: &Submission| order.iter().find(|(one, _)| one == submission).map(|(_, seq)| Seq::new(*seq));
    let mut all = events.iter().map(|event| match *event {
        Asked(submission) => {
            history.asked(submission);
            Ok(())
        }
        Told(submission, seq) => history.told(submission, Seq::new(seq)),
    });
    let told = all.try_for_each(|finding| finding);
    told.and_then(|()| history.end(place)).map_err(|violation| {
        assert_eq!(violation.rule, Rule::RealTime);
        violation.sentence
    })
}

#[test]
fn what_overlaps_may_stand_either_way() {
    for (a, b) in [(1, 2), (2, 1), (1, 1)] {
        let events = [Asked(A), Asked(B), Told(A, a), Told(B, b)];
        assert_eq!(verdict(&events, &[(A, a), (B, b)]), Ok(()));
    }
}

#[test]
fn what_follows_stands_later() {
    let history = |b| verdict(&[Asked(A), Told(A, 5), Asked(B), Told(B, b)], &[(A, 5), (B, b)]);
    assert_eq!(history(6), Ok(()));
    for b in [4, 5] {
        assert!(history(b).unwrap_err().contains("number 1 of client 1 stands at"), "a stale read at {b}");
    }
}

#[test]
fn an_unknown_outcome_may_be_late_or_none_but_not_early() {
    let history = |order: &[(Submission, u64)]| verdict(&[Asked(A), Told(A, 5), Asked(B)], order);
    assert_eq!(history(&[(A, 5)]), Ok(()));
    assert_eq!(history(&[(A, 5), (B, 9)]), Ok(()));
    assert!(history(&[(A, 5), (B, 5)]).unwrap_err().contains("after 5 had been acknowledged"));
}

#[test]
fn what_was_acknowledged_stands_where_it_was() {
    let events = [Asked(A), Told(A, 5)];
    for order in [&[][..], &[(A, 6)]] {
        assert!(verdict(&events, order).unwrap_err().contains("and does not"), "a lost write");
    }
    let twice = [Asked(A), Told(A, 5), Told(A, 6)];
    assert!(verdict(&twice, &[(A, 5)]).unwrap_err().contains("was told to stand at 5"));
    assert_eq!(verdict(&[Asked(A), Told(A, 5), Told(A, 5)], &[(A, 5)]), Ok(()));
}

#[test]
fn nobody_is_told_what_it_did_not_ask() {
    assert!(verdict(&[Told(A, 1)], &[(A, 1)]).unwrap_err().contains("never asked"));
}

#[test]
fn a_hundred_thousand_operations_are_judged_and_one_stale_answer_among_them_is_found() {
    const OPERATIONS: u64 = 100_000;
    let run = |stale: Option<u64>| {
        let mut history = History::default();
        (1..=OPERATIONS).try_for_each(|number| {
            let submission = (usize::try_from(number % 7).unwrap(), number);
            history.asked(submission);
            history.told(submission, Seq::new(if Some(number) == stale { number - 1 } else { number }))
        })?;
        history.end(|&(_, number)| Some(Seq::new(number)))
    };
    run(None).unwrap();
    assert_eq!(run(Some(77_777)).unwrap_err().rule, Rule::RealTime);
}

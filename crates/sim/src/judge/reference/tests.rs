//! What the agreed order means, and lies about it.
#![allow(clippy::unwrap_used)]

use super::{Model, Reference};
use crate::judge::Rule;
use crate::judge::fixture::{batch, replica, request, request_in};
use bytes::Bytes;
use synod_kernel::process::{Executed, Fate};
use synod_kernel::{Request, RequestId, Seq};
use synod_state::{Refusal, ReplyBody, Resolution};

/// Answers each operation with itself.
#[derive(Clone, Debug)]
pub(crate) struct Echo;

impl Model for Echo {
    fn execute(&mut self, _: Seq, request: &Request) -> Vec<Bytes> {
        request.operations().collect()
    }
}

fn outcome(request: &Request, seq: u64, body: &ReplyBody) -> Executed {
    let result = Resolution::encoded(request, body.clone());
    Executed { request: request.key(), fate: Fate::Executed, seq: Seq::new(seq), result, floor: RequestId::default() }
}

fn echoed(request: &Request) -> ReplyBody {
    ReplyBody::Executed(request.operations().collect())
}

/// A reference in which this request took effect at 1.
fn after(request: &Request) -> Reference<Echo> {
    let mut reference = Reference::new(Echo);
    reference.submit((0, 1), request);
    assert_eq!(reference.extend(Seq::new(1), &batch(&[request])), Ok(0));
    reference
}

#[test]
fn what_nobody_submitted_is_condemned() {
    let (one, forged) = (request(1, "a"), request(1, "b"));
    let mut reference = Reference::new(Echo);
    reference.submit((0, 1), &one);
    assert_eq!(reference.extend(Seq::new(1), &batch(&[&forged])).unwrap_err().rule, Rule::Validity);
}

#[test]
fn a_repetition_has_no_effect_of_its_own() {
    let one = request(1, "a");
    let mut reference = after(&one);
    assert_eq!(reference.extend(Seq::new(2), &batch(&[&one])), Ok(1));
    assert_eq!(reference.effect(&one.key()).unwrap().seq, Seq::new(1));
    let twice = batch(&[&one]);
    let at = replica(0);
    let repeated = Executed { fate: Fate::Repeated, ..outcome(&one, 1, &echoed(&one)) };
    reference.check(at, Seq::new(2), &twice, std::slice::from_ref(&repeated)).unwrap();
    let as_work = reference.check(at, Seq::new(2), &twice, &[outcome(&one, 1, &echoed(&one))]);
    assert_eq!(as_work.unwrap_err().rule, Rule::Results, "it is no work");
    let first = reference.check(at, Seq::new(1), &twice, &[repeated]);
    assert_eq!(first.unwrap_err().rule, Rule::Results, "the first time it is");
    let again = reference.check(at, Seq::new(2), &twice, &[outcome(&one, 2, &echoed(&one))]);
    assert_eq!(again.unwrap_err().rule, Rule::Validity);
    let stale = ReplyBody::Refused(Refusal::Stale { floor: RequestId::new(9) });
    let refused = Executed { fate: Fate::Refused, ..outcome(&one, 2, &stale) };
    reference.check(at, Seq::new(2), &twice, &[refused]).unwrap();
    reference.check_refusal(at, &outcome(&one, 0, &stale)).unwrap();
    for (seq, body) in [(2, &stale), (0, &ReplyBody::Refused(Refusal::TooFarAhead)), (0, &echoed(&one))] {
        assert_eq!(reference.check_refusal(at, &outcome(&one, seq, body)).unwrap_err().rule, Rule::Results);
    }
    let first = reference.check(at, Seq::new(1), &twice, &[outcome(&one, 1, &stale)]);
    assert_eq!(first.unwrap_err().rule, Rule::Results, "the first time it must be executed");
}

#[test]
fn one_submission_under_two_keys_takes_effect_once() {
    let (one, again) = (request(1, "a"), request_in(2, 1, "a"));
    let mut reference = after(&one);
    reference.submit((0, 1), &again);
    assert_eq!(reference.extend(Seq::new(2), &batch(&[&again])).unwrap_err().rule, Rule::Validity);
}

#[test]
fn wrong_results_and_missing_outcomes_are_condemned() {
    let (one, two) = (request(1, "a"), request(2, "b"));
    let reference = after(&one);
    let (at, seq, asked) = (replica(0), Seq::new(1), batch(&[&one]));
    reference.check(at, seq, &asked, &[outcome(&one, 1, &echoed(&one))]).unwrap();
    for outcomes in [vec![], vec![outcome(&one, 1, &echoed(&two))], vec![outcome(&two, 1, &echoed(&two))]] {
        assert_eq!(reference.check(at, seq, &asked, &outcomes).unwrap_err().rule, Rule::Results);
    }
    assert_eq!(reference.check_repetition(at, &outcome(&two, 1, &echoed(&two))).unwrap_err().rule, Rule::Results);
}

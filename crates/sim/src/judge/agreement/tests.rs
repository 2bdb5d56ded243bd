//! Orders that hold and orders that do not.
#![allow(clippy::unwrap_used)]

use super::{Agreement, Novelty};
use crate::judge::fixture::{batch, replica, request};
use crate::judge::{Rule, Violation};
use synod_kernel::{Batch, Seq};

fn two_batches() -> (Batch, Batch) {
    (batch(&[&request(1, "a")]), batch(&[&request(2, "b")]))
}

fn execute(agreement: &mut Agreement, at: u16, seq: u64, batch: &Batch) -> Result<Novelty, Violation> {
    agreement.execute(replica(at), Seq::new(seq))?;
    agreement.bind(replica(at), Seq::new(seq), batch)
}

#[test]
fn the_first_execution_is_new_and_the_others_have_to_be_the_same() {
    let (one, other) = two_batches();
    let mut agreement = Agreement::new(4);
    assert_eq!(execute(&mut agreement, 0, 1, &one), Ok(Novelty::New));
    assert_eq!(execute(&mut agreement, 1, 1, &one), Ok(Novelty::Known));
    let violation = execute(&mut agreement, 2, 1, &other).unwrap_err();
    assert_eq!(violation.rule, Rule::Agreement);
    assert!(violation.sentence.contains("replica 2") && violation.sentence.contains("replica 0"), "{violation}");
}

#[test]
fn what_a_crash_undid_does_not_bind() {
    let (one, other) = two_batches();
    let mut agreement = Agreement::new(4);
    agreement.execute(replica(0), Seq::new(1)).unwrap();
    agreement.resume(replica(0), Seq::new(0)).unwrap();
    assert_eq!(execute(&mut agreement, 0, 1, &other), Ok(Novelty::New));
    assert!(execute(&mut agreement, 1, 1, &one).is_err());
}

#[test]
fn gaps_and_repetitions_are_condemned() {
    let (one, other) = two_batches();
    let mut agreement = Agreement::new(4);
    assert!(execute(&mut agreement, 0, 2, &other).is_err());
    execute(&mut agreement, 0, 1, &one).unwrap();
    assert!(execute(&mut agreement, 0, 1, &one).is_err());
}

#[test]
fn a_restart_changes_nothing_about_what_was_executed() {
    let (one, other) = two_batches();
    let mut agreement = Agreement::new(4);
    execute(&mut agreement, 0, 1, &one).unwrap();
    agreement.resume(replica(0), Seq::new(0)).unwrap();
    assert!(execute(&mut agreement, 0, 1, &other).is_err());
    agreement.resume(replica(1), Seq::new(1)).unwrap();
    assert_eq!(execute(&mut agreement, 1, 2, &other), Ok(Novelty::New));
    assert_eq!(agreement.order().len(), 2);
}

#[test]
fn a_state_from_beyond_the_order_is_condemned() {
    assert!(Agreement::new(4).resume(replica(0), Seq::new(1)).is_err());
}

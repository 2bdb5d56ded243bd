//! Failures that get shorter and stay failures.
#![allow(clippy::unwrap_used)]

use super::{NothingToShrink, shrink};
use crate::attack::Attack;
use crate::campaign::Next;
use crate::protocol::Protocol;
use crate::setup::Setup;
use crate::trace::{Outcome, Trace};
use synod_kernel::chooser::{Fit, Seeded};
use synod_kernel::{Faults, Membership};
use synod_sim::Rule;

/// A run in which two of four lie.
fn forked() -> Trace {
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let attack = Attack::named("equivocate", Protocol::Pbft).unwrap();
    let record = |seed| {
        let setup = Setup::draw(Protocol::Pbft, membership, attack, 2, seed);
        Trace::record(setup, Some(Rule::Agreement), Seeded::new(seed))
    };
    (0..).map(record).find(|trace| trace.rule() == Some(Rule::Agreement)).unwrap()
}

#[test]
fn a_fork_of_hundreds_of_operations_becomes_a_page() {
    let trace = forked();
    let mut heard = 0;
    let shrunk = shrink(&trace, 1500, |progress| {
        heard = progress.attempts;
        Next::GoOn
    })
    .unwrap();
    assert_eq!(shrunk.expected, Outcome::Breaks(Rule::Agreement));
    assert!((1..=1500).contains(&heard));
    assert!(shrunk.events < 100 && shrunk.events < trace.events, "{} of {} events", shrunk.events, trace.events);
    assert!(shrunk.choices.len() < 100, "{} choices", shrunk.choices.len());
    let replay = shrunk.replay(Fit::Exact);
    assert_eq!((replay.outcome, replay.difference), (shrunk.expected, None));
    assert_eq!(shrink(&trace, 1500, |_| Next::GoOn).unwrap(), shrunk, "the same every time");
}

#[test]
fn it_can_be_stopped_and_leaves_a_failure_behind() {
    let mut left = 20;
    let shrunk = shrink(&forked(), 1500, |_| {
        left -= 1;
        if left == 0 { Next::Stop } else { Next::GoOn }
    });
    assert_eq!(left, 0);
    assert_eq!(shrunk.unwrap().replay(Fit::Exact).outcome, Outcome::Breaks(Rule::Agreement));
}

#[test]
fn what_does_not_fail_is_not_shrunk() {
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let setup = Setup::draw(Protocol::Pbft, membership, Attack::NONE, 0, 1);
    let mut trace = Trace::record(setup, None, Seeded::new(1));
    assert_eq!(shrink(&trace, 10, |_| Next::GoOn), Err(NothingToShrink::Holds));
    trace.expected = Outcome::Breaks(Rule::Agreement);
    let refused = shrink(&trace, 10, |_| Next::GoOn).unwrap_err();
    assert_eq!(refused, NothingToShrink::DoesNotBreak { rule: Rule::Agreement, outcome: Outcome::Holds });
}

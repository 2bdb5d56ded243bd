//! A process that is a function, and one that looks at something else.
#![allow(clippy::unwrap_used)]

use super::repeats;
use crate::judge::Rule;
use crate::judge::fixture::{Coin, replica};
use synod_kernel::process::{Input, Outbox, Process};

fn finding(fair: bool) -> Result<(), crate::Violation> {
    let mut process = Coin { fair, heads: 0 };
    let (before, mut said) = (process.clone(), Outbox::default());
    process.step(Input::Timeout(()), &mut said);
    repeats(replica(1), (before, Input::Timeout(())), (&process, &said))
}

#[test]
fn the_same_step_is_no_matter() {
    assert_eq!(finding(false), Ok(()));
}

#[test]
fn another_step_is_condemned() {
    let violation = finding(true).unwrap_err();
    assert_eq!(violation.rule, Rule::Determinism);
    assert!(violation.sentence.contains("replica 1 and a copy of it"), "{violation}");
}

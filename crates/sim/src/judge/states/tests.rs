//! Equal and unequal states.
#![allow(clippy::unwrap_used)]

use super::States;
use crate::judge::Rule;
use crate::judge::fixture::replica;
use synod_kernel::{Digest, Seq};

#[test]
fn another_state_at_the_same_place_is_condemned() {
    let mut states = States::default();
    states.computed(replica(0), Seq::new(8), Digest([1; 32])).unwrap();
    states.computed(replica(1), Seq::new(8), Digest([1; 32])).unwrap();
    states.computed(replica(1), Seq::new(16), Digest([2; 32])).unwrap();
    let violation = states.computed(replica(2), Seq::new(8), Digest([2; 32])).unwrap_err();
    assert_eq!(violation.rule, Rule::StateEquality);
}

#[test]
fn only_computed_states_are_taken_over() {
    let mut states = States::default();
    states.adopted(replica(0), Seq::default(), Digest([9; 32])).unwrap();
    assert!(states.adopted(replica(0), Seq::new(8), Digest([1; 32])).is_err());
    states.computed(replica(1), Seq::new(8), Digest([1; 32])).unwrap();
    states.adopted(replica(0), Seq::new(8), Digest([1; 32])).unwrap();
    assert!(states.adopted(replica(0), Seq::new(8), Digest([2; 32])).is_err());
}

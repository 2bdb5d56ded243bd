//! The checks of the tester itself.
#![allow(clippy::unwrap_used)]

use super::{Defect, is_repeated, run_seed};
use crate::attack::Attack;
use crate::protocol::Protocol;
use crate::setup::Setup;
use synod_kernel::{Faults, Membership};

fn setup(seed: u64) -> Setup {
    Setup::draw(Protocol::Pbft, Membership::new(4, Faults::Byzantine(1)).unwrap(), Attack::NONE, 0, seed)
}

#[test]
fn about_one_seed_in_a_hundred_is_run_twice_and_is_the_same_run() {
    let repeated: Vec<u64> = (0..10_000).filter(|seed| is_repeated(*seed)).collect();
    assert!((50..200).contains(&repeated.len()), "{}", repeated.len());
    let trial = run_seed(&setup(repeated[0]));
    assert!(trial.was_repeated);
    assert_eq!(trial.defect, None);
}

#[test]
fn a_run_in_which_too_little_happens_is_a_defect_of_the_tester() {
    let mut setup = setup(1);
    for (name, value) in [("clients", 1), ("requests", 2), ("operations at most", 1)] {
        setup.set(name, value).unwrap();
    }
    let trial = run_seed(&setup);
    assert!(matches!(trial.defect, Some(Defect::TooLittle { operations: 2, .. })), "{:?}", trial.defect);
    assert_eq!(trial.broken(), None);
}

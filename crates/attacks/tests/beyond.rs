//! Each attack of the gallery that breaks something, with one liar too many: it does, which shows that those who judge
//! it with fewer liars are looking.
#![allow(clippy::unwrap_used)]

mod cluster;

use cluster::run_seed;
use synod_attacks::pbft::gallery;

/// Seeds within which an attack by one liar too many succeeds.
const SEEDS: u64 = 100;

/// What the story says that an attack breaks is broken, each rule in some run.
fn breaks(name: &str) {
    let attack = gallery().into_iter().find(|attack| attack.story().name == name).unwrap();
    let mut missing: Vec<&str> = attack.story().breaks.to_vec();
    assert!(!missing.is_empty(), "{name} is not said to break anything");
    for seed in 0..SEEDS {
        let report = run_seed(seed, 4, 2, &attack.adversary());
        missing.retain(|missing| !report.tolerated.keys().any(|rule| format!("{rule:?}") == **missing));
        if missing.is_empty() {
            return;
        }
    }
    panic!("{name} did not break {missing:?} in {SEEDS} seeds");
}

#[test]
fn every_attack_that_is_said_to_break_something_is_here() {
    let tests = include_str!("beyond.rs");
    for attack in gallery().iter().filter(|attack| !attack.story().breaks.is_empty()) {
        let call = format!("breaks(\"{}\");", attack.story().name);
        assert_eq!(tests.matches(&call).count(), 1, "{} is not run, or twice", attack.story().name);
    }
}

#[test]
fn the_silent_stop_the_service() {
    breaks("silent");
}

#[test]
fn those_who_fall_silent_stop_the_service() {
    breaks("mute-after");
}

#[test]
fn those_who_talk_to_one_each_stop_the_service() {
    breaks("selective");
}

#[test]
fn two_pairs_of_copies_fork_the_service() {
    breaks("twins");
}

#[test]
fn clients_believe_f_plus_1_liars() {
    breaks("lying-replies");
}

#[test]
fn two_proposals_are_both_decided() {
    breaks("equivocate");
}

#[test]
fn views_are_left_without_end() {
    breaks("suspect-always");
}

#[test]
fn what_was_decided_is_hidden_and_decided_again() {
    breaks("shade-reports");
}

#[test]
fn a_view_that_begins_twice_decides_twice() {
    breaks("two-new-views");
}

#[test]
fn no_checkpoint_gets_stable_any_more() {
    breaks("false-checkpoints");
}

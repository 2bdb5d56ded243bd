//! A whole cluster of toys, sound and defective.
#![allow(clippy::unwrap_used)]

#[path = "toy_cluster/explored.rs"]
mod explored;
mod toy;

use synod_sim::{Count, Rule};
use toy::Defect;
use toy::engine::Wrong;
use toy::scenario::{rehearse_seed, run_seed};

#[test]
fn a_sound_toy_survives_every_seed() {
    let mut counters = synod_sim::Counters::default();
    for seed in 0..60 {
        let report = run_seed(seed, Defect::None, None, &Rule::ALL);
        assert!(report.is_good(), "{report}");
        counters.merge(&report.counters);
    }
    let never_here = [
        Count::ViewChanges,
        Count::NullRequests,
        Count::Installations,
        Count::Rollbacks,
        Count::Refused,
        Count::Needless,
        Count::Rejections,
        Count::Repetitions,
        Count::Proofs,
        Count::Overtakings,
        Count::Damages,
        Count::OldDisks,
        Count::Refusals,
        Count::Outsiders,
    ];
    // Whether a torn batch shows depends on where its blocks lie, and whether a replica has to be nudged on when the
    // last request ends; campaigns count those.
    let by_chance = [Count::TornLogs, Count::Nudges];
    for &count in Count::ALL.iter().filter(|count| !by_chance.contains(count)) {
        assert_eq!(counters.get(count) == 0, never_here.contains(&count), "{}\n{counters}", count.name());
    }
}

/// Runs seeds until one ends with a sentence about `rule`, with that rule alone expected to hold.
fn condemns(defect: Defect, wrong: Option<Wrong>, rule: Rule) {
    let found = (0..40).find_map(|seed| run_seed(seed, defect, wrong, &[rule]).failure);
    let failure = found.unwrap_or_else(|| panic!("{defect:?} and {wrong:?} went unnoticed"));
    assert_eq!(failure.violation.rule, rule);
    assert!(!failure.transcript.is_empty() && failure.replay.starts_with("toy --seed"));
}

#[test]
fn saying_it_before_writing_it_is_condemned() {
    condemns(Defect::SendsFirst, None, Rule::PersistBeforeSend);
}

#[test]
fn forgetting_a_promise_in_a_crash_is_condemned() {
    condemns(Defect::Forgets, None, Rule::NoContradiction);
}

#[test]
fn executing_something_else_is_condemned() {
    condemns(Defect::ExecutesSomethingElse, None, Rule::Agreement);
}

#[test]
fn skipping_a_batch_is_condemned() {
    condemns(Defect::Skips, None, Rule::Agreement);
}

#[test]
fn giving_up_is_condemned() {
    condemns(Defect::NeverRepeats, None, Rule::Liveness);
}

#[test]
fn an_encoding_that_does_not_read_back_is_condemned() {
    condemns(Defect::Garbles, None, Rule::Wire);
}

#[test]
fn an_accusation_of_somebody_honest_is_condemned() {
    condemns(Defect::Accuses, None, Rule::SoundEvidence);
}

#[test]
fn a_step_that_is_no_function_of_state_and_input_is_condemned() {
    condemns(Defect::Tosses, None, Rule::Determinism);
}

#[test]
fn keeping_everything_is_condemned() {
    condemns(Defect::Hoards, None, Rule::BoundedMemory);
}

#[test]
fn a_copy_that_would_forget_a_promise_is_condemned_although_nothing_crashes() {
    let failure = rehearse_seed(1, Defect::RecallsWrongly, &[Rule::NoContradiction]).failure.expect("unnoticed");
    assert!(failure.violation.sentence.contains("after a power cut it would say"), "{}", failure.violation);
    assert!(rehearse_seed(1, Defect::None, &Rule::ALL).is_good());
}

#[test]
fn a_wrong_result_is_condemned() {
    condemns(Defect::None, Some(Wrong::Miscounts), Rule::Results);
}

#[test]
fn a_different_state_is_condemned() {
    condemns(Defect::None, Some(Wrong::Diverges), Rule::StateEquality);
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [0, 7, 21] {
        let [first, second] = [(); 2].map(|()| run_seed(seed, Defect::None, None, &Rule::ALL));
        assert_eq!(first.fingerprint, second.fingerprint);
        assert_eq!(first.counters, second.counters);
        assert_ne!(first.fingerprint, run_seed(seed + 1, Defect::None, None, &Rule::ALL).fingerprint);
    }
}

#[test]
fn a_rule_that_is_not_expected_to_hold_ends_no_run() {
    let report = run_seed(3, Defect::ExecutesSomethingElse, None, &[Rule::Liveness]);
    assert!(report.tolerated.contains_key(&Rule::Agreement), "{:?}", report.tolerated);
}

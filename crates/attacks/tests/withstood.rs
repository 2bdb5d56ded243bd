//! Each attack of the gallery with as many liars as are tolerated: every rule holds, and the attack leaves a mark.
//!
//! An attack that leaves none is none.
#![allow(clippy::unwrap_used)]

mod cluster;

use cluster::{run_seed, run_short};
use std::sync::LazyLock;
use synod_attacks::Attacker;
use synod_attacks::pbft::gallery;
use synod_kernel::adversary::{Adversary, Honest};
use synod_protocols::pbft::Replica;
use synod_sim::{Count, Counters, Report};

/// Runs of each attack.
const SEEDS: u64 = 8;

/// Runs within which something rare happens.
const SEEDS_RARE: u64 = 100;

/// What shows that an attack took place.
enum Mark {
    /// Honest replicas apply this rule more often than without it.
    Rule(&'static str),
    /// What is said is refused.
    Refused,
    /// Some run is another one. What it changes happens without it, too, more often or less as chance has it.
    OtherRun,
}

/// What some runs came to, and their fingerprints.
struct Runs {
    counters: Counters,
    fingerprints: Vec<u64>,
}

/// What happens when the same replicas are honest.
static HONEST: LazyLock<Runs> = LazyLock::new(|| run_all(&Honest, run_short));

fn run_all<A: Adversary<Replica>>(adversary: &A, run: impl Fn(u64, u16, u16, &A) -> Report) -> Runs {
    let mut runs = Runs { counters: Counters::default(), fingerprints: Vec::new() };
    for seed in 0..SEEDS {
        let report = run(seed, 4, 1, adversary);
        assert!(report.is_good(), "{report}");
        runs.counters.merge(&report.counters);
        runs.fingerprints.push(report.fingerprint);
    }
    assert!(runs.counters.get(Count::Operations) > 0, "nothing was done at all:\n{}", runs.counters);
    runs
}

fn adversary(name: &str) -> Attacker<Replica> {
    gallery().into_iter().find(|attack| attack.story().name == name).unwrap().adversary()
}

fn withstood(name: &str, mark: Mark) -> Counters {
    let Runs { counters, fingerprints } = run_all(&adversary(name), run_short);
    match mark {
        Mark::Rule(rule) => {
            let (with, without) = (counters.rule(rule), HONEST.counters.rule(rule));
            assert!(with > without, "{name}: {rule} {with} times, and {without} times without it:\n{counters}");
        }
        Mark::Refused => assert!(counters.get(Count::Refused) > 0, "{name}: nothing is refused:\n{counters}"),
        Mark::OtherRun => assert_ne!(fingerprints, HONEST.fingerprints, "{name} changes nothing"),
    }
    counters
}

#[test]
fn every_attack_of_the_gallery_is_here() {
    let tests = include_str!("withstood.rs");
    for attack in gallery() {
        let call = format!("withstood(\"{}\", ", attack.story().name);
        assert_eq!(tests.matches(&call).count(), 1, "{} is not run, or twice", attack.story().name);
    }
}

#[test]
fn the_silent_are_replaced() {
    withstood("silent", Mark::Rule("EnterView"));
}

#[test]
fn those_who_fall_silent_are_replaced() {
    withstood("mute-after", Mark::OtherRun);
}

#[test]
fn whoever_is_left_in_the_dark_learns_from_others() {
    withstood("selective", Mark::OtherRun);
}

#[test]
fn what_is_held_back_does_no_harm() {
    withstood("delay", Mark::OtherRun);
}

#[test]
fn who_returns_from_a_pause_is_ignored_where_the_others_have_left() {
    withstood("pause", Mark::OtherRun);
}

#[test]
fn what_is_said_five_times_counts_once() {
    withstood("repeat", Mark::OtherRun);
}

#[test]
fn what_is_old_or_of_another_is_ignored_when_it_is_said_again() {
    withstood("replay", Mark::Rule("IgnoreRelayed"));
}

#[test]
fn two_copies_with_one_key_get_one_quorum_at_most() {
    withstood("twins", Mark::Rule("Accuse"));
}

#[test]
fn others_remember_what_one_forgot() {
    withstood("amnesia", Mark::OtherRun);
}

#[test]
fn a_client_that_the_primary_ignores_is_served() {
    withstood("censor", Mark::OtherRun);
}

#[test]
fn requests_that_are_handed_to_the_wrong_replicas_happen_once() {
    withstood("misroute", Mark::OtherRun);
}

#[test]
fn clients_do_not_believe_f_replicas() {
    withstood("lying-replies", Mark::OtherRun);
}

#[test]
fn two_proposals_for_one_place_are_evidence() {
    withstood("equivocate", Mark::Rule("Accuse"));
}

#[test]
fn batches_that_the_primary_withholds_come_from_others() {
    withstood("withhold-proposals", Mark::OtherRun);
}

#[test]
fn proposals_at_wild_numbers_are_ignored() {
    withstood("wild-numbers", Mark::Rule("IgnoreNotPrimary"));
}

#[test]
fn odd_batches_are_refused_or_change_nothing() {
    withstood("odd-batches", Mark::Rule("IgnoreBadBatch"));
}

#[test]
fn a_primary_that_waits_to_be_suspected_does_no_harm() {
    withstood("slow-primary", Mark::OtherRun);
}

#[test]
fn votes_for_everything_decide_nothing() {
    withstood("votes-for-all", Mark::OtherRun);
}

#[test]
fn f_replicas_that_always_suspect_move_nobody() {
    withstood("suspect-always", Mark::Rule("IgnoreOtherView"));
}

#[test]
fn suspicions_that_were_kept_cost_a_view_change_at_most() {
    withstood("hoard-suspicions", Mark::OtherRun);
}

#[test]
fn reports_that_hide_what_prepared_lose_nothing() {
    withstood("shade-reports", Mark::Rule("Accuse"));
}

#[test]
fn a_view_that_begins_twice_decides_once() {
    withstood("two-new-views", Mark::OtherRun);
}

#[test]
fn nobody_votes_where_a_view_began_settled() {
    withstood("rewrite-settled", Mark::OtherRun);
}

#[test]
fn false_checkpoints_never_get_stable() {
    withstood("false-checkpoints", Mark::Rule("Accuse"));
}

#[test]
fn bad_pieces_of_state_are_left_aside() {
    withstood("poison-state", Mark::OtherRun);
    // Seldom does anybody fall so far behind that it fetches state, and from a liar.
    let is_poisoned = |seed: &u64| {
        let report = run_seed(*seed, 4, 1, &adversary("poison-state"));
        assert!(report.is_good(), "{report}");
        report.counters.rule("LeavePeer") > 0
    };
    assert!((0..SEEDS_RARE).any(|seed| is_poisoned(&seed)), "nobody was given a bad piece");
}

#[test]
fn proofs_that_prove_nothing_are_refused() {
    withstood("unfounded", Mark::Refused);
}

#[test]
fn false_hints_cost_a_question() {
    withstood("false-hints", Mark::OtherRun);
}

#[test]
fn nobody_is_framed() {
    // That nobody honest is accused is a rule, and all rules hold.
    withstood("frame", Mark::Rule("IgnoreRelayed"));
}

#[test]
fn statements_that_are_off_by_one_do_no_harm() {
    withstood("nudge", Mark::Rule("IgnoreConflict"));
}

#[test]
fn statements_with_fields_of_others_do_no_harm() {
    withstood("swap", Mark::Rule("IgnoreConflict"));
}

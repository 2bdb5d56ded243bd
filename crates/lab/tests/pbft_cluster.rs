//! A whole cluster of PBFT replicas behind real clients, logs and the key-value store: a few seeds of each kind, for
//! every build. `synod sim` runs as many as one likes.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use synod_kernel::{Faults, Membership};
use synod_lab::{Attack, Protocol, Setup, Trial, run_seed};
use synod_sim::{Count, Counters, Options, Rule};

fn trial(seed: u64, replicas: u16, corrupt: u16, attack: &str) -> Trial {
    let membership = Membership::new(replicas, Faults::Byzantine((replicas - 1) / 3)).unwrap();
    let attack = Attack::named(attack, Protocol::Pbft).unwrap();
    let trial = run_seed(&Setup::draw(Protocol::Pbft, membership, attack, corrupt, seed));
    assert_eq!(trial.defect, None, "seed {seed}");
    trial
}

fn survives(seeds: u64, replicas: u16, corrupt: u16, attack: &str) -> Counters {
    let mut counters = Counters::default();
    for seed in 0..seeds {
        let Trial { report, .. } = trial(seed, replicas, corrupt, attack);
        assert!(report.is_good(), "{report}");
        counters.merge(&report.counters);
    }
    counters
}

#[test]
fn four_replicas_survive_crashes_power_cuts_and_every_network() {
    let counters = survives(20, 4, 0, "none");
    let expected = [
        Count::Operations,
        Count::ViewChanges,
        Count::CrashesInStep,
        Count::CrashesInDisk,
        Count::PowerCuts,
        Count::Checkpoints,
        Count::Compactions,
        Count::Audits,
        Count::Needless,
        Count::Proofs,
        Count::Installations,
        Count::Overtakings,
        Count::Pauses,
        Count::ClockJumps,
        Count::SlowDisks,
        Count::DiskFailures,
    ];
    for count in expected {
        assert!(counters.get(count) > 0, "no {} in these seeds:\n{counters}", count.name());
    }
}

/// The first seeds whose options are like this.
fn first_seeds(count: usize, wanted: impl Fn(&Options) -> bool) -> Vec<u64> {
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    (0..).filter(|&seed| wanted(&Options::draw(seed, membership, 0))).take(count).collect()
}

fn all_survive(seeds: &[u64]) -> Counters {
    let mut counters = Counters::default();
    for &seed in seeds {
        let Trial { report, .. } = trial(seed, 4, 0, "none");
        assert!(report.is_good(), "{report}");
        counters.merge(&report.counters);
    }
    counters
}

#[test]
fn links_that_are_cut_slow_or_come_and_go_are_survived() {
    let counters = all_survive(&first_seeds(20, |options| options.faults.partition_every > 0));
    for count in [Count::Cut, Count::Pairs, Count::GrayLinks, Count::Flapping] {
        assert!(counters.get(count) > 0, "no {} in these seeds:\n{counters}", count.name());
    }
}

#[test]
fn copies_that_start_from_what_a_power_cut_leaves_contradict_nobody() {
    let counters = all_survive(&first_seeds(2, |options| options.rehearse_every > 0));
    assert!(counters.get(Count::Rehearsals) > 0, "{counters}");
}

#[test]
fn copies_of_replicas_do_what_the_replicas_do() {
    let counters = all_survive(&first_seeds(2, |options| options.repeat_steps));
    assert!(counters.get(Count::Repeats) > 0, "{counters}");
}

#[test]
fn damaged_and_old_disks_of_as_many_as_are_tolerated_harm_nobody_else() {
    let often = |options: &Options| !options.frail.is_empty() && options.faults.crash_every > 0;
    let counters = all_survive(&first_seeds(20, often));
    for count in [Count::Damages, Count::OldDisks, Count::Refusals] {
        assert!(counters.get(count) > 0, "no {} in these seeds:\n{counters}", count.name());
    }
}

#[test]
fn disks_that_fail_syncs_and_reads_or_are_full_cost_time_and_nothing_else() {
    let counters = all_survive(&first_seeds(20, |options| options.faults.disk_every > 0));
    assert!(counters.get(Count::DiskFailures) > 0, "{counters}");
}

#[test]
fn the_others_finish_while_those_that_can_be_done_without_stay_away() {
    let counters = all_survive(&first_seeds(10, |options| options.outsiders && options.frail.is_empty()));
    assert!(counters.get(Count::Outsiders) > 0, "{counters}");
}

#[test]
fn a_silent_replica_is_survived() {
    survives(10, 4, 1, "silent");
}

#[test]
fn an_equivocating_replica_is_survived_and_accused() {
    let counters = survives(10, 4, 1, "equivocate");
    assert!(counters.rule("Accuse") > 0, "nobody noticed:\n{counters}");
}

#[test]
fn one_liar_too_many_forks_the_service() {
    let broken: BTreeSet<Rule> =
        (0..60).flat_map(|seed| trial(seed, 4, 2, "equivocate").report.tolerated.into_keys()).collect();
    for rule in [Rule::Agreement, Rule::UniqueCertificates] {
        assert!(broken.contains(&rule), "the judge of {rule:?} saw nothing");
    }
}

#[test]
fn one_silent_replica_too_many_stalls_the_service_and_does_no_other_harm() {
    for seed in 0..20 {
        let Trial { report, .. } = trial(seed, 4, 2, "silent");
        assert!(report.is_good(), "{report}");
        let broken: Vec<&Rule> = report.tolerated.keys().collect();
        assert_eq!(broken, [&Rule::Liveness], "seed {seed}");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let [one, other] = [(); 2].map(|()| trial(3, 4, 1, "equivocate").report);
    assert_eq!((one.fingerprint, one.counters), (other.fingerprint, other.counters));
}

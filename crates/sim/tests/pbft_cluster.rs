//! A whole cluster of PBFT replicas behind real clients, logs and services: a few seeds of each kind, for every build.
//! Campaigns of many seeds are run by the `seeds` example.
#![allow(clippy::unwrap_used)]

#[path = "../examples/seeds/cluster.rs"]
mod cluster;
#[path = "../examples/seeds/registers.rs"]
mod registers;

use synod_attacks::{Silent, pbft::Equivocate};
use synod_kernel::adversary::{Adversary, Honest};
use synod_kernel::{Faults, Membership};
use synod_protocols::pbft::Replica;
use synod_sim::{Count, Counters, Report, Rule};

fn run_seed(seed: u64, replicas: u16, corrupt: u16, adversary: impl Adversary<Replica>) -> Report {
    let membership = Membership::new(replicas, Faults::Byzantine((replicas - 1) / 3)).unwrap();
    cluster::run_seed(seed, membership, adversary, corrupt, format!("seed {seed}"))
}

fn survives(seeds: u64, replicas: u16, corrupt: u16, adversary: &impl Adversary<Replica>) -> Counters {
    let mut counters = Counters::default();
    for seed in 0..seeds {
        let report = run_seed(seed, replicas, corrupt, adversary.clone());
        assert!(report.is_good(), "{report}");
        counters.merge(&report.counters);
    }
    counters
}

#[test]
fn four_replicas_survive_crashes_power_cuts_and_every_network() {
    let counters = survives(20, 4, 0, &Honest);
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
    ];
    for count in expected {
        assert!(counters.get(count) > 0, "no {} in these seeds:\n{counters}", count.name());
    }
}

#[test]
fn a_silent_replica_is_survived() {
    survives(10, 4, 1, &Silent);
}

#[test]
fn an_equivocating_replica_is_survived_and_accused() {
    let counters = survives(10, 4, 1, &Equivocate::default());
    assert!(counters.rule("Accuse") > 0, "nobody noticed:\n{counters}");
}

#[test]
fn one_liar_too_many_forks_the_service() {
    let forked =
        (0..60).any(|seed| run_seed(seed, 4, 2, Equivocate::default()).tolerated.contains_key(&Rule::Agreement));
    assert!(forked, "the judge of agreement saw nothing");
}

#[test]
fn one_silent_replica_too_many_stalls_the_service_and_does_no_other_harm() {
    for seed in 0..20 {
        let report = run_seed(seed, 4, 2, Silent);
        assert!(report.is_good(), "{report}");
        let broken: Vec<&Rule> = report.tolerated.keys().collect();
        assert_eq!(broken, [&Rule::Liveness], "seed {seed}");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let [one, other] = [(); 2].map(|()| run_seed(3, 4, 1, Equivocate::default()));
    assert_eq!((one.fingerprint, one.counters), (other.fingerprint, other.counters));
}

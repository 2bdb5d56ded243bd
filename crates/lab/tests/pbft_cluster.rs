//! A whole cluster of PBFT replicas behind real clients, logs and the key-value store: a few seeds of each kind, for
//! every build. `synod sim` runs as many as one likes.
#![allow(clippy::unwrap_used)]

use synod_kernel::{Faults, Membership};
use synod_lab::{Attack, Protocol, Setup, Trial, run_seed};
use synod_sim::{Count, Counters, Rule};

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
    ];
    for count in expected {
        assert!(counters.get(count) > 0, "no {} in these seeds:\n{counters}", count.name());
    }
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
    let forked = (0..60).any(|seed| trial(seed, 4, 2, "equivocate").report.tolerated.contains_key(&Rule::Agreement));
    assert!(forked, "the judge of agreement saw nothing");
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

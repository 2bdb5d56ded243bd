//! What each attack achieves against a whole cluster behind a key-value store: nothing with f replicas, and with f+1
//! the very thing it is made for, which shows that the judges who saw nothing with f were looking.
#![allow(clippy::unwrap_used)]

mod cluster;

use cluster::run_seed;
use synod_attacks::{Silent, pbft::Equivocate};
use synod_kernel::adversary::Adversary;
use synod_protocols::pbft::Replica;
use synod_sim::{Count, Counters, Report, Rule};

/// Seeds within which an attack by one liar too many succeeds.
const SEEDS: u64 = 1000;

fn survives(seeds: u64, replicas: u16, corrupt: u16, adversary: &impl Adversary<Replica>) -> Counters {
    let mut counters = Counters::default();
    for seed in 0..seeds {
        let report = run_seed(seed, replicas, corrupt, adversary);
        assert!(report.is_good(), "{report}");
        assert!(report.counters.get(Count::ViewChanges) > 0, "seed {seed}: the first primary was not replaced");
        counters.merge(&report.counters);
    }
    assert!(counters.get(Count::Operations) > 0, "nothing was done at all:\n{counters}");
    counters
}

fn breaks(rule: Rule, replicas: u16, corrupt: u16, adversary: &impl Adversary<Replica>) -> Report {
    let broken = (0..SEEDS).map(|seed| run_seed(seed, replicas, corrupt, adversary));
    let mut broken = broken.filter(|report| report.tolerated.contains_key(&rule));
    broken.next().unwrap_or_else(|| panic!("{corrupt} of {replicas} did not break {rule:?} in {SEEDS} seeds"))
}

#[test]
fn a_silent_primary_among_four_is_replaced() {
    assert_eq!(survives(8, 4, 1, &Silent).rule("Accuse"), 0, "silence proves nothing");
}

#[test]
fn two_silent_replicas_among_seven_are_survived() {
    assert_eq!(survives(5, 7, 2, &Silent).rule("Accuse"), 0, "silence proves nothing");
}

#[test]
fn a_primary_that_equivocates_among_four_is_replaced_and_convicted() {
    assert!(survives(12, 4, 1, &Equivocate::default()).rule("Accuse") > 0, "nobody has evidence");
}

#[test]
fn a_primary_that_equivocates_among_seven_with_an_accomplice_is_replaced_and_convicted() {
    assert!(survives(5, 7, 2, &Equivocate::default()).rule("Accuse") > 0, "nobody has evidence");
}

#[test]
fn one_silent_replica_too_many_stops_the_service_and_loses_nothing() {
    for (replicas, corrupt) in [(4, 2), (7, 3)] {
        let report = breaks(Rule::Liveness, replicas, corrupt, &Silent);
        assert_eq!(report.tolerated.keys().collect::<Vec<_>>(), [&Rule::Liveness], "only that");
    }
}

#[test]
fn one_replica_too_many_that_equivocates_forks_the_service() {
    for (replicas, corrupt) in [(4, 2), (7, 3)] {
        breaks(Rule::Agreement, replicas, corrupt, &Equivocate::default());
    }
}

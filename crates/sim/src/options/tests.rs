//! Drawing runs.
#![allow(clippy::unwrap_used)]

use super::{NumberError, Options};
use std::collections::BTreeSet;
use synod_kernel::{Faults, Membership, ReplicaId};

fn members() -> Membership {
    Membership::new(7, Faults::Byzantine(2)).unwrap()
}

#[test]
fn one_seed_draws_one_run() {
    assert_eq!(Options::draw(5, members(), 2), Options::draw(5, members(), 2));
    assert_ne!(Options::draw(5, members(), 2).load, Options::draw(6, members(), 2).load);
}

#[test]
fn coalitions_are_distinct_members_and_every_replica_has_its_turn() {
    let mut seen = BTreeSet::new();
    for seed in 0..100 {
        let Options { corrupt, .. } = Options::draw(seed, members(), 2);
        assert!(corrupt.len() == 2 && corrupt[0] < corrupt[1]);
        seen.extend(corrupt);
    }
    assert!(seen.into_iter().eq((0..7).map(ReplicaId::new)));
}

#[test]
fn no_more_replicas_are_frail_or_corrupt_than_are_tolerated() {
    for corrupt in 0..=3 {
        for seed in 0..100 {
            let options = Options::draw(seed, members(), corrupt);
            let allowed = usize::from(2_u16.saturating_sub(corrupt));
            assert_eq!(options.frail.len(), if options.faults.damage > 0 { allowed } else { 0 });
            assert!(options.frail.iter().all(|id| !options.corrupt.contains(id)));
        }
    }
}

#[test]
fn every_kind_of_fault_is_on_in_some_runs_and_off_in_others() {
    let all: Vec<Options> = (0..200).map(|seed| Options::draw(seed, members(), 0)).collect();
    let kinds: [fn(&Options) -> u64; 11] = [
        |options| options.network.loss,
        |options| options.network.duplicate,
        |options| options.network.spike,
        |options| options.faults.crash_every,
        |options| options.faults.power_cut_every,
        |options| options.faults.partition_every,
        |options| options.faults.pause_every,
        |options| options.faults.jump_every,
        |options| options.faults.slow_every,
        |options| options.faults.disk_every,
        |options| options.faults.damage,
    ];
    for kind in kinds {
        let on = all.iter().filter(|options| kind(options) > 0).count();
        assert!((20..=180).contains(&on), "{on} of 200");
    }
    assert!(all.iter().any(|options| kinds.iter().all(|kind| kind(options) == 0)), "some run is gentle");
}

#[test]
fn every_number_can_be_read_and_set_by_its_name_within_its_bounds() {
    let mut options = Options::draw(5, members(), 2);
    let names: BTreeSet<&str> = options.numbers().iter().map(|number| number.name).collect();
    assert_eq!(names.len(), options.numbers().len(), "no two have one name");
    let other = Options::draw(6, members(), 2);
    for number in other.numbers() {
        assert!((number.bounds.0..=number.bounds.1).contains(&number.value), "{number:?}");
        options.set(number.name, number.value).unwrap();
    }
    assert_eq!(options.numbers(), other.numbers());
    assert_eq!(options.load, other.load);
    assert_eq!(options.set("clients", 0), Err(NumberError::OutOfBounds { bounds: (1, 64) }));
    assert_eq!(options.set("client", 1), Err(NumberError::Unknown));
    assert_eq!(options.load, other.load, "a refusal changes nothing");
}

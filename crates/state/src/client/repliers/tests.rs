//! Everyone has a turn, and who fails loses it for ever longer.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixture::scope;
use alloc::vec::Vec;

fn repliers() -> Repliers {
    Repliers::new(SessionId::new(0))
}

fn choose(repliers: &mut Repliers) -> u16 {
    repliers.choose(&scope().membership).get()
}

fn all_heard(repliers: &mut Repliers) {
    scope().membership.replicas().for_each(|id| repliers.hear(id));
}

#[test]
fn everyone_has_a_turn_and_incarnations_begin_elsewhere() {
    let mut repliers = repliers();
    assert_eq!((0..8).map(|_| choose(&mut repliers)).collect::<Vec<_>>(), [1, 2, 3, 0, 1, 2, 3, 0]);
    assert_eq!(choose(&mut Repliers::new(SessionId::new(u64::MAX))), 0);
}

#[test]
fn whoever_fails_rests_for_twice_as_long_each_time() {
    let mut repliers = repliers();
    let mut asked_at = Vec::new();
    for turn in 1..=20_000_u64 {
        all_heard(&mut repliers);
        if choose(&mut repliers) == 2 {
            asked_at.push(turn);
            repliers.failed(ReplicaId::new(2));
        }
    }
    let pauses: Vec<u64> = asked_at.windows(2).map(|two| two[1] - two[0]).collect();
    assert_eq!(pauses, [64, 128, 256, 512, 1024, 2048, 4096, 8192], "of twenty thousand requests nine");
}

#[test]
fn failures_of_requests_under_way_count_once_and_are_made_good_by_serving() {
    let mut repliers = repliers();
    choose(&mut repliers);
    (0..50).for_each(|_| repliers.failed(ReplicaId::new(2)));
    let rests = |repliers: &Repliers| repliers.standing[&ReplicaId::new(2)].rests_until - repliers.turn;
    assert_eq!(rests(&repliers), REST);
    repliers.turn += REST;
    repliers.served(ReplicaId::new(2));
    repliers.served(ReplicaId::new(2));
    repliers.failed(ReplicaId::new(2));
    assert_eq!(rests(&repliers), REST);
}

#[test]
fn who_was_not_heard_lately_is_asked_only_if_nobody_else_is_left() {
    let mut repliers = repliers();
    choose(&mut repliers);
    (0..2).for_each(|position| repliers.hear(ReplicaId::new(position)));
    let asked: Vec<u16> = (0..8).map(|_| choose(&mut repliers)).collect();
    assert!(asked.iter().all(|&position| position < 2), "{asked:?}");
    (0..2).for_each(|position| repliers.failed(ReplicaId::new(position)));
    assert!(choose(&mut repliers) >= 2);
    repliers.turn += RECENT + REST;
    let asked: Vec<u16> = (0..4).map(|_| choose(&mut repliers)).collect();
    assert!((0..4).all(|position| asked.contains(&position)), "{asked:?}: long ago is as good as never");
}

#[test]
fn when_all_rest_the_one_that_is_ready_first_is_asked() {
    let mut repliers = repliers();
    for position in [3, 1, 0, 2] {
        choose(&mut repliers);
        repliers.failed(ReplicaId::new(position));
    }
    assert_eq!(choose(&mut repliers), 3);
}

#[test]
fn there_is_an_entry_per_replica() {
    let mut repliers = repliers();
    for _ in 0..1000 {
        let chosen = repliers.choose(&scope().membership);
        repliers.hear(chosen);
        repliers.failed(chosen);
    }
    assert!(repliers.standing.len() <= usize::from(scope().membership.size()));
}

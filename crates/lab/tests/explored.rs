//! PBFT with a free attacker, in worlds small enough to look at all of.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use synod_kernel::{Faults, Membership, ReplicaId};
use synod_lab::Protocol;
use synod_lab::explore::{Found, Limits, Outcome, SmallWorld};

fn world(liars: &[u16], views: u16, places: u16) -> SmallWorld {
    world_of(4, 1, liars, views, places)
}

fn world_of(replicas: u16, faults: u16, liars: &[u16], views: u16, places: u16) -> SmallWorld {
    let membership = Membership::new(replicas, Faults::Byzantine(faults)).unwrap();
    let liars: BTreeSet<ReplicaId> = liars.iter().copied().map(ReplicaId::new).collect();
    SmallWorld { protocol: Protocol::Pbft, membership, liars, views, places }
}

/// Looks at so many states, and says what was found.
fn look(world: &SmallWorld, states: usize, crashes: u8) -> Found {
    world.explore(Limits { states, crashes }, |_| ControlFlow::Continue(()))
}

#[test]
fn one_free_liar_among_four_forks_nobody_as_far_as_this_looks() {
    for liar in [0, 1] {
        let found = look(&world(&[liar], 2, 1), 20_000, 0);
        assert_eq!(found.outcome, Outcome::Incomplete, "{found}");
    }
}

#[test]
fn honest_replicas_that_crash_anywhere_contradict_nothing() {
    let found = look(&world(&[0], 2, 1), 10_000, 1);
    assert_eq!(found.outcome, Outcome::Incomplete, "{found}");
}

#[test]
fn two_places_are_more_than_one() {
    let [one, two] = [1, 2].map(|places| look(&world(&[0], 1, places), 5_000, 0));
    assert!(two.levels[1] > one.levels[1], "{two}");
}

#[test]
fn two_free_liars_among_four_fork_it_and_six_steps_suffice() {
    let found = look(&world(&[0, 1], 1, 1), 1_000_000, 0);
    let Outcome::Violated(path) = &found.outcome else { panic!("{found}") };
    assert!(path.sentence.starts_with("Agreement: "), "{path}");
    // Each of the two victims hears a proposal, a vote for it, and two commits; three of these it says itself.
    assert_eq!(path.steps.len(), 6, "{path}");
    assert!(path.to_string().contains("AcceptPrePrepare"), "{path}");
}

#[test]
fn a_liar_too_many_that_leads_the_second_view_forks_it_in_seven_steps() {
    let found = look(&world_of(3, 0, &[1], 2, 1), 100_000, 0);
    let Outcome::Violated(path) = &found.outcome else { panic!("{found}") };
    // Three steps decide in the first view, two lead the other replica to the second one, two decide there.
    assert_eq!(path.steps.len(), 7, "{path}");
    let told = path.to_string();
    assert!(told.contains("hears the liar r1 say NewView") && told.contains("EnterView"), "{told}");
}

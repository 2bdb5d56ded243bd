//! Which choices are alike, and that they are.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::explore::{Limits, SmallWorld};
use std::ops::ControlFlow;
use synod_kernel::Faults;

fn of(replicas: u16, faults: u16, corrupt: u16, views: u16) -> Vec<(Vec<u16>, usize)> {
    let membership = Membership::new(replicas, Faults::Byzantine(faults)).unwrap();
    let choices = choices(Protocol::Pbft, membership, corrupt, views);
    choices.into_iter().map(|choice| (numbers(&choice.liars), choice.like.len())).collect()
}

fn numbers(liars: &BTreeSet<ReplicaId>) -> Vec<u16> {
    liars.iter().map(|id| id.get()).collect()
}

#[test]
fn who_leads_no_view_is_like_the_others_who_lead_none() {
    assert_eq!(of(4, 1, 1, 1), [(vec![0], 0), (vec![1], 2)]);
    assert_eq!(of(4, 1, 1, 2), [(vec![0], 0), (vec![1], 0), (vec![2], 1)]);
    assert_eq!(of(4, 1, 1, 4), [(vec![0], 0), (vec![1], 0), (vec![2], 0), (vec![3], 0)]);
    assert_eq!(of(4, 1, 0, 1), [(vec![], 0)]);
}

#[test]
fn nobody_is_like_another_where_numbers_matter() {
    assert_eq!(of(4, 1, 2, 1).len(), 6);
    assert_eq!(of(5, 1, 1, 1).len(), 5);
    assert_eq!(of(7, 2, 2, 1).len(), 21);
}

#[test]
fn choices_that_are_alike_have_as_many_states_at_every_distance() {
    let levels = |liar: u16, views: u16| {
        let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
        let liars = BTreeSet::from([ReplicaId::new(liar)]);
        let world = SmallWorld { protocol: Protocol::Pbft, membership, liars, views, places: 1 };
        world.explore(Limits { states: 20_000, crashes: 0 }, |_| ControlFlow::Continue(())).levels
    };
    let alike = [(1, 2, 1), (1, 3, 1), (2, 3, 2)];
    for (one, other, views) in alike {
        assert_eq!(levels(one, views), levels(other, views), "{one} and {other} in {views} views");
    }
    assert_ne!(levels(0, 1), levels(1, 1), "the primary is like nobody");
}

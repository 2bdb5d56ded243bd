//! What replicas keep because of time makes no difference to what is found, and to how short the way to it is.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::protocol::Protocol;
use synod_kernel::Faults;
use synod_sim::explore::{Found, Limits, Outcome, explore};

/// Enough for the counterexamples here, and not too many for a world without an end.
const STATES: usize = 110_000;

/// The same world, in which replicas that differ in what they keep because of time are told apart.
struct WithTime(SmallPbft);

impl Plan for WithTime {
    type Process = Replica;

    fn membership(&self) -> Membership {
        self.0.membership()
    }
    fn corrupt(&self) -> BTreeSet<ReplicaId> {
        self.0.corrupt()
    }
    fn process(&self, id: ReplicaId) -> Replica {
        self.0.process(id)
    }
    fn requests(&self) -> Vec<Request> {
        self.0.requests()
    }
    fn carries(&self, message: &Message<Replica>) -> bool {
        self.0.carries(message)
    }
    fn may_fire(&self, timer: Timer) -> bool {
        self.0.may_fire(timer)
    }
    fn is_within(&self, status: &Status) -> bool {
        self.0.is_within(status)
    }
    fn lies(
        &self,
        heard: &mut dyn Iterator<Item = (ReplicaId, &Message<Replica>)>,
        say: &mut dyn FnMut(ReplicaId, Message<Replica>),
    ) {
        self.0.lies(heard, say);
    }
}

/// What is found without and with time.
fn both(replicas: u16, faults: u16, liars: &[u16], views: u16) -> [Found; 2] {
    let membership = Membership::new(replicas, Faults::Byzantine(faults)).unwrap();
    let liars = liars.iter().copied().map(ReplicaId::new).collect();
    let world = SmallWorld { protocol: Protocol::Pbft, membership, liars, views, places: 1 };
    let limits = Limits { states: STATES, crashes: 0 };
    [explore(&SmallPbft::new(&world), limits), explore(&WithTime(SmallPbft::new(&world)), limits)]
}

fn length(found: &Found) -> usize {
    let Outcome::Violated(path) = &found.outcome else { panic!("{found}") };
    path.steps.len()
}

#[test]
fn a_counterexample_is_as_short_without_time() {
    for (replicas, faults, liars, views) in [(4, 1, &[0, 1][..], 1), (3, 0, &[0], 2)] {
        let [without, with] = both(replicas, faults, liars, views);
        assert_eq!(length(&without), length(&with), "{without}\n{with}");
        assert!(without.states <= with.states, "{without}\n{with}");
    }
}

#[test]
fn nothing_is_wrong_without_time_where_nothing_is_wrong_with_it() {
    let [without, with] = both(3, 0, &[], 1);
    assert_eq!(without.outcome, Outcome::Complete, "{without}");
    assert_eq!(with.outcome, Outcome::Incomplete, "{with}");
    // What time adds needs something that was executed: before, the same can happen.
    assert_eq!(without.levels[..5], with.levels[..5]);
}

#[test]
fn without_time_a_world_with_a_second_view_has_an_end() {
    let [without, with] = both(2, 0, &[], 2);
    assert_eq!(without.outcome, Outcome::Complete, "{without}");
    assert_eq!(with.outcome, Outcome::Incomplete, "{with}");
}

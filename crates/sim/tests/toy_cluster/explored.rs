//! A toy, sound and defective, in worlds small enough to look at all of.

use crate::toy::scenario::members;
use crate::toy::{Defect, Toy, Vow};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::Arc;
use synod_kernel::process::{Message, Status};
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{ClientId, Digest, Domain, Epoch, Membership, ReplicaId, Request, RequestId, Scope, Seq, SessionId};
use synod_sim::explore::{Found, Limits, Outcome, Plan, explore};

struct Toys {
    scope: Scope,
    referee: Referee,
    requests: Vec<Request>,
    defect: Defect,
    /// Whether the primary lies.
    primary_lies: bool,
}

const PRIMARY: ReplicaId = ReplicaId::new(0);

impl Toys {
    fn new(defect: Defect, requests: u64) -> Self {
        let membership = members();
        let domain = Domain { cluster: Digest::of("explored", b"toys"), epoch: Epoch::new(0) };
        let client = ClientId::new([7; 32]);
        let referee = Referee::new(1, membership, [client]);
        let request = |id| {
            let signer = referee.signer(Author::Client(client));
            let operations = vec![Bytes::from_static(b"x")];
            Request::sign(SessionId::new(1), RequestId::new(id), operations, &domain, &signer).unwrap()
        };
        let requests = (1..=requests).map(request).collect();
        Self { scope: Scope { domain, membership, window: 8 }, referee, requests, defect, primary_lies: false }
    }

    fn explore(&self, limits: Limits) -> Found {
        explore(self, limits)
    }
}

impl Plan for Toys {
    type Process = Toy;

    fn membership(&self) -> Membership {
        self.scope.membership
    }
    fn corrupt(&self) -> BTreeSet<ReplicaId> {
        self.primary_lies.then_some(PRIMARY).into_iter().collect()
    }
    fn process(&self, id: ReplicaId) -> Toy {
        Toy::new(id, self.scope, Arc::new(self.referee.signer(Author::Replica(id))), self.defect)
    }
    fn requests(&self) -> Vec<Request> {
        self.requests.clone()
    }
    fn carries(&self, message: &Message<Toy>) -> bool {
        matches!(message, Message::Vow(_))
    }
    /// It only repeats what was said, and nothing that was said is lost here.
    fn may_fire(&self, _: ()) -> bool {
        false
    }
    fn is_within(&self, _: &Status) -> bool {
        true
    }
    fn lies(
        &self,
        _: &mut dyn Iterator<Item = (ReplicaId, &Message<Toy>)>,
        say: &mut dyn FnMut(ReplicaId, Message<Toy>),
    ) {
        if self.primary_lies {
            for request in &self.requests {
                let batch = synod_kernel::Batch::new(vec![request.clone()]);
                say(PRIMARY, Message::Vow(Vow::Propose { seq: Seq::new(1), batch }));
            }
        }
    }
}

#[test]
fn a_sound_toy_is_looked_at_from_all_sides() {
    let found = Toys::new(Defect::None, 1).explore(Limits { states: 100_000, crashes: 1 });
    assert_eq!(found.outcome, Outcome::Complete, "{found}");
    assert!(found.states > 1_000 && found.depth > 10, "{found}");
    assert_eq!(
        found,
        Toys::new(Defect::None, 1).explore(Limits { states: 100_000, crashes: 1 }),
        "the same every time"
    );
}

#[test]
fn a_limit_ends_it_and_is_told() {
    let found = Toys::new(Defect::None, 1).explore(Limits { states: 100, crashes: 1 });
    assert_eq!(found.outcome, Outcome::Incomplete);
    assert!((100..200).contains(&found.states), "{found}");
}

#[test]
fn forgetting_a_promise_in_a_crash_is_found_by_the_shortest_way() {
    let found = Toys::new(Defect::Forgets, 2).explore(Limits { states: 100_000, crashes: 1 });
    let Outcome::Violated(path) = &found.outcome else { panic!("{found}") };
    assert!(path.sentence.contains("it contradicts itself"), "{path}");
    // It proposes one request, crashes, and proposes the other one in the same place.
    assert_eq!(path.steps.len(), 2, "{path}");
    assert!(path.steps[0].what.contains("crashes after"), "{path}");
}

#[test]
fn a_primary_that_lies_forks_a_toy_that_compares_no_votes() {
    let toys = Toys { primary_lies: true, ..Toys::new(Defect::None, 2) };
    let found = toys.explore(Limits { states: 100_000, crashes: 0 });
    let Outcome::Violated(path) = &found.outcome else { panic!("{found}") };
    assert!(path.sentence.starts_with("Agreement: "), "{path}");
}

#[test]
fn without_crashes_nothing_is_forgotten() {
    let found = Toys::new(Defect::Forgets, 1).explore(Limits { states: 100_000, crashes: 0 });
    assert_eq!(found.outcome, Outcome::Complete, "{found}");
}

/// The numbers are those that another explorer found in the same world: decision 0009.
#[test]
fn as_many_states_at_every_distance_as_another_explorer_finds() {
    let levels = |requests, primary_lies, states| {
        let toys = Toys { primary_lies, ..Toys::new(Defect::None, requests) };
        let found = toys.explore(Limits { states, crashes: 0 });
        (found.levels, found.outcome)
    };
    let (honest, outcome) = levels(1, false, 100_000);
    assert_eq!((honest.iter().sum::<usize>(), outcome), (1_001, Outcome::Complete));
    assert_eq!(honest, [1, 1, 6, 21, 53, 102, 156, 192, 189, 147, 87, 36, 9, 1]);

    let (lied_to, outcome) = levels(1, true, 100_000);
    assert_eq!((lied_to.iter().sum::<usize>(), outcome), (125, Outcome::Complete));
    assert_eq!(lied_to, [1, 3, 9, 16, 24, 27, 23, 15, 6, 1]);

    let (forked, outcome) = levels(2, true, 100_000);
    assert_eq!(forked, [1, 6, 24, 62]);
    assert!(matches!(outcome, Outcome::Violated(path) if path.steps.len() == 4));

    let (two_places, _) = levels(2, false, 10_000);
    assert_eq!(two_places[..7], [1, 2, 14, 66, 268, 1_004, 3_474]);
}

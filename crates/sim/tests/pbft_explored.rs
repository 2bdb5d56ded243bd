//! PBFT with a free attacker, in worlds small enough to look at all of.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use synod_attacks::pbft::Free;
use synod_kernel::descriptor::Parameters;
use synod_kernel::process::{Message, Status};
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    Batch, ClientId, Digest, Domain, Epoch, Faults, Membership, ReplicaId, Request, RequestId, Scope, Seq, SessionId,
    Signer, View,
};
use synod_protocols::pbft::{Config, Hint, Replica, Timer};
use synod_sim::explore::{Limits, Outcome, Plan, explore};

/// One place, and views up to the last one.
struct OnePlace {
    scope: Scope,
    referee: Referee,
    corrupt: BTreeSet<ReplicaId>,
    request: Request,
    attacker: Free,
    last_view: View,
}

impl OnePlace {
    fn new(replicas: u16, faults: u16, corrupt: &[u16], last_view: u64) -> Self {
        let membership = Membership::new(replicas, Faults::Byzantine(faults)).unwrap();
        let domain = Domain { cluster: Digest::of("explored", b"one place"), epoch: Epoch::new(0) };
        let client = ClientId::new([7; 32]);
        let referee = Referee::new(1, membership, [client]);
        let request = |id| {
            let signer = referee.signer(Author::Client(client));
            Request::sign(SessionId::new(1), RequestId::new(id), vec![Bytes::from_static(b"x")], &domain, &signer)
                .unwrap()
        };
        let corrupt: BTreeSet<ReplicaId> = corrupt.iter().copied().map(ReplicaId::new).collect();
        let key =
            |id: ReplicaId| -> (ReplicaId, Arc<dyn Signer>) { (id, Arc::new(referee.signer(Author::Replica(id)))) };
        let attacker = Free {
            domain,
            membership,
            signers: corrupt.iter().copied().map(key).collect::<BTreeMap<_, _>>(),
            batches: vec![Batch::new(vec![request(1)]), Batch::new(vec![request(2)])],
            places: vec![Seq::new(1)],
            last_view: View::new(last_view),
        };
        let scope = Scope { domain, membership, window: 1 };
        Self { scope, corrupt, request: request(1), attacker, last_view: View::new(last_view), referee }
    }
}

impl Plan for OnePlace {
    type Process = Replica;

    fn membership(&self) -> Membership {
        self.scope.membership
    }
    fn corrupt(&self) -> BTreeSet<ReplicaId> {
        self.corrupt.clone()
    }
    fn process(&self, id: ReplicaId) -> Replica {
        let parameters = Parameters { checkpoint_interval: 1, window: 1, pipeline: 1, ..Parameters::default() };
        Replica::new(Config::new(self.scope, parameters, Arc::new(self.referee.signer(Author::Replica(id)))))
    }
    fn requests(&self) -> Vec<Request> {
        vec![self.request.clone()]
    }
    /// Reports of progress repeat what was said, and nothing that was said is lost here.
    fn carries(&self, message: &Message<Replica>) -> bool {
        !matches!(message, Message::Hint(Hint::Progress(_)))
    }
    fn may_fire(&self, timer: Timer) -> bool {
        matches!(timer, Timer::Request(..) | Timer::NewView(_))
    }
    fn is_within(&self, status: &Status) -> bool {
        status.view <= self.last_view
    }
    fn lies(
        &self,
        heard: &mut dyn Iterator<Item = (ReplicaId, &Message<Replica>)>,
        say: &mut dyn FnMut(ReplicaId, Message<Replica>),
    ) {
        self.attacker.speak(heard.map(|(_, message)| message), say);
    }
}

/// Looks at so many states, and says what was found.
fn look(corrupt: &[u16], last_view: u64, states: usize) -> synod_sim::explore::Found {
    explore(&OnePlace::new(4, 1, corrupt, last_view), Limits { states, crashes: 0 })
}

#[test]
fn one_free_liar_among_four_forks_nobody_as_far_as_this_looks() {
    for liar in [0, 1] {
        let found = look(&[liar], 1, 20_000);
        assert_eq!(found.outcome, Outcome::Incomplete, "{found}");
    }
}

#[test]
fn honest_replicas_that_crash_anywhere_contradict_nothing() {
    let found = explore(&OnePlace::new(4, 1, &[0], 1), Limits { states: 10_000, crashes: 1 });
    assert_eq!(found.outcome, Outcome::Incomplete, "{found}");
}

#[test]
fn two_free_liars_among_four_fork_it_and_six_steps_suffice() {
    let found = look(&[0, 1], 0, 1_000_000);
    let Outcome::Violated(path) = &found.outcome else { panic!("{found}") };
    assert!(path.sentence.starts_with("Agreement: "), "{path}");
    // Each of the two victims hears a proposal, a vote for it, and two commits; three of these it says itself.
    assert_eq!(path.steps.len(), 6, "{path}");
    assert!(path.to_string().contains("AcceptPrePrepare"), "{path}");
}

//! PBFT in a small world: every replica but the liars is the real one, and the liars are free.
//!
//! What is left out, and why nothing is lost by it:
//! * Timers that only repeat what was said (reports of progress, and what they answer): nothing that was said is ever
//!   lost here, and may arrive as often as it likes.
//! * Batches of several requests: a batch is a value to everything but the service.
//! * What a replica keeps because of time or losses: see [`Replica::forget_time`].
//!
//! What is left out and is therefore not shown: checkpoints, garbage collection and transfer of state, since the world
//! ends where the window does; what liars can do with requests that no client signed; reports of progress that liars
//! invent, and what an honest replica would answer them.

use super::world::SmallWorld;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::Arc;
use synod_attacks::pbft::Free;
use synod_kernel::descriptor::Parameters;
use synod_kernel::process::{Message, Status};
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    Batch, ClientId, Digest, Domain, Epoch, Membership, ReplicaId, Request, RequestId, Scope, Seq, SessionId, Signer,
    View,
};
use synod_protocols::pbft::{Config, Hint, Replica, Timer};
use synod_sim::explore::Plan;

/// So few that every batch is one request.
const BATCH_BYTES: u32 = 1;

/// Places and views up to the last ones, one request for each place that clients ask for, and one more that only the
/// attacker has.
pub(super) struct SmallPbft {
    scope: Scope,
    referee: Referee,
    corrupt: BTreeSet<ReplicaId>,
    requests: Vec<Request>,
    attacker: Free,
    places: u64,
    last_view: View,
}

impl SmallPbft {
    pub(super) fn new(world: &SmallWorld) -> Self {
        let (membership, places) = (world.membership, u64::from(world.places));
        let domain = Domain { cluster: Digest::of("explored", b"small world"), epoch: Epoch::new(0) };
        let client = ClientId::new([7; 32]);
        let referee = Referee::new(1, membership, [client]);
        let request = |id| {
            let (session, id) = (SessionId::new(1), RequestId::new(id));
            let signer = referee.signer(Author::Client(client));
            Request::sign(session, id, vec![Bytes::from_static(b"x")], &domain, &signer)
                .expect("one short operation is within every bound")
        };
        let all: Vec<Request> = (1..=places + 1).map(request).collect();
        let key = |&id: &ReplicaId| {
            let signer: Arc<dyn Signer> = Arc::new(referee.signer(Author::Replica(id)));
            (id, signer)
        };
        let last_view = View::new(u64::from(world.views) - 1);
        let attacker = Free {
            domain,
            membership,
            signers: world.liars.iter().map(key).collect(),
            batches: all.iter().map(|request| Batch::new(vec![request.clone()])).collect(),
            places: (1..=places).map(Seq::new).collect(),
            last_view,
        };
        let scope = Scope { domain, membership, window: places };
        let requests = all[..usize::from(world.places)].to_vec();
        Self { scope, referee, corrupt: world.liars.clone(), requests, attacker, places, last_view }
    }
}

impl Plan for SmallPbft {
    type Process = Replica;

    fn membership(&self) -> Membership {
        self.scope.membership
    }

    fn corrupt(&self) -> BTreeSet<ReplicaId> {
        self.corrupt.clone()
    }

    fn process(&self, id: ReplicaId) -> Replica {
        let parameters = Parameters {
            checkpoint_interval: self.places,
            window: self.places,
            pipeline: self.places,
            batch_bytes: BATCH_BYTES,
            ..Parameters::default()
        };
        Replica::new(Config::new(self.scope, parameters, Arc::new(self.referee.signer(Author::Replica(id)))))
    }

    fn settle(&self, process: &mut Replica) {
        process.forget_time();
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.clone()
    }

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

    fn names(&self) -> Vec<(String, String)> {
        let batches = self.attacker.batches.iter().zip('A'..).map(|(batch, name)| (batch.digest(), name.to_string()));
        let digests = batches.chain([(Batch::null().digest(), "null".to_owned())]);
        let names = digests.map(|(digest, name)| (digest.to_string(), name));
        let requests = self.requests.iter().zip('a'..);
        let requests = requests.map(|(request, name)| (format!("{:?}", request.key()), format!("request {name}")));
        names.chain(requests).collect()
    }
}

#[cfg(test)]
mod tests;

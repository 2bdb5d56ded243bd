//! One PBFT replica of four through one batch in normal operation, from the first input to the decision.
//!
//! Votes of the others are made and verified beforehand, as they are by other threads. With symbolic signatures what is
//! left is the core itself; with Ed25519 its own signatures are counted, too.
#![allow(missing_docs, unreachable_pub, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::sync::Arc;
use synod_kernel::descriptor::Parameters;
use synod_kernel::ed25519::{Ed25519Signer, SecretKey};
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    Address, Batch, ClientId, Digest, Domain, Effect, Epoch, Faults, Input, Membership, Message, Outbox, Process,
    ReplicaId, Request, RequestId, Scope, Seq, SessionId, Signed, Signer, Task, View,
};
use synod_protocols::pbft::{Commit, Config, PrePrepare, Prepare, Replica, Vow};
use zeroize::Zeroizing;

const CLIENT: ClientId = ClientId::new([7; 32]);
const REQUESTS: u64 = 16;

struct World {
    scope: Scope,
    referee: Referee,
    batch: Batch,
}

fn world() -> World {
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let domain = Domain { cluster: Digest::of("bench", b"cluster"), epoch: Epoch::new(0) };
    let referee = Referee::new(1, membership, [CLIENT]);
    let signer = referee.signer(Author::Client(CLIENT));
    let request = |id: u64| {
        let operations = (0..64).map(|_| Bytes::from(vec![0x5a; 300])).collect();
        Request::sign(SessionId::new(1), RequestId::new(id), operations, &domain, &signer).unwrap()
    };
    let batch = Batch::new((1..=REQUESTS).map(request).collect());
    let scope = Scope { domain, membership, window: Parameters::default().window };
    World { scope, referee, batch }
}

impl World {
    /// A replica that has started, with nothing behind it.
    fn replica(&self, signer: Arc<dyn Signer>) -> Replica {
        let mut replica = Replica::new(Config::new(self.scope, Parameters::default(), signer));
        let mut out = Outbox::default();
        let state = Digest::of("bench", b"empty");
        replica.step(Input::Start { records: Vec::new(), executed: Seq::default(), state }, &mut out);
        replica
    }

    fn symbolic(&self, position: u16) -> Arc<dyn Signer> {
        Arc::new(self.referee.signer(Author::Replica(ReplicaId::new(position))))
    }

    fn said(&self, position: u16, vow: Vow) -> Input<Replica> {
        Input::Deliver { from: ReplicaId::new(position), message: Message::Vow(vow) }
    }

    /// What the backup 1 hears of a batch at place 1.
    fn heard_by_a_backup(&self) -> Vec<Input<Replica>> {
        let prepare = Prepare { view: View::default(), seq: Seq::new(1), digest: self.batch.digest() };
        let domain = &self.scope.domain;
        let sign = |position| Signed::sign(prepare, domain, &*self.symbolic(position));
        let proposal = Vow::PrePrepare(PrePrepare::new(sign(0), self.batch.clone()));
        let mut inputs = vec![self.said(0, proposal)];
        inputs.extend([2, 3].map(|position| self.said(position, Vow::Prepare(sign(position)))));
        inputs.extend(self.commits(&[0, 2, 3]));
        inputs
    }

    fn commits(&self, positions: &[u16]) -> Vec<Input<Replica>> {
        let commit = Commit { view: View::default(), seq: Seq::new(1), digest: self.batch.digest() };
        let vow = |position| Vow::Commit(Signed::sign(commit, &self.scope.domain, &*self.symbolic(position)));
        positions.iter().map(|&position| self.said(position, vow(position))).collect()
    }
}

/// Gives all inputs and demands that the batch is decided.
fn drive(mut replica: Replica, inputs: Vec<Input<Replica>>) -> Replica {
    let (mut out, mut is_decided) = (Outbox::default(), false);
    for input in inputs {
        replica.step(input, &mut out);
        is_decided |= out.drain().iter().any(|effect| matches!(effect, Effect::Ask(Task::Execute { .. })));
    }
    assert!(is_decided, "the inputs make a decision");
    replica
}

fn step(criterion: &mut Criterion) {
    let world = world();
    let key = |seed| SecretKey::from_seed(&Zeroizing::new([seed; 32]));
    let ed25519 =
        |position: u16| -> Arc<dyn Signer> { Arc::new(Ed25519Signer::replica(ReplicaId::new(position), key(1))) };
    let mut group = criterion.benchmark_group("one batch through one replica");
    let backup_inputs = world.heard_by_a_backup();
    for (name, signer) in [("backup, symbolic", world.symbolic(1)), ("backup, ed25519", ed25519(1))] {
        let replica = world.replica(signer);
        group.bench_function(name, |bencher| {
            let fresh = || (replica.clone(), backup_inputs.clone());
            bencher.iter_batched(fresh, |(replica, inputs)| drive(replica, inputs), BatchSize::LargeInput);
        });
    }
    let requests = world.batch.requests().iter().cloned();
    let requests: Vec<_> = requests.map(|request| Input::Request { from: Address::Client(CLIENT), request }).collect();
    for (name, signer) in [("primary, symbolic", world.symbolic(0)), ("primary, ed25519", ed25519(0))] {
        let replica = world.replica(signer);
        group.bench_function(name, |bencher| {
            let fresh = || (replica.clone(), requests.clone());
            bencher.iter_batched(fresh, |(replica, inputs)| propose(replica, inputs), BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// Gives a primary requests and demands that it proposes.
fn propose(mut replica: Replica, inputs: Vec<Input<Replica>>) -> Replica {
    let (mut out, mut proposals) = (Outbox::default(), 0);
    for input in inputs {
        replica.step(input, &mut out);
        let is_proposal =
            |effect: &Effect<Replica>| matches!(effect, Effect::Send { message: Message::Vow(Vow::PrePrepare(_)), .. });
        proposals += out.drain().iter().filter(|effect| is_proposal(effect)).count();
    }
    assert!(proposals > 0, "a primary proposes what it is asked");
    replica
}

criterion_group!(benches, step);
criterion_main!(benches);

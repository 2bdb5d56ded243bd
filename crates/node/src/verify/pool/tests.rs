//! What verifies gets through, what does not is its sender's alone to answer for.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::files::ReplicaFolder;
use crate::fixture::{Site, soon};
use crate::transport::{Closing, Connectivity, Limits, SendQueue};
use crate::verify::{Inputs, inputs};
use synod_kernel::ed25519::{Ed25519Signer, SecretKey};
use synod_kernel::{Batch, ClientId, Domain, Encode, Outbox, ReplicaId, RequestId, Seq, SessionId, Signed, View};
use synod_protocols::pbft::{Config, Hint, PrePrepare, Prepare, Replica, Vow};
use tokio::sync::Semaphore;

struct World {
    site: Site,
    signer: Ed25519Signer,
    metrics: Arc<Metrics>,
    roster: Arc<Roster>,
}

impl World {
    fn new() -> Self {
        // One offence is free.
        let limits = Limits { offences_free: 1, ..Limits::default() };
        let site = Site::new();
        let seed = crate::files::read_key(&site.made.client.join("client.key")).unwrap();
        let signer = Ed25519Signer::client(SecretKey::from_seed(&seed));
        let metrics = Arc::new(Metrics::default());
        let connectivity = Connectivity::new(&site.made.cluster.scope().membership);
        let roster = Arc::new(Roster::new(limits, connectivity, metrics.clone()));
        Self { site, signer, metrics, roster }
    }

    fn start(&self, threads: usize) -> (Pool, Inputs<Replica>) {
        let (out, verified) = inputs();
        let cluster = &self.site.made.cluster;
        let verifier = BatchVerifier::new(cluster);
        (
            Pool::start::<Replica>(threads, *cluster.scope(), &verifier, (&self.roster, &self.metrics), &out).unwrap(),
            verified,
        )
    }

    fn origin(&self, peer: Address) -> Arc<Origin> {
        Arc::new(Origin::new(
            peer,
            Arc::new(SendQueue::dropping(1000, 10)),
            Arc::new(Semaphore::new(1000)),
            self.metrics.peer(peer),
        ))
    }

    /// A worker with what it takes from, and what it puts into.
    fn worker(&self) -> (Worker<Replica>, Inputs<Replica>) {
        let cluster = &self.site.made.cluster;
        let (out, verified) = inputs();
        let worker = Worker {
            lanes: Arc::new(Lanes::new(usize::MAX)),
            count: 1,
            scope: *cluster.scope(),
            verifier: Arc::new(Remembering::new(BatchVerifier::new(cluster), REMEMBERED)),
            meter: self.metrics.stage(Stage::Verify),
            roster: self.roster.clone(),
            metrics: self.metrics.clone(),
            out,
        };
        (worker, verified)
    }

    fn client(&self) -> Address {
        Address::Client(ClientId::new(self.site.made.cluster.descriptor().clients[0].key))
    }

    fn domain(&self) -> Domain {
        self.site.made.cluster.scope().domain
    }

    fn request(&self, id: u64) -> Vec<u8> {
        let operations = vec![Bytes::from_static(b"count")];
        let id = RequestId::new(id);
        Request::sign(SessionId::new(1), id, operations, &self.domain(), &self.signer).unwrap().to_bytes()
    }
}

async fn request(origin: &Arc<Origin>, body: Vec<u8>) -> Job {
    let permit = origin.budget.clone().acquire_many_owned(10).await.unwrap();
    Job { origin: origin.clone(), content: Content::Request, body: Bytes::from(body), permits: vec![permit] }
}

/// All frames wait in the lanes before the threads start, so good and bad ones share a batch.
#[tokio::test]
async fn one_bad_signature_does_not_spoil_the_others() {
    let world = World::new();
    let (honest, liar) = (world.origin(world.client()), world.origin(Address::Replica(ReplicaId::new(1))));
    let (worker, mut verified) = world.worker();
    for id in 1..=20 {
        let mut body = world.request(id);
        let is_spoiled = id == 7;
        if is_spoiled {
            *body.last_mut().unwrap() ^= 1;
        }
        let job = request(if is_spoiled { &liar } else { &honest }, body).await;
        worker.lanes.push(job.ticket(), (Instant::now(), job));
    }
    worker.verify_all(worker.lanes.take(1, FRAMES_AT_ONCE));
    drop(worker);
    let mut ids = Vec::new();
    while let Some(Verified { input, permits }) = verified.requests.recv().await {
        let Input::Request { from, request } = input else { panic!("{input:?}") };
        assert_eq!(from, world.client());
        ids.push(request.key().id.get());
        drop(permits);
    }
    assert_eq!(ids, (1..=20).filter(|id| *id != 7).collect::<Vec<_>>());
    assert_eq!(liar.queue.closing(), Some(Closing::Offence("a bad signature")));
    assert_eq!(honest.queue.closing(), None);
    assert_eq!(honest.budget.available_permits(), 1000, "what the protocol has seen is given back");
    assert_eq!(liar.budget.available_permits(), 1000, "and what was refused");
}

#[tokio::test]
async fn after_one_offence_nothing_of_that_connection_is_looked_at() {
    let world = World::new();
    let liar = world.origin(world.client());
    let (pool, mut verified) = world.start(1);
    let mut spoiled = world.request(1);
    *spoiled.last_mut().unwrap() ^= 1;
    assert!(pool.handle().submit(request(&liar, spoiled.clone()).await));
    soon(liar.queue.closed()).await;
    for _ in 0..50 {
        assert!(pool.handle().submit(request(&liar, spoiled.clone()).await));
    }
    assert!(pool.handle().submit(request(&liar, world.request(2)).await));
    // Another connection of the same client, and a replica, are no matter.
    let other = world.origin(world.client());
    assert!(pool.handle().submit(request(&other, world.request(3)).await));
    let Verified { input, .. } = soon(verified.requests.recv()).await.unwrap();
    let Input::Request { request, .. } = input else { panic!("{input:?}") };
    assert_eq!(request.key().id.get(), 3);
    let page = world.metrics.render();
    let line = "synod_frames_refused_total{peer=\"clients\",reason=\"a bad signature\"} 1";
    assert!(page.lines().any(|found| found == line), "{page}");
}

/// What was sent counts, whether or not who sent it is still there when it is looked at.
#[tokio::test]
async fn going_away_before_it_is_found_out_is_no_way_around_the_penalty() {
    let world = World::new();
    let other = world.roster.enter(world.client()).unwrap();
    let (worker, mut verified) = world.worker();
    let mut spoiled = world.request(1);
    *spoiled.last_mut().unwrap() ^= 1;
    for offence in 1..=2 {
        assert_eq!(other.queue.closing(), None, "offence {offence}");
        let liar = world.roster.enter(world.client()).unwrap();
        for body in [spoiled.clone(), spoiled.clone(), world.request(2)] {
            let job = request(&liar, body).await;
            worker.lanes.push(job.ticket(), (Instant::now(), job));
        }
        world.roster.leave(&liar);
        worker.verify_all(worker.lanes.take(1, FRAMES_AT_ONCE));
        drop(liar);
    }
    assert_eq!(other.queue.closing(), Some(Closing::ShutOut), "it loses its other connections");
    let job = request(&other, world.request(3)).await;
    worker.lanes.push(job.ticket(), (Instant::now(), job));
    worker.verify_all(worker.lanes.take(1, FRAMES_AT_ONCE));
    assert!(verified.requests.try_recv().is_err(), "and what came by them is not looked at");
    assert!(world.roster.enter(world.client()).is_err(), "and is not let in again for a while");
    assert!(world.roster.enter(Address::Replica(ReplicaId::new(1))).is_ok());
}

/// Of a liar's bad frames in one batch, one is looked at by itself.
#[tokio::test]
async fn one_bad_frame_spares_the_work_for_the_others_of_its_connection() {
    let world = World::new();
    let liar = world.origin(world.client());
    let (worker, _verified) = world.worker();
    for id in 1..=30 {
        let mut body = world.request(id);
        *body.last_mut().unwrap() ^= 1;
        let job = request(&liar, body).await;
        worker.lanes.push(job.ticket(), (Instant::now(), job));
    }
    worker.verify_all(worker.lanes.take(1, FRAMES_AT_ONCE));
    assert_eq!(world.metrics.signatures_checked.get(), 30 + 1, "together, and the first by itself");
}

/// A frame with very many signatures comes last and by itself, though its sender had the first turn.
#[tokio::test]
async fn many_signatures_of_one_do_not_hold_up_another() {
    let world = World::new();
    let (worker, mut verified) = world.worker();
    let one = world.origin(Address::Replica(ReplicaId::new(1)));
    let two = world.origin(Address::Replica(ReplicaId::new(2)));
    let requests = (1..=CHECKS_TOGETHER as u64 + 1).map(|id| {
        let operations = vec![Bytes::from_static(b"count")];
        Request::sign(SessionId::new(1), RequestId::new(id), operations, &world.domain(), &world.signer).unwrap()
    });
    let body = Message::<Replica>::Hint(Hint::Body(synod_kernel::Batch::new(requests.collect())));
    let fetch = Message::<Replica>::Hint(Hint::Fetch(synod_kernel::Digest::ZERO));
    for (origin, message) in [(&one, &body), (&two, &fetch)] {
        let body = Bytes::from(message.to_bytes());
        let job = Job { origin: origin.clone(), content: Content::Message, body, permits: Vec::new() };
        worker.lanes.push(job.ticket(), (Instant::now(), job));
    }
    let jobs = worker.lanes.take(1, FRAMES_AT_ONCE);
    assert_eq!(jobs.len(), 2);
    worker.verify_all(jobs);
    for expected in [fetch, body] {
        let Verified { input, .. } = verified.messages.recv().await.unwrap();
        let Input::Deliver { message, .. } = input else { panic!("{input:?}") };
        assert_eq!(message, expected);
    }
}

#[tokio::test]
async fn threads_verify_and_end() {
    let world = World::new();
    let origin = world.origin(world.client());
    let (pool, mut verified) = world.start(3);
    for id in 1..=50 {
        assert!(pool.handle().submit(request(&origin, world.request(id)).await));
    }
    let mut ids = Vec::new();
    for _ in 0..50 {
        let Verified { input: Input::Request { request, .. }, .. } = soon(verified.requests.recv()).await.unwrap()
        else {
            panic!("only requests were sent")
        };
        ids.push(request.key().id.get());
    }
    ids.sort_unstable();
    assert_eq!(ids, (1..=50).collect::<Vec<_>>());
    drop(pool);
    assert!(soon(verified.requests.recv()).await.is_none(), "every thread has ended");
}

#[tokio::test]
async fn messages_reach_the_protocol_with_their_sender() {
    let world = World::new();
    let peer = ReplicaId::new(2);
    let origin = world.origin(Address::Replica(peer));
    let (pool, mut verified) = world.start(1);
    let message = Message::<Replica>::Hint(Hint::Fetch(synod_kernel::Digest::ZERO));
    let body = Bytes::from(message.to_bytes());
    let job = |body| Job { origin: origin.clone(), content: Content::Message, body, permits: Vec::new() };
    assert!(pool.handle().submit(job(body)));
    let Verified { input, .. } = soon(verified.messages.recv()).await.unwrap();
    let Input::Deliver { from, message: found } = input else { panic!("{input:?}") };
    assert_eq!((from, found), (peer, message));
    let malformed = Bytes::from_static(&[0xEE; 30]);
    assert!(pool.handle().submit(job(malformed)));
    soon(origin.queue.closed()).await;
    assert_eq!(origin.queue.closing(), Some(Closing::Offence("malformed content")));
}

/// A vote of a replica at the first place.
fn prepare(world: &World, from: u16, batch: &Batch) -> Signed<Prepare> {
    let folder = ReplicaFolder::open(world.site.folder(usize::from(from))).unwrap();
    let statement = Prepare { view: View::default(), seq: Seq::new(1), digest: batch.digest() };
    Signed::sign(statement, &world.domain(), &**folder.signer())
}

/// What replica 1 needs no more votes for once it has prepared a batch.
fn settled_by(world: &World, batch: &Batch) -> <Replica as Process>::Settled {
    let folder = ReplicaFolder::open(world.site.folder(1)).unwrap();
    let cluster = folder.cluster();
    let mut core =
        Replica::new(Config::new(*cluster.scope(), cluster.descriptor().parameters, folder.signer().clone()));
    let proposal = Vow::PrePrepare(PrePrepare::new(prepare(world, 0, batch), batch.clone()));
    for (from, vow) in [(0, proposal), (2, Vow::Prepare(prepare(world, 2, batch)))] {
        core.step(Input::Deliver { from: ReplicaId::new(from), message: Message::Vow(vow) }, &mut Outbox::default());
    }
    core.settled()
}

#[tokio::test]
async fn a_needless_vote_costs_no_signature_check_and_one_that_contradicts_does() {
    let world = World::new();
    let (worker, mut verified) = world.worker();
    let [batch, other] = [1, 2].map(|id| {
        let operations = vec![Bytes::from_static(b"count")];
        let request = Request::sign(SessionId::new(1), RequestId::new(id), operations, &world.domain(), &world.signer);
        Batch::new(vec![request.unwrap()])
    });
    let origin = world.origin(Address::Replica(ReplicaId::new(3)));
    let offer = async |body: Vec<u8>| {
        let permits = vec![origin.budget.clone().acquire_many_owned(10).await.unwrap()];
        let job = Job { origin: origin.clone(), content: Content::Message, body: Bytes::from(body), permits };
        worker.lanes.push(job.ticket(), (Instant::now(), job));
        worker.verify_all(worker.lanes.take(1, FRAMES_AT_ONCE));
    };
    let [late, contrary] =
        [&batch, &other].map(|batch| Message::<Replica>::Vow(Vow::Prepare(prepare(&world, 3, batch))).to_bytes());
    let counts = || (world.metrics.frames_needless.get(), world.metrics.signatures_checked.get());

    offer(late.clone()).await;
    assert_eq!(counts(), (0, 1), "nothing is settled yet");
    assert!(verified.messages.try_recv().is_ok());
    verified.settle(settled_by(&world, &batch));
    let mut forged = late.clone();
    *forged.last_mut().unwrap() ^= 1;
    for vote in [late, forged] {
        offer(vote).await;
        assert!(verified.messages.try_recv().is_err());
        assert_eq!(origin.budget.available_permits(), 1000, "what it took is given back");
    }
    assert_eq!(counts(), (2, 1));
    offer(contrary).await;
    assert!(verified.messages.try_recv().is_ok(), "it is evidence");
    assert_eq!(counts(), (2, 2));
    assert_eq!((origin.queue.closing(), world.metrics.frames_rejected.get()), (None, 0), "nobody offended");
}

//! What verifies gets through, what does not is its sender's alone to answer for.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixture::{Site, soon};
use crate::transport::SendQueue;
use synod_kernel::ed25519::{Ed25519Signer, SecretKey};
use synod_kernel::{ClientId, Domain, Encode, ReplicaId, RequestId, SessionId};
use synod_protocols::pbft::{Hint, Replica};
use tokio::sync::Semaphore;

struct World {
    site: Site,
    signer: Ed25519Signer,
    metrics: Arc<Metrics>,
}

impl World {
    fn new() -> Self {
        let site = Site::new();
        let seed = crate::files::read_key(&site.made.client.join("client.key")).unwrap();
        let signer = Ed25519Signer::client(SecretKey::from_seed(&seed));
        Self { site, signer, metrics: Arc::new(Metrics::default()) }
    }

    fn start(&self, threads: usize) -> (Pool, mpsc::UnboundedReceiver<Verified<Replica>>) {
        let (out, verified) = mpsc::unbounded_channel();
        let cluster = &self.site.made.cluster;
        let verifier = BatchVerifier::new(cluster);
        (Pool::start(threads, *cluster.scope(), &verifier, &self.metrics, &out).unwrap(), verified)
    }

    fn origin(&self, peer: Address) -> Arc<Origin> {
        Arc::new(Origin {
            peer,
            queue: Arc::new(SendQueue::dropping(1000, 10)),
            budget: Arc::new(Semaphore::new(1000)),
            counters: self.metrics.peer(peer),
        })
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
    let lanes = Arc::new(Lanes::new());
    for id in 1..=20 {
        let mut body = world.request(id);
        let is_spoiled = id == 7;
        if is_spoiled {
            *body.last_mut().unwrap() ^= 1;
        }
        let origin = if is_spoiled { &liar } else { &honest };
        lanes.push(origin.peer, (Instant::now(), request(origin, body).await));
    }
    let (out, mut verified) = mpsc::unbounded_channel::<Verified<Replica>>();
    let cluster = &world.site.made.cluster;
    let worker = Worker {
        lanes: lanes.clone(),
        count: 1,
        scope: *cluster.scope(),
        verifier: Arc::new(Remembering::new(BatchVerifier::new(cluster), REMEMBERED)),
        meter: world.metrics.stage(Stage::Verify),
        metrics: world.metrics.clone(),
        out,
    };
    worker.verify_all(lanes.take(1, FRAMES_AT_ONCE));
    drop(worker);
    let mut ids = Vec::new();
    while let Some(Verified { input, permits }) = verified.recv().await {
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
    pool.handle().submit(request(&liar, spoiled.clone()).await);
    soon(liar.queue.closed()).await;
    for _ in 0..50 {
        pool.handle().submit(request(&liar, spoiled.clone()).await);
    }
    pool.handle().submit(request(&liar, world.request(2)).await);
    // Another connection of the same client, and a replica, are no matter.
    let other = world.origin(world.client());
    pool.handle().submit(request(&other, world.request(3)).await);
    let Verified { input, .. } = soon(verified.recv()).await.unwrap();
    let Input::Request { request, .. } = input else { panic!("{input:?}") };
    assert_eq!(request.key().id.get(), 3);
    let page = world.metrics.render();
    let line = "synod_frames_refused_total{peer=\"clients\",reason=\"a bad signature\"} 1";
    assert!(page.lines().any(|found| found == line), "{page}");
}

#[tokio::test]
async fn threads_verify_and_end() {
    let world = World::new();
    let origin = world.origin(world.client());
    let (pool, mut verified) = world.start(3);
    for id in 1..=50 {
        pool.handle().submit(request(&origin, world.request(id)).await);
    }
    let mut ids = Vec::new();
    for _ in 0..50 {
        let Verified { input: Input::Request { request, .. }, .. } = soon(verified.recv()).await.unwrap() else {
            panic!("only requests were sent")
        };
        ids.push(request.key().id.get());
    }
    ids.sort_unstable();
    assert_eq!(ids, (1..=50).collect::<Vec<_>>());
    drop(pool);
    assert!(soon(verified.recv()).await.is_none(), "every thread has ended");
}

#[tokio::test]
async fn messages_reach_the_protocol_with_their_sender() {
    let world = World::new();
    let peer = ReplicaId::new(2);
    let origin = world.origin(Address::Replica(peer));
    let (pool, mut verified) = world.start(1);
    let message = Message::<Replica>::Hint(Hint::Fetch(synod_kernel::Digest::ZERO));
    let body = Bytes::from(message.to_bytes());
    pool.handle().submit(Job { origin: origin.clone(), content: Content::Message, body, permits: Vec::new() });
    let Verified { input, .. } = soon(verified.recv()).await.unwrap();
    let Input::Deliver { from, message: found } = input else { panic!("{input:?}") };
    assert_eq!((from, found), (peer, message));
    let malformed = Bytes::from_static(&[0xEE; 30]);
    pool.handle().submit(Job {
        origin: origin.clone(),
        content: Content::Message,
        body: malformed,
        permits: Vec::new(),
    });
    soon(origin.queue.closed()).await;
    assert_eq!(origin.queue.closing(), Some(Closing::Offence("malformed content")));
}

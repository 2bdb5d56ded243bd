//! What waits to be verified is bounded, whatever it is.

use super::*;
use crate::fixture::Site;
use crate::status::Sources;
use crate::transport::{Connectivity, Limits, SendQueue};
use crate::verify::{BatchVerifier, Pool, inputs};
use synod_kernel::{Digest, Encode, Process, ReplicaId, Seq, Status, View, Writer};
use synod_protocols::pbft::Replica;
use synod_storage::SyncCounter;
use tokio::sync::watch;

const PROTOCOL: u8 = synod_protocols::pbft::PROTOCOL;

/// A body of so many bytes.
struct Raw(usize);

impl Encode for Raw {
    fn encode(&self, writer: &mut Writer) {
        writer.raw(&vec![0; self.0]);
    }
}

fn status() -> Status {
    Status {
        state: "normal".to_owned(),
        view: View::default(),
        executed: Seq::default(),
        checkpoint: Seq::default(),
        digest: Digest::ZERO,
        pending: 0,
        accused: Vec::new(),
    }
}

async fn admit_and_take(ingress: &Ingress, origin: &Arc<Origin>, frame: &Bytes) -> Result<(), Refusal> {
    let permits = ingress.admit(origin, frame.len()).await;
    ingress.take(origin, frame.clone(), permits).await
}

/// Takes frames with bodies of `bytes` from one replica until there is no room, and says how many those were. Nothing
/// is ever verified.
async fn frames_that_wait<P: Process>(bytes: usize, budget: usize) -> usize {
    let site = Site::new();
    let (cluster, metrics) = (&site.made.cluster, Arc::new(Metrics::default()));
    let scope = *cluster.scope();
    let (out, _verified) = inputs();
    let limits = Limits { replica_budget_bytes: budget, ..Limits::default() };
    let roster = Arc::new(Roster::new(limits.clone(), Connectivity::new(&scope.membership), metrics.clone()));
    let pool = Pool::start::<P>(0, scope, &BatchVerifier::new(cluster), (&roster, &metrics), &out).expect("no threads");
    let status = watch::Sender::new(status());
    let reporter = Reporter::new(Sources {
        id: ReplicaId::new(0),
        status: status.subscribe(),
        connectivity: Connectivity::new(&scope.membership),
        metrics: metrics.clone(),
        log_syncs: SyncCounter::default(),
        checkpoint_syncs: SyncCounter::default(),
    });
    let ingress = Ingress::new(scope.domain, PROTOCOL, &limits, pool.handle(), reporter, metrics.clone(), roster);
    let peer = Address::Replica(ReplicaId::new(1));
    let origin = Arc::new(Origin::new(
        peer,
        Arc::new(SendQueue::dropping(1000, 10)),
        Arc::new(Semaphore::new(budget)),
        metrics.peer(peer),
    ));
    let header = Header { domain: scope.domain, protocol: PROTOCOL, kind: FrameKind::Message };
    let frame = Bytes::from(header.frame(&Raw(bytes))).slice(4..);
    let mut taken = 0;
    loop {
        tokio::select! {
            biased;
            taking = admit_and_take(&ingress, &origin, &frame) => assert!(taking.is_ok()),
            // Nothing is given back here, so what has to wait once waits for ever.
            () = std::future::ready(()) => return taken,
        }
        taken += 1;
        assert!(taken < 100, "there is no end to it");
    }
}

#[tokio::test]
async fn frames_of_next_to_nothing_have_an_end_too() {
    for (bytes, expected) in [(0, 20), (1, 19), (FRAME_BYTES, 10)] {
        let budget = 20 * (FRAME_BYTES + HEADER_BYTES);
        assert_eq!(frames_that_wait::<Replica>(bytes, budget).await, expected, "{bytes} bytes");
    }
}

#[tokio::test]
async fn one_frame_larger_than_the_budget_is_let_in() {
    assert_eq!(frames_that_wait::<Replica>(10 * FRAME_BYTES, 2 * FRAME_BYTES).await, 1);
}

//! Telling the operator whom a replica waits for: without a strong quorum nothing can be ordered.

use crate::transport::Connectivity;
use std::sync::Arc;
use synod_kernel::ReplicaId;
use synod_kernel::descriptor::Cluster;

/// Tells in the log of the process, at the start and whenever it changes, how many of the replicas that it takes are
/// connected, and which are missing. Never ends.
pub(super) async fn announce(connectivity: Connectivity, own: ReplicaId, cluster: Arc<Cluster>) {
    let mut said = None;
    loop {
        let mut changed = connectivity.subscribe();
        let mut connected = connectivity.connected();
        connected.push(own);
        if said.as_ref() != Some(&connected) {
            tell(&cluster, &connected, said.as_ref().map_or(0, Vec::len));
            said = Some(connected);
        }
        if changed.changed().await.is_err() {
            return;
        }
    }
}

fn tell(cluster: &Cluster, connected: &[ReplicaId], before: usize) {
    let needed = cluster.scope().membership.strong();
    let count = connected.len();
    if count < needed {
        let missing = cluster.scope().membership.replicas().filter(|id| !connected.contains(id));
        let address = |id: ReplicaId| &cluster.descriptor().replicas[id.index()].address;
        let missing = missing.map(|id| format!("replica {id} at {}", address(id))).collect::<Vec<_>>().join(", ");
        tracing::info!(
            "waiting: {count} of {needed} needed replicas are connected, this one included; missing {missing}"
        );
    } else if before < needed {
        tracing::info!("ready: {count} replicas are connected, this one included, and {needed} are needed");
    }
}

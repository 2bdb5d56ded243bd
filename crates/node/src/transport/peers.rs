//! Whose transport key is whose.

use std::collections::BTreeMap;
use synod_kernel::descriptor::Cluster;
use synod_kernel::{Address, ClientId, ReplicaId};

/// The transport keys of a descriptor. Keys are distinct, because the descriptor was verified.
#[derive(Clone, Debug)]
pub(crate) struct PeerDirectory {
    peers: BTreeMap<[u8; 32], Address>,
}

impl PeerDirectory {
    /// Everybody but replica `own`, which has no business dialling itself.
    pub(crate) fn new(cluster: &Cluster, own: ReplicaId) -> Self {
        let descriptor = cluster.descriptor();
        let replicas = (0..).map(ReplicaId::new).zip(&descriptor.replicas);
        let replicas = replicas.filter(|(id, _)| *id != own);
        let replicas = replicas.map(|(id, entry)| (entry.transport_key, Address::Replica(id)));
        let clients = descriptor.clients.iter();
        let clients = clients.map(|entry| (entry.transport_key, Address::Client(ClientId::new(entry.key))));
        Self { peers: replicas.chain(clients).collect() }
    }

    /// Who has this key.
    pub(crate) fn find(&self, key: &[u8; 32]) -> Option<Address> {
        self.peers.get(key).copied()
    }
}

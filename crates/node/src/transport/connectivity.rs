//! Which replicas we can hear and reach, for readiness and for whoever waits for it.

use synod_kernel::{Membership, ReplicaId};
use tokio::sync::watch;

/// The two directions to one replica.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Link {
    /// Connections from it that are up.
    pub(crate) inbound: usize,
    /// Whether our connection to it is up.
    pub(crate) outbound: bool,
    /// How often a connection from it has come up.
    pub(crate) arrivals: u64,
}

/// The state of all links of one replica.
#[derive(Clone, Debug)]
pub(crate) struct Connectivity {
    links: watch::Sender<Vec<Link>>,
}

impl Connectivity {
    /// Nothing is connected.
    pub(crate) fn new(members: &Membership) -> Self {
        Self { links: watch::Sender::new(vec![Link::default(); usize::from(members.size())]) }
    }

    fn update(&self, id: ReplicaId, change: impl FnOnce(&mut Link)) {
        self.links.send_modify(|links| {
            if let Some(link) = links.get_mut(id.index()) {
                change(link);
            }
        });
    }

    /// A connection from a replica came up.
    pub(crate) fn inbound_up(&self, id: ReplicaId) {
        self.update(id, |link| {
            link.inbound += 1;
            link.arrivals += 1;
        });
    }

    /// How often a connection from a replica has come up.
    pub(crate) fn arrivals(&self, id: ReplicaId) -> u64 {
        self.links.borrow().get(id.index()).map_or(0, |link| link.arrivals)
    }

    /// Waits until a connection from a replica has come up more often than that. May be cancelled.
    pub(crate) async fn arrival_after(&self, id: ReplicaId, seen: u64) {
        let mut links = self.links.subscribe();
        let has_come = |links: &Vec<Link>| links.get(id.index()).is_some_and(|link| link.arrivals > seen);
        // Fails only without a sender, and that is in `self`.
        let _ = links.wait_for(has_come).await;
    }

    /// A connection from a replica is over.
    pub(crate) fn inbound_down(&self, id: ReplicaId) {
        self.update(id, |link| link.inbound -= 1);
    }

    /// Our connection to a replica came up or is over.
    pub(crate) fn outbound(&self, id: ReplicaId, is_up: bool) {
        self.update(id, |link| link.outbound = is_up);
    }

    /// The replicas that are connected in both directions. One direction alone proves little: a dialler learns of being
    /// refused only after its own handshake has succeeded.
    pub(crate) fn connected(&self) -> Vec<ReplicaId> {
        connected(&self.links.borrow())
    }

    /// The links to all replicas, in order. That of this replica itself means nothing.
    pub(crate) fn links(&self) -> Vec<Link> {
        self.links.borrow().clone()
    }

    /// To be told of every change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Vec<Link>> {
        self.links.subscribe()
    }

    /// Whether our connection to a replica is up.
    pub(crate) fn is_outbound(&self, id: ReplicaId) -> bool {
        self.links.borrow().get(id.index()).is_some_and(|link| link.outbound)
    }

    /// The replicas to which our connection is up.
    pub(crate) fn outbound_up(&self) -> Vec<ReplicaId> {
        let links = self.links.borrow();
        (0..).map(ReplicaId::new).zip(&*links).filter(|(_, link)| link.outbound).map(|(id, _)| id).collect()
    }

    /// Waits until our connections to so many replicas are up.
    pub(crate) async fn wait_for_outbound(&self, count: usize) {
        let mut links = self.links.subscribe();
        let is_enough = |links: &Vec<Link>| links.iter().filter(|link| link.outbound).count() >= count;
        // Fails only without a sender, and that is in `self`.
        let _ = links.wait_for(is_enough).await;
    }
}

fn connected(links: &[Link]) -> Vec<ReplicaId> {
    let links = (0..).map(ReplicaId::new).zip(links);
    links.filter(|(_, link)| link.inbound > 0 && link.outbound).map(|(id, _)| id).collect()
}

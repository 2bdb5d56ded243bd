//! How often a request waits for a disk, one wait after the other: what its latency is made of besides the network.

use crate::support::{CLIENT, Cluster, id};
use std::collections::BTreeMap;
use synod_kernel::{Address, Effect, Encode, Input, Scope, Target, Unverified};
use synod_protocols::pbft::Replica;

/// What happens to a request on its way, by how many syncs came before it, one after the other.
struct Journey {
    cluster: Cluster,
    /// Inputs that are due after so many syncs, in the order in which they came about.
    due: BTreeMap<(u64, u64), (u16, Input<Replica>)>,
    count: u64,
    /// After how many syncs everything that a replica has recorded is durable.
    durable: BTreeMap<u16, u64>,
    /// After how many syncs replies left.
    replies: Vec<u64>,
}

impl Journey {
    fn new(n: u16, f: u16) -> Self {
        let cluster = Cluster::new(n, f);
        Self { cluster, due: BTreeMap::new(), count: 0, durable: BTreeMap::new(), replies: Vec::new() }
    }

    fn is_due(&mut self, after: u64, at: u16, input: Input<Replica>) {
        self.count += 1;
        self.due.insert((after, self.count), (at, input));
    }

    fn take(&mut self, after: u64, at: u16, input: Input<Replica>) {
        for effect in self.cluster.effects_of(at, input) {
            // Nothing leaves before everything that was recorded earlier is durable.
            let leaves = self.durable.get(&at).copied().unwrap_or_default().max(after);
            match effect {
                Effect::Persist(_) | Effect::Compact(_) => {
                    let durable = self.durable.entry(at).or_default();
                    *durable = (*durable).max(after + 1);
                }
                Effect::Send { to, message } => {
                    let scope: Scope = self.cluster.scope;
                    let peers: Vec<u16> = self.cluster.positions().filter(|&peer| peer != at).collect();
                    for peer in peers.into_iter().filter(|&peer| to == Target::Others || to == Target::One(id(peer))) {
                        let message = Unverified::decode(message.to_bytes().into(), &scope).unwrap();
                        let message = message.verify(self.cluster.referee()).unwrap();
                        self.is_due(leaves, peer, Input::Deliver { from: id(at), message });
                    }
                }
                Effect::Forward { to, request } => {
                    self.is_due(leaves, to.get(), Input::Request { from: Address::Replica(id(at)), request });
                }
                Effect::Reply { .. } => self.replies.push(leaves),
                Effect::Ask(task) => {
                    let then = if task.is_outward() { leaves } else { after };
                    if let Some(report) = self.cluster.node(at).service.perform(task) {
                        self.is_due(then, at, Input::Done(report));
                    }
                }
                Effect::Arm { .. } | Effect::Disarm(_) | Effect::Applied(_) | Effect::Note(_) => {}
            }
        }
    }

    /// Follows a request from its arrival at these replicas to its replies.
    fn follow(mut self, at: &[u16]) -> Vec<u64> {
        let request = self.cluster.request(1);
        for &at in at {
            self.is_due(0, at, Input::Request { from: Address::Client(CLIENT), request: request.clone() });
        }
        while let Some(((after, _), (at, input))) = self.due.pop_first() {
            self.take(after, at, input);
        }
        self.replies
    }
}

#[test]
fn pbft_a_request_waits_for_three_syncs_one_after_the_other() {
    for (n, f) in [(4, 1), (5, 1), (7, 2)] {
        // The batch at the primary, the batch at the backups, the prepared certificate.
        let replies = Journey::new(n, f).follow(&[0]);
        assert_eq!(replies, vec![3; n.into()]);
        let everywhere: Vec<u16> = (0..n).collect();
        assert_eq!(
            Journey::new(n, f).follow(&everywhere),
            vec![3; n.into()],
            "nor is it slower for those who repeat it"
        );
    }
    assert_eq!(Journey::new(1, 0).follow(&[0]), [1], "alone, nobody has to be waited for");
}

//! Replies find the connections that asked for them, and nothing is remembered of connections that are over.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::metrics::Metrics;
use crate::transport::SendQueue;
use synod_kernel::ReplicaId;
use tokio::sync::Semaphore;

const ALICE: ClientId = ClientId::new([1; 32]);
const BOB: ClientId = ClientId::new([2; 32]);

fn connection(peer: Address) -> Arc<Origin> {
    Arc::new(Origin::new(
        peer,
        Arc::new(SendQueue::dropping(1000, 10)),
        Arc::new(Semaphore::new(1000)),
        Metrics::default().peer(peer),
    ))
}

fn session(number: u64) -> SessionId {
    SessionId::new(number)
}

fn lead_to(routes: &Routes, client: ClientId, number: u64, expected: &[&Arc<Origin>]) -> bool {
    let found: Vec<&Arc<Origin>> = routes.of(client, session(number)).collect();
    found.len() == expected.len() && found.iter().zip(expected).all(|(one, other)| Arc::ptr_eq(one, other))
}

#[test]
fn a_session_leads_to_the_connections_that_named_it() {
    let [one, two, other] = [ALICE, ALICE, BOB].map(|client| connection(Address::Client(client)));
    let mut routes = Routes::default();
    routes.add(&one, session(1));
    routes.add(&two, session(2));
    routes.add(&other, session(1));
    assert!(lead_to(&routes, ALICE, 1, &[&one]) && lead_to(&routes, ALICE, 2, &[&two]));
    assert!(lead_to(&routes, BOB, 1, &[&other]) && lead_to(&routes, BOB, 2, &[]));
    routes.add(&two, session(1));
    assert!(lead_to(&routes, ALICE, 1, &[&one, &two]), "as after a connection that hangs half open");
}

#[test]
fn what_is_over_is_forgotten() {
    let [one, two] = [ALICE, ALICE].map(|client| connection(Address::Client(client)));
    let mut routes = Routes::default();
    routes.add(&one, session(1));
    routes.add(&two, session(1));
    routes.remove(&one);
    assert!(lead_to(&routes, ALICE, 1, &[&two]));
    routes.remove(&two);
    routes.remove(&two);
    assert!(routes.clients.is_empty());
}

#[test]
fn of_one_connection_the_last_sessions_are_remembered() {
    let one = connection(Address::Client(ALICE));
    let mut routes = Routes::default();
    for number in 1..=SESSIONS_MAX as u64 + 1 {
        routes.add(&one, session(number));
        routes.add(&one, session(2));
    }
    assert!(lead_to(&routes, ALICE, 1, &[]) && lead_to(&routes, ALICE, 2, &[&one]));
    assert_eq!(routes.clients[&ALICE][0].sessions.len(), SESSIONS_MAX);
}

#[test]
fn replicas_have_no_sessions() {
    let mut routes = Routes::default();
    let replica = connection(Address::Replica(ReplicaId::new(1)));
    routes.add(&replica, session(1));
    routes.remove(&replica);
    assert!(routes.clients.is_empty());
}

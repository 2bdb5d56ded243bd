//! The formula for the default cluster, to the byte, and that it is the sum of what it says.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_kernel::Faults;
use synod_protocols::pbft;

fn of(replicas: u16, faults: u16, clients: usize) -> MemoryMax {
    let members = Membership::new(replicas, Faults::Byzantine(faults)).unwrap();
    let parameters = Parameters::suited_to(&members);
    let protocol = pbft::memory_max(&parameters, &members);
    memory_max(&parameters, &Limits::default(), &members, clients, protocol)
}

/// The number that docs/LIMITS.md publishes.
#[test]
fn four_replicas_with_default_limits() {
    let max = of(4, 1, 1);
    let MemoryMax { replica_channels, client_channels, signatures, protocol, log, results, sessions } = max;
    let parts = [replica_channels, client_channels, signatures, protocol, log, results, sessions];
    assert_eq!(parts.map(|bytes| bytes >> 20), [196, 448, 4, 5374, 5502, 512, 92]);
    assert_eq!(max.total() >> 20, 12_129);
}

#[test]
fn every_client_costs_its_sessions_and_nothing_else() {
    let (one, hundred) = (of(4, 1, 1), of(4, 1, 100));
    assert_eq!(hundred.total() - one.total(), 99 * one.sessions);
}

#[test]
fn connections_of_clients_are_cheap() {
    let members = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let parameters = Parameters::default();
    let with = |client_connections_max| {
        let limits = Limits { client_connections_max, ..Limits::default() };
        memory_max(&parameters, &limits, &members, 1, 0).total()
    };
    // What they have waiting is bounded for all together.
    assert!(with(2000) - with(1000) < 1000 * (256 << 10));
}

//! A few offences are free, pauses grow to a bound, and calm is credited.

use super::*;
use synod_kernel::{ClientId, ReplicaId};

const REPLICA: Address = Address::Replica(ReplicaId::new(1));
const CLIENT: Address = Address::Client(ClientId::new([1; 32]));

fn limits() -> Limits {
    Limits {
        offences_free: 2,
        offence_credited_after: Duration::from_secs(10),
        replica_pause_max: Duration::from_secs(4),
        client_pause_max: Duration::from_secs(60),
        ..Limits::default()
    }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// The pauses for offences that follow one another as soon as the peer is let in again.
fn pauses(peer: Address, count: usize) -> Vec<u64> {
    let penalties = Penalties::new(&limits());
    let mut now = Instant::now();
    let mut next = || {
        let pause = penalties.note(peer, now).unwrap_or_default();
        assert_eq!(penalties.shut_out(peer, now).unwrap_or_default(), pause);
        now += pause;
        assert_eq!(penalties.shut_out(peer, now), None, "when the pause is over it is let in");
        pause.as_secs()
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn pauses_grow_to_a_bound() {
    assert_eq!(pauses(CLIENT, 10), [0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(pauses(REPLICA, 7), [0, 0, 1, 2, 4, 4, 4]);
}

#[test]
fn calm_is_credited_and_in_the_end_nothing_is_kept() {
    let penalties = Penalties::new(&limits());
    let mut now = Instant::now();
    for expected in [None, None, Some(seconds(1)), Some(seconds(2))] {
        assert_eq!(penalties.note(CLIENT, now), expected);
    }
    now += seconds(2) + seconds(20);
    assert_eq!(penalties.note(CLIENT, now), Some(seconds(1)), "two of four were credited");
    now += seconds(1) + seconds(30);
    assert_eq!(penalties.shut_out(CLIENT, now), None);
    assert!(penalties.records().is_empty());
}

#[test]
fn the_others_are_no_matter() {
    let penalties = Penalties::new(&limits());
    let now = Instant::now();
    for _ in 0..10 {
        penalties.note(REPLICA, now);
    }
    assert!(penalties.shut_out(REPLICA, now).is_some());
    assert_eq!(penalties.shut_out(CLIENT, now), None);
    assert_eq!(penalties.shut_out(Address::Replica(ReplicaId::new(2)), now), None);
}

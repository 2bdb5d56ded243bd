//! Who has to go when there are too many.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_kernel::{Faults, Membership};

fn roster(client_connections_max: usize) -> Roster {
    let limits = Limits { client_connections_max, ..Limits::default() };
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    Roster::new(limits, Connectivity::new(&membership), Arc::new(Metrics::default()))
}

fn client(number: u8) -> Address {
    Address::Client(ClientId::new([number; 32]))
}

fn is_closed(origin: &Origin) -> bool {
    origin.queue.closing() == Some(Closing::Replaced)
}

#[test]
fn a_client_with_many_connections_keeps_no_other_out() {
    let roster = roster(6);
    let many: Vec<_> = (0..6).map(|_| roster.enter(client(1)).unwrap()).collect();
    for (number, gone) in [(2, 1), (3, 2), (2, 3)] {
        assert!(!is_closed(&roster.enter(client(number)).unwrap()));
        assert_eq!(many.iter().filter(|origin| is_closed(origin)).count(), gone);
    }
    assert!(many[..3].iter().all(|origin| is_closed(origin)), "the oldest");
    // 3, 2 and 1: the one with most would have as many as the newcomer.
    assert!(roster.enter(client(2)).is_err() && roster.enter(client(1)).is_err());
    assert!(!is_closed(&roster.enter(client(3)).unwrap()));
    many.iter().for_each(|origin| roster.leave(origin));
    assert_eq!(roster.present().clients, 4);
}

#[test]
fn when_everyone_has_one_newcomers_are_turned_away() {
    let roster = roster(2);
    let present: Vec<_> = [1, 2].map(|number| roster.enter(client(number)).unwrap()).into();
    assert!(roster.enter(client(3)).is_err());
    roster.leave(&present[0]);
    assert!(roster.enter(client(3)).is_ok());
}

#[test]
fn a_client_has_as_many_connections_as_sessions() {
    let roster = roster(1024);
    assert_eq!(Limits::default().connections_per_client, synod_state::sessions::MAX_SESSIONS);
    let many: Vec<_> = (0..65).map(|_| roster.enter(client(1)).unwrap()).collect();
    assert_eq!(many.iter().filter(|origin| is_closed(origin)).count(), 1);
}

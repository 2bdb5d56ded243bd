//! A crowd in one place keeps out nobody in another, and members least of all.
#![allow(clippy::unwrap_used)]

use super::*;
use std::net::Ipv4Addr;

fn limits() -> Limits {
    Limits {
        handshakes_max: 4,
        handshakes_per_second: 20,
        handshakes_per_source: 10,
        handshake_timeout: Duration::from_secs(5),
        ..Limits::default()
    }
}

fn ip(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
}

/// Its wait, and its place for as long as it is kept.
fn admitted(admission: Admission) -> Option<(Duration, oneshot::Receiver<()>)> {
    match admission {
        Admission::After(wait, place) => Some((wait, place)),
        Admission::TooFast => None,
    }
}

fn is_evicted(place: &mut oneshot::Receiver<()>) -> bool {
    place.try_recv() == Err(oneshot::error::TryRecvError::Closed)
}

#[test]
fn one_source_waits_and_is_refused_long_before_others() {
    let now = Instant::now();
    let mut strangers = Strangers::new(&limits(), now);
    let mut come = |from, is_member| admitted(strangers.admit(ip(from), is_member, now)).map(|(wait, _)| wait);
    for _ in 0..10 {
        assert_eq!(come(1, false), Some(Duration::ZERO), "a second's worth at once");
    }
    assert_eq!(come(1, false), Some(Duration::from_millis(100)));
    let waiting = (0..1000).filter(|_| come(1, false).is_some()).count();
    assert_eq!(waiting, 49, "five seconds' worth may wait");
    // Members have seen nothing of it; another stranger shares the common rate, and no more.
    assert_eq!(come(2, true), Some(Duration::ZERO));
    assert!(come(2, false).unwrap() < Duration::from_secs(3));
}

#[test]
fn the_oldest_of_the_crowd_makes_room() {
    let now = Instant::now();
    let mut strangers = Strangers::new(&limits(), now);
    let mut come = |from| admitted(strangers.admit(ip(from), false, now)).unwrap().1;
    let mut modest = come(1);
    let mut crowd = [come(2), come(2), come(2)];
    let mut another = come(3);
    assert!(is_evicted(&mut crowd[0]));
    assert!([&mut modest, &mut another].into_iter().all(|place| !is_evicted(place)));
    assert!(!is_evicted(&mut crowd[1]));
}

#[test]
fn a_place_that_is_given_up_is_free() {
    let now = Instant::now();
    let mut strangers = Strangers::new(&limits(), now);
    let mut kept = admitted(strangers.admit(ip(1), false, now)).unwrap().1;
    for _ in 0..9 {
        drop(strangers.admit(ip(1), false, now));
    }
    assert!(!is_evicted(&mut kept));
    assert!(strangers.evict() && is_evicted(&mut kept));
    assert!(!strangers.evict(), "nobody is left");
}

#[test]
fn sources_are_bounded_and_forgotten() {
    let mut now = Instant::now();
    let mut strangers = Strangers::new(&Limits { handshakes_per_second: 1 << 20, ..limits() }, now);
    for number in 0..10_000_u32 {
        drop(strangers.admit(IpAddr::V4(Ipv4Addr::from_bits(number)), false, now));
    }
    assert_eq!(strangers.others.sources.len(), SOURCES_MAX);
    now += Duration::from_secs(2);
    drop(strangers.admit(ip(1), false, now));
    assert_eq!(strangers.others.sources.len(), 1);
}

#[test]
fn the_newer_addresses_count_by_network() {
    let of = |text: &str| source_of(text.parse().unwrap());
    assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
    assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
    assert_eq!(of("::ffff:10.0.0.1"), ip(1));
}

//! A link passes on everything, nothing, or nothing yet, and no link stands for another.
#![allow(clippy::unwrap_used)]

use super::*;

/// A listener behind a relay, and the relay's port.
fn relayed(links: &Links) -> (TcpListener, u16) {
    let hidden = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let known = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = known.local_addr().unwrap().port();
    relay(known, 2, hidden.local_addr().unwrap().port(), links);
    (hidden, port)
}

const LINK: Link = (Dialler::Client, 2);

/// The two ends of a link, after this was passed on over it.
fn connected(links: &Links, greeting: &[u8]) -> (TcpStream, TcpStream) {
    let (hidden, port) = relayed(links);
    let mut near = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    near.write_all(greeting).unwrap();
    let far = hidden.accept().unwrap().0;
    assert_eq!(read(&far, greeting.len()).unwrap(), greeting);
    (near, far)
}

fn read(mut socket: &TcpStream, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    socket.read_exact(&mut bytes).map(|()| bytes)
}

#[test]
fn everything_arrives_in_both_directions() {
    let (near, mut far) = connected(&Links::default(), b"ask");
    far.write_all(b"answer").unwrap();
    assert_eq!(read(&near, 6).unwrap(), b"answer");
    drop(far);
    assert!(read(&near, 1).is_err(), "the end arrives, too");
}

#[test]
fn what_is_sent_on_a_silent_link_arrives_late() {
    let links = Links::default();
    let (mut near, far) = connected(&links, b"first");
    links.set(LINK, State::Silent);
    near.write_all(b"second").unwrap();
    links.wait_until_held(LINK);
    far.set_nonblocking(true).unwrap();
    assert!(is_pause(&read(&far, 6).unwrap_err()));
    far.set_nonblocking(false).unwrap();
    links.set(LINK, State::Open);
    assert_eq!(read(&far, 6).unwrap(), b"second");
}

#[test]
fn a_severed_link_breaks_and_stays_broken() {
    let links = Links::default();
    let (hidden, port) = relayed(&links);
    let mut near = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    near.write_all(b"first").unwrap();
    let far = hidden.accept().unwrap().0;
    assert_eq!(read(&far, 5).unwrap(), b"first");
    links.set(LINK, State::Severed);
    assert!(read(&far, 1).is_err() && read(&near, 1).is_err());
    let again = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    assert!(read(&again, 1).is_err());
    links.set(LINK, State::Open);
    let mut healed = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    healed.write_all(b"third").unwrap();
    assert_eq!(read(&hidden.accept().unwrap().0, 5).unwrap(), b"third");
}

#[test]
fn links_are_told_apart_by_who_dials() {
    assert_eq!(Dialler::from_address(address_of(0).unwrap()), Dialler::Replica(0));
    assert_eq!(Dialler::from_address(address_of(30).unwrap()), Dialler::Replica(30));
    assert_eq!(Dialler::from_address(IpAddr::V4(Ipv4Addr::LOCALHOST)), Dialler::Client);
    assert_eq!(address_of(250), None);
    let links = Links::default();
    let (hidden, port) = relayed(&links);
    links.set((Dialler::Replica(0), 2), State::Severed);
    links.set((Dialler::Client, 1), State::Severed);
    let mut near = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    near.write_all(b"mine").unwrap();
    assert_eq!(read(&hidden.accept().unwrap().0, 4).unwrap(), b"mine");
}

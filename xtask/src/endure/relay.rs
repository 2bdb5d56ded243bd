//! What stands between replicas: a small relay before each, which knows who dials and can stop passing things on.
//!
//! A replica dials from an address of its own, anybody else from another, so every connection has a known pair of ends,
//! a *link*, which can be cut without touching the others. A link that is *silent* behaves as a cable that was pulled:
//! what was sent waits and arrives late, or, after as long as systems usually try, never; a new connection gets no
//! answer. A link that is *severed* breaks at once, and again at each attempt.
//!
//! Threads end with their connections, listeners with the process.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a silent link keeps what was sent before its connections break.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How long a thread waits before it looks whether its link was severed.
const LOOK: Duration = Duration::from_millis(100);
/// Bytes passed on at once.
const PIECE_BYTES: usize = 64 << 10;
/// The last byte of the address from which the first replica dials; the others follow.
const FIRST_ADDRESS: u8 = 10;

/// The address from which a replica dials.
pub(super) fn address_of(replica: u16) -> Option<IpAddr> {
    let last = u8::try_from(replica).ok()?.checked_add(FIRST_ADDRESS)?;
    Some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)))
}

/// Who dials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialler {
    /// The replica at this position.
    Replica(usize),
    /// Anybody else.
    Client,
}

impl Dialler {
    fn from_address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) if address.octets()[..3] == [127, 0, 0] && address.octets()[3] >= FIRST_ADDRESS => {
                Self::Replica(usize::from(address.octets()[3] - FIRST_ADDRESS))
            }
            IpAddr::V4(_) | IpAddr::V6(_) => Self::Client,
        }
    }
}

/// Who dials whom.
pub(super) type Link = (Dialler, usize);

/// What becomes of what is sent on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It arrives.
    Open,
    /// It waits.
    Silent,
    /// It is lost, and so is the connection.
    Severed,
}

/// The state of every link.
#[derive(Clone, Default)]
pub(super) struct Links {
    shared: Arc<(Mutex<States>, Condvar)>,
}

#[derive(Default)]
struct States {
    links: BTreeMap<Link, State>,
    /// Pieces that wait, by link.
    held: BTreeMap<Link, usize>,
}

impl Links {
    fn states(&self) -> MutexGuard<'_, States> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a link.
    pub(super) fn set(&self, link: Link, state: State) {
        self.states().links.insert(link, state);
        self.shared.1.notify_all();
    }

    fn state(&self, link: Link) -> State {
        self.states().links.get(&link).copied().unwrap_or(State::Open)
    }

    /// Waits while a link is silent. Returns whether something can be sent on it then.
    fn wait_until_open(&self, link: Link) -> bool {
        let is_silent = |states: &mut States| states.links.get(&link) == Some(&State::Silent);
        let mut states = self.states();
        *states.held.entry(link).or_default() += 1;
        self.shared.1.notify_all();
        let waited = self.shared.1.wait_timeout_while(states, SILENCE_MAX, is_silent);
        let (mut states, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *states.held.entry(link).or_default() -= 1;
        states.links.get(&link).is_none_or(|state| *state == State::Open)
    }

    /// Waits until something waits.
    #[cfg(test)]
    fn wait_until_held(&self, link: Link) {
        let is_idle = |states: &mut States| states.held.get(&link).is_none_or(|held| *held == 0);
        drop(self.shared.1.wait_while(self.states(), is_idle).unwrap_or_else(PoisonError::into_inner));
    }
}

/// Passes on what comes to `listener` to the replica at `position`, which listens on `port`.
pub(super) fn relay(listener: TcpListener, position: usize, port: u16, links: &Links) {
    let links = links.clone();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let Ok((from, socket)) = socket.and_then(|socket| Ok((socket.peer_addr()?, socket))) else {
                continue;
            };
            let (link, links) = ((Dialler::from_address(from.ip()), position), links.clone());
            // What breaks, ends; who dialled sees it.
            thread::spawn(move || serve(socket, port, link, &links));
        }
    });
}

fn serve(near: TcpStream, port: u16, link: Link, links: &Links) -> io::Result<()> {
    if !links.wait_until_open(link) {
        return Ok(());
    }
    let far = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    for socket in [&near, &far] {
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(LOOK))?;
        socket.set_write_timeout(Some(LOOK))?;
    }
    let (back_from, back_to) = (far.try_clone()?, near.try_clone()?);
    let back = {
        let links = links.clone();
        thread::spawn(move || pass_on(back_from, back_to, link, &links))
    };
    pass_on(near, far, link, links);
    // It ends soon after, as its sockets are shut.
    let _ = back.join();
    Ok(())
}

/// Passes on what comes from one socket to the other until either ends or the link breaks, and shuts both.
fn pass_on(mut from: TcpStream, mut to: TcpStream, link: Link, links: &Links) {
    let mut piece = vec![0; PIECE_BYTES];
    let mut silent_since = None;
    loop {
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                if !links.wait_until_open(link) || write(&mut to, &piece[..count], link, links).is_err() {
                    break;
                }
            }
            Err(error) if is_pause(&error) => {}
            Err(_) => break,
        }
        match links.state(link) {
            State::Open => silent_since = None,
            State::Silent if silent_since.get_or_insert_with(Instant::now).elapsed() < SILENCE_MAX => {}
            State::Silent | State::Severed => break,
        }
    }
    for socket in [from, to] {
        // The other direction may have shut it.
        let _ = socket.shutdown(Shutdown::Both);
    }
}

/// Writes everything, however long the reader takes, unless the link is severed meanwhile.
fn write(to: &mut TcpStream, mut bytes: &[u8], link: Link, links: &Links) -> io::Result<()> {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if is_pause(&error) && links.state(link) != State::Severed => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests;

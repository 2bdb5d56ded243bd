//! Exactly once: which request is executed, and what all others are told.
//!
//! A request's key is (client, session, id). A *session* is one incarnation of a client, with a number larger than
//! that of every earlier one; in it the client numbers its requests from 1. Everything that is remembered of a session
//! is in the replicated map, hence in the digest that replicas vote on, and a replica that obtained its state from
//! others refuses and repeats as everybody does.
//!
//! The rules, in the order they are asked:
//!
//! 1. A session above the client's newest is opened by the first request that is executed in it. A session that is
//!    neither above it nor live is refused: [`Refusal::SessionEvicted`] if it may have existed,
//!    [`Refusal::SessionNeverOpened`] if it did not.
//! 2. An id at or below the window's floor is refused ([`Refusal::Stale`]); ids count from 1, so 0 always is.
//! 3. An id more than [`WINDOW`] above the highest that was executed is refused ([`Refusal::TooFarAhead`]).
//! 4. An id that was executed is not executed again: the same request is given the result it had and the place it was
//!    executed at ([`Refusal::ResultForgotten`] if the result is gone), another one is refused
//!    ([`Refusal::DifferentBody`]).
//! 5. Anything else is executed.
//!
//! Only an execution changes anything here, so nobody moves a window or evicts a session by repeating or by sending
//! nonsense. At most [`MAX_SESSIONS`] sessions of a client are live; a new one evicts the one in which the last
//! execution lies furthest back, the lowest among equals. The client's newest session is therefore always live, and
//! "the newest" needs no entry of its own.
//!
//! Who may be a client is not decided here: a request gets here only if its signature is that of a registered client.

use crate::map::MerkleMap;
use crate::reply::{Refusal, ReplyBody, Resolution};
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::request::RequestKey;
use synod_kernel::{Digest, Request, RequestId, Seq, SessionId};
use table::{Entry, Window};

mod table;

/// Sessions of one client that are live at once, at most: programs that share a client's key have one each.
pub const MAX_SESSIONS: usize = 64;
/// The last so many ids of a session, up to the highest that was executed, are remembered.
pub const WINDOW: u64 = REMEMBERED as u64;
const REMEMBERED: usize = 64;
/// Bytes of one result that is kept for repetitions, at most.
pub const MAX_CACHED_RESULT: usize = 64 << 10;
/// Bytes of all results that are kept in one session, at most. The oldest make room for the newest.
pub const MAX_CACHED_RESULTS: usize = 128 << 10;
/// Bytes that one client's sessions take up in the map, keys and values, at most: [`MAX_SESSIONS`] times a window, an
/// entry for each of [`WINDOW`] ids, and [`MAX_CACHED_RESULTS`]; and the number of the newest session that is over. A
/// little below 9 MiB.
/// Times the registered clients, this bounds what all sessions take up.
pub const MAX_CLIENT_BYTES: usize =
    MAX_SESSIONS * (table::WINDOW_BYTES + REMEMBERED * table::ENTRY_BYTES + MAX_CACHED_RESULTS) + table::EVICTED_BYTES;

/// The floor of a session in which nothing will ever be executed any more.
const CLOSED: RequestId = RequestId::new(u64::MAX);

/// What is to be done with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is to be executed, and [`record`]ed with this.
    Execute(Slot),
    /// It was executed before.
    Repeat(Settled),
    /// It is not to be executed.
    Refuse(Refusal, RequestId),
}

/// What is left of an execution: where it was, what to answer, and the floor of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) seq: Seq,
    pub(crate) result: Bytes,
    pub(crate) floor: RequestId,
}

/// The place of a request that is being executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    key: RequestKey,
    digest: Digest,
    session: Session,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    Live(Window),
    New,
}

impl Session {
    fn window(self) -> Window {
        match self {
            Self::Live(window) => window,
            Self::New => Window::default(),
        }
    }
}

/// Decides about a request. Changes nothing.
pub(crate) fn judge(map: &MerkleMap, request: &Request) -> Verdict {
    let (key, digest) = (request.key(), request.digest());
    let session = match find(map, &key) {
        Ok(session) => session,
        Err(refusal) => return Verdict::Refuse(refusal, CLOSED),
    };
    let window = session.window();
    let floor = window.floor();
    if key.id <= floor {
        return Verdict::Refuse(Refusal::Stale { floor }, floor);
    }
    if key.id > window.ceiling() {
        return Verdict::Refuse(Refusal::TooFarAhead, floor);
    }
    match table::entry(map, &key) {
        None => Verdict::Execute(Slot { key, digest, session }),
        Some(entry) if entry.digest != digest => Verdict::Refuse(Refusal::DifferentBody, floor),
        Some(Entry { seq, body, .. }) => {
            Verdict::Repeat(Settled { seq, result: body.unwrap_or_else(|| forgotten(request, seq)), floor })
        }
    }
}

/// The session of a request.
fn find(map: &MerkleMap, key: &RequestKey) -> Result<Session, Refusal> {
    if let Some(window) = table::window(map, key) {
        return Ok(Session::Live(window));
    }
    let highest = table::live(map, key).last().map_or(SessionId::default(), |(session, _)| session);
    if key.session > highest {
        return Ok(Session::New);
    }
    Err(match table::evicted(map, key) {
        Some(evicted) if key.session <= evicted => Refusal::SessionEvicted { highest },
        // No session has the number 0, but nothing is above it either.
        Some(_) | None => Refusal::SessionNeverOpened { highest },
    })
}

/// Remembers an execution, and returns the session's floor after it.
pub(crate) fn record(map: &mut MerkleMap, slot: Slot, seq: Seq, result: &Bytes) -> RequestId {
    let Slot { key, digest, session } = slot;
    if session == Session::New {
        make_way(map, &key);
    }
    let mut window = session.window();
    let old_floor = window.floor();
    window.last = seq;
    window.highest = window.highest.max(key.id);
    for entry in table::drain(map, &key, old_floor.next(), window.floor()) {
        window.cached -= entry.size();
    }
    let body = (result.len() <= MAX_CACHED_RESULT).then(|| result.clone());
    let entry = Entry { seq, digest, body };
    window.cached += entry.size();
    if window.cached > MAX_CACHED_RESULTS as u64 {
        forget_oldest(map, &key, &mut window);
    }
    table::put_entry(map, &key, &entry);
    table::put_window(map, &key, &window);
    window.floor()
}

/// Evicts a session if a new one of this client would be one too many.
fn make_way(map: &mut MerkleMap, key: &RequestKey) {
    let live: Vec<(SessionId, Window)> = table::live(map, key).collect();
    if live.len() < MAX_SESSIONS {
        return;
    }
    let oldest = live.iter().min_by_key(|(session, window)| (window.last, *session));
    let (session, _) = *oldest.expect("there are MAX_SESSIONS of them");
    table::close(map, &RequestKey { session, ..*key });
    let evicted = table::evicted(map, key).map_or(session, |before| before.max(session));
    table::put_evicted(map, key, evicted);
}

/// Drops the results of the executions furthest back, the lowest ids first among those of one batch, until the rest
/// is within the limit.
fn forget_oldest(map: &mut MerkleMap, key: &RequestKey, window: &mut Window) {
    let mut kept: Vec<(RequestId, Entry)> = table::entries(map, key).filter(|(_, entry)| entry.size() > 0).collect();
    kept.sort_by_key(|(id, entry)| (entry.seq, *id));
    for (id, entry) in kept {
        if window.cached <= MAX_CACHED_RESULTS as u64 {
            return;
        }
        window.cached -= entry.size();
        table::put_entry(map, &RequestKey { id, ..*key }, &Entry { body: None, ..entry });
    }
}

/// What is answered in place of a result that is not kept.
pub(crate) fn forgotten(request: &Request, seq: Seq) -> Bytes {
    Resolution::encoded(request, ReplyBody::Refused(Refusal::ResultForgotten { seq }))
}

#[cfg(test)]
mod tests;

//! How sessions lie in the map: one small entry per session, one per remembered request, and per client the highest
//! session that was evicted, if any was.
//!
//! Numbers in keys are big-endian, so that the map's order is theirs. What is read here was written here, or came with
//! a checkpoint that a strong quorum vouched for; that it can be read is our own invariant.

use super::{MAX_SESSIONS, WINDOW};
use crate::map::{MerkleMap, Range};
use crate::plain;
use crate::space::SYSTEM;
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::request::RequestKey;
use synod_kernel::{Decode, Digest, Encode, Malformed, Reader, RequestId, Seq, SessionId, Writer};

/// Follows [`SYSTEM`] in the keys of each table.
const EVICTED: u8 = 1;
const WINDOWS: u8 = 2;
const ENTRIES: u8 = 3;

/// Bytes of the key and the value of an evicted session's number.
pub(super) const EVICTED_BYTES: usize = (2 + 32) + 8;
/// Bytes of the key and the value of a window.
pub(super) const WINDOW_BYTES: usize = (2 + 32 + 8) + 24;
/// Bytes of the key and the value of an entry, its body apart.
pub(super) const ENTRY_BYTES: usize = (2 + 32 + 8 + 8) + (8 + 32 + 1 + 4);

/// How far a session has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    /// The highest id that was executed.
    pub(super) highest: RequestId,
    /// Where the last execution was.
    pub(super) last: Seq,
    /// Bytes of all bodies that are kept.
    pub(super) cached: u64,
}

impl Window {
    /// Ids up to this one have left the window.
    pub(super) fn floor(&self) -> RequestId {
        self.highest.minus(WINDOW)
    }

    /// Ids up to this one may be executed.
    pub(super) fn ceiling(&self) -> RequestId {
        self.highest.plus(WINDOW)
    }
}

/// What is remembered of a request that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where.
    pub(super) seq: Seq,
    /// The digest of the request.
    pub(super) digest: Digest,
    /// What was answered, if that is kept.
    pub(super) body: Option<Bytes>,
}

impl Entry {
    /// Bytes of its body.
    pub(super) fn size(&self) -> u64 {
        self.body.as_ref().map_or(0, |body| body.len() as u64)
    }
}

/// The window of a live session.
pub(super) fn window(map: &MerkleMap, key: &RequestKey) -> Option<Window> {
    map.get(&session_key(WINDOWS, key)).map(read)
}

/// The live sessions of a client, ascending.
pub(super) fn live(map: &MerkleMap, key: &RequestKey) -> impl Iterator<Item = (SessionId, Window)> {
    let windows = map.prefix(&client_key(WINDOWS, key)).take(MAX_SESSIONS);
    windows.map(|(key, window)| (SessionId::new(last_number(key)), read(window)))
}

/// The highest session of a client that was evicted.
pub(super) fn evicted(map: &MerkleMap, key: &RequestKey) -> Option<SessionId> {
    map.get(&client_key(EVICTED, key)).map(read)
}

/// What is remembered of a request.
pub(super) fn entry(map: &MerkleMap, key: &RequestKey) -> Option<Entry> {
    map.get(&entry_key(key)).map(read)
}

/// All that is remembered of a session's requests, ascending.
pub(super) fn entries(map: &MerkleMap, key: &RequestKey) -> impl Iterator<Item = (RequestId, Entry)> {
    ids(map.prefix(&session_key(ENTRIES, key)))
}

fn ids(range: Range<'_>) -> impl Iterator<Item = (RequestId, Entry)> {
    range.map(|(key, entry)| (RequestId::new(last_number(key)), read(entry)))
}

pub(super) fn put_window(map: &mut MerkleMap, key: &RequestKey, window: &Window) {
    write(map, &session_key(WINDOWS, key), window);
}

pub(super) fn put_evicted(map: &mut MerkleMap, key: &RequestKey, session: SessionId) {
    write(map, &client_key(EVICTED, key), &session);
}

pub(super) fn put_entry(map: &mut MerkleMap, key: &RequestKey, entry: &Entry) {
    write(map, &entry_key(key), entry);
}

/// Takes out the entries of a session from id `first` up to and including id `last`.
pub(super) fn drain(map: &mut MerkleMap, key: &RequestKey, first: RequestId, last: RequestId) -> Vec<Entry> {
    if first > last {
        return Vec::new();
    }
    let from = entry_key(&RequestKey { id: first, ..*key });
    let to = entry_key(&RequestKey { id: last.next(), ..*key });
    let leaving: Vec<(RequestId, Entry)> = ids(map.range(&from, Some(&to))).collect();
    let remove = |(id, entry): (RequestId, Entry)| {
        map.remove(&entry_key(&RequestKey { id, ..*key }));
        entry
    };
    leaving.into_iter().map(remove).collect()
}

/// Takes out all there is of a session.
pub(super) fn close(map: &mut MerkleMap, key: &RequestKey) {
    let leaving: Vec<RequestId> = entries(map, key).map(|(id, _)| id).collect();
    for id in leaving {
        map.remove(&entry_key(&RequestKey { id, ..*key }));
    }
    map.remove(&session_key(WINDOWS, key));
}

fn client_key(table: u8, key: &RequestKey) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 + 32 + 8 + 8);
    bytes.extend_from_slice(&[SYSTEM, table]);
    bytes.extend_from_slice(key.client.as_bytes());
    bytes
}

fn session_key(table: u8, key: &RequestKey) -> Vec<u8> {
    let mut bytes = client_key(table, key);
    bytes.extend_from_slice(&key.session.get().to_be_bytes());
    bytes
}

fn entry_key(key: &RequestKey) -> Vec<u8> {
    let mut bytes = session_key(ENTRIES, key);
    bytes.extend_from_slice(&key.id.get().to_be_bytes());
    bytes
}

/// The number a key ends with.
fn last_number(key: &Bytes) -> u64 {
    let number = key.last_chunk().expect("keys of sessions and entries end with a number");
    u64::from_be_bytes(*number)
}

fn read<T: Decode>(value: &Bytes) -> T {
    plain::decode(value.clone()).expect("the session tables hold what was written there")
}

fn write(map: &mut MerkleMap, key: &[u8], value: &impl Encode) {
    map.insert(key, &value.to_bytes()).expect("keys and values of sessions are far below the limits of the map");
}

impl Encode for Window {
    fn encode(&self, writer: &mut Writer) {
        self.highest.encode(writer);
        self.last.encode(writer);
        self.cached.encode(writer);
    }
}

impl Decode for Window {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { highest: Decode::decode(reader)?, last: Decode::decode(reader)?, cached: Decode::decode(reader)? })
    }
}

impl Encode for Entry {
    fn encode(&self, writer: &mut Writer) {
        self.seq.encode(writer);
        self.digest.encode(writer);
        self.body.is_some().encode(writer);
        if let Some(body) = &self.body {
            writer.bytes(body);
        }
    }
}

impl Decode for Entry {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (seq, digest) = (Decode::decode(reader)?, Decode::decode(reader)?);
        let body = match bool::decode(reader)? {
            true => Some(reader.bytes("cached result", super::MAX_CACHED_RESULT)?),
            false => None,
        };
        Ok(Self { seq, digest, body })
    }
}

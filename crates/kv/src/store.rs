//! The store itself: operations over the space it is given.
//!
//! One entry of the space holds the revision, and one each key's value with the revisions that tell its life. Nothing
//! is kept anywhere else, and an answer that changes nothing leaves the space as it was.

use crate::answer::{Answer, Invalid, KeyValue, RANGE_BYTES};
use crate::operation::{Expected, Operation};
use crate::revision::Revision;
use crate::{MAX_BOUND_BYTES, MAX_RANGE_BYTES, MAX_RANGE_ENTRIES, MAX_VALUE_BYTES};
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::{Decode, Encode, Malformed, Reader, Writer};
use synod_state::{Context, MAX_SPACE_KEY_BYTES, Space, StateMachine, plain};

/// Where the revision is.
const REVISION: &[u8] = &[0];
/// In front of the clients' keys.
const KEYS: u8 = 1;
/// Bytes of a record besides its value.
const RECORD_BYTES: usize = 3 * 8 + 4;
const _: () = assert!(MAX_BOUND_BYTES < MAX_SPACE_KEY_BYTES);
const _: () = assert!(RECORD_BYTES + MAX_VALUE_BYTES <= synod_state::map::MAX_VALUE_BYTES);

/// The key-value store as a state machine: bytes of an [`Operation`] in, bytes of an [`Answer`] out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyValueStore;

impl StateMachine for KeyValueStore {
    fn apply(&self, space: &mut Space<'_>, context: &Context, operation: &Bytes) -> Bytes {
        let answer = match Operation::parse(operation) {
            Ok(operation) => answer(space, operation, context.room),
            Err(why) => Answer::Invalid(why),
        };
        let bytes = answer.to_bytes();
        if bytes.len() <= context.room {
            return Bytes::from(bytes);
        }
        // Only what was read can be this long, so nothing was changed.
        let why = Invalid::NoRoom { bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX) };
        Bytes::from(Answer::Invalid(why).to_bytes())
    }
}

fn answer(space: &mut Space<'_>, operation: Operation, room: usize) -> Answer {
    match operation {
        Operation::Put { key, value } => Answer::Put { revision: put(space, &key, &value) },
        Operation::Get { key } => Answer::Value { entry: get(space, &key), revision: revision(space) },
        Operation::Delete { key } => {
            let existed = space.remove(&placed(&key)).is_some();
            let revision = if existed { advance(space) } else { revision(space) };
            Answer::Deleted { existed, revision }
        }
        Operation::Range { from, to, limit } => range(space, &from, to.as_deref(), limit, room),
        Operation::CompareAndSwap { key, expected, value } => {
            let current = get(space, &key);
            if is_met(&expected, current.as_ref()) {
                Answer::Swapped { revision: put(space, &key, &value) }
            } else {
                Answer::NotSwapped { current, revision: revision(space) }
            }
        }
    }
}

fn is_met(expected: &Expected, current: Option<&KeyValue>) -> bool {
    match expected {
        Expected::Absent => current.is_none(),
        Expected::Value(value) => current.is_some_and(|current| current.value == value),
        Expected::ModRevision(revision) => {
            current.map_or(Revision::ABSENT, |current| current.mod_revision) == *revision
        }
    }
}

fn put(space: &mut Space<'_>, key: &Bytes, value: &Bytes) -> Revision {
    let now = advance(space);
    let life = match read(space, key) {
        Some(Record { life, .. }) => Life { modified: now, version: life.version + 1, ..life },
        None => Life { created: now, modified: now, version: 1 },
    };
    let record = Record { life, value: value.clone() };
    space.insert(&placed(key), &record.to_bytes()).expect("parsed operations keep the limits of the space");
    now
}

fn get(space: &Space<'_>, key: &Bytes) -> Option<KeyValue> {
    read(space, key).map(|record| record.entry(key.clone()))
}

/// The entries of a range, as far as one answer reaches.
fn range(space: &Space<'_>, from: &[u8], to: Option<&[u8]>, limit: u32, room: usize) -> Answer {
    let limit = usize::try_from(limit).map_or(MAX_RANGE_ENTRIES, |limit| limit.min(MAX_RANGE_ENTRIES));
    let limit = if limit == 0 { MAX_RANGE_ENTRIES } else { limit };
    let end = to.map_or_else(|| Vec::from([KEYS + 1]), placed);
    let found = space.range(&placed(from), Some(&end));
    let (mut entries, mut more, mut bytes) = (Vec::new(), false, RANGE_BYTES);
    for (key, value) in found {
        let entry = record(value).entry(Bytes::copy_from_slice(&key[1..]));
        bytes += entry.size();
        if entries.len() == limit || (!entries.is_empty() && bytes > room.min(MAX_RANGE_BYTES)) {
            more = true;
            break;
        }
        entries.push(entry);
    }
    Answer::Range { entries, more, revision: revision(space) }
}

/// The revision of the store.
fn revision(space: &Space<'_>) -> Revision {
    space
        .get(REVISION)
        .map_or(Revision::FIRST, |bytes| plain::decode(bytes.clone()).expect("the revision was written by this store"))
}

/// Counts a change.
fn advance(space: &mut Space<'_>) -> Revision {
    let next = revision(space).next();
    space.insert(REVISION, &next.to_bytes()).expect("a revision is within the limits of the space");
    next
}

fn read(space: &Space<'_>, key: &[u8]) -> Option<Record> {
    space.get(&placed(key)).map(record)
}

fn record(bytes: &Bytes) -> Record {
    plain::decode(bytes.clone()).expect("records were written by this store")
}

/// Where a client's key is.
fn placed(key: &[u8]) -> Vec<u8> {
    let mut placed = Vec::with_capacity(key.len() + 1);
    placed.push(KEYS);
    placed.extend_from_slice(key);
    placed
}

/// What is kept of a key.
struct Record {
    life: Life,
    value: Bytes,
}

#[derive(Clone, Copy)]
struct Life {
    created: Revision,
    modified: Revision,
    version: u64,
}

impl Record {
    fn entry(self, key: Bytes) -> KeyValue {
        let Life { created, modified, version } = self.life;
        KeyValue { key, value: self.value, create_revision: created, mod_revision: modified, version }
    }
}

impl Encode for Record {
    fn encode(&self, writer: &mut Writer) {
        self.life.created.encode(writer);
        self.life.modified.encode(writer);
        self.life.version.encode(writer);
        writer.bytes(&self.value);
    }
}

impl Decode for Record {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (created, modified) = (Decode::decode(reader)?, Decode::decode(reader)?);
        let life = Life { created, modified, version: Decode::decode(reader)? };
        Ok(Self { life, value: reader.bytes("value", MAX_VALUE_BYTES)? })
    }
}

#[cfg(test)]
mod tests;

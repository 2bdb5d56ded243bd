//! What simulated clients ask of the key-value store, and the store said once more without any of synod's machinery.

use bytes::Bytes;
use std::collections::BTreeMap;
use synod_kernel::chooser::Chooser;
use synod_kernel::{Encode, Request, Seq};
use synod_kv::{Answer, Expected, KeyValue, Operation, Revision};
use synod_sim::Model;
use synod_sim::draw::{between, pick};

/// What the store does, in the plainest form there is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain {
    changes: u64,
    entries: BTreeMap<Bytes, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    value: Bytes,
    created: u64,
    modified: u64,
    version: u64,
}

impl Model for Plain {
    fn execute(&mut self, _: Seq, request: &Request) -> Vec<Bytes> {
        let answer = |operation: Bytes| match Operation::parse(&operation) {
            Ok(operation) => self.answer(operation),
            Err(why) => Answer::Invalid(why),
        };
        request.operations().map(answer).map(|answer| Bytes::from(answer.to_bytes())).collect()
    }
}

impl Plain {
    /// A store that nothing happened to is at revision 1.
    fn revision(&self) -> Revision {
        Revision::new(self.changes + 1)
    }

    fn entry(&self, key: &Bytes) -> Option<KeyValue> {
        self.entries.get(key).map(|entry| KeyValue {
            key: key.clone(),
            value: entry.value.clone(),
            create_revision: Revision::new(entry.created),
            mod_revision: Revision::new(entry.modified),
            version: entry.version,
        })
    }

    fn write(&mut self, key: Bytes, value: Bytes) -> Revision {
        self.changes += 1;
        let now = self.revision().get();
        let entry =
            self.entries.entry(key).or_insert(Entry { value: Bytes::new(), created: now, modified: 0, version: 0 });
        (entry.value, entry.modified, entry.version) = (value, now, entry.version + 1);
        self.revision()
    }

    fn answer(&mut self, operation: Operation) -> Answer {
        match operation {
            Operation::Put { key, value } => Answer::Put { revision: self.write(key, value) },
            Operation::Get { key } => Answer::Value { entry: self.entry(&key), revision: self.revision() },
            Operation::Delete { key } => {
                let existed = self.entries.remove(&key).is_some();
                self.changes += u64::from(existed);
                Answer::Deleted { existed, revision: self.revision() }
            }
            Operation::Range { from, to, limit } => {
                let inside = |key: &&Bytes| **key >= from && to.as_ref().is_none_or(|to| *key < to);
                let keys: Vec<&Bytes> = self.entries.keys().filter(inside).collect();
                let wanted = usize::try_from(limit).unwrap_or(usize::MAX).min(keys.len());
                let entries = keys[..wanted].iter().filter_map(|key| self.entry(key)).collect();
                Answer::Range { entries, more: wanted < keys.len(), revision: self.revision() }
            }
            Operation::CompareAndSwap { key, expected, value } => {
                let current = self.entry(&key);
                let is_met = match (&expected, &current) {
                    (Expected::Absent, current) => current.is_none(),
                    (Expected::Value(wanted), current) => current.as_ref().is_some_and(|entry| entry.value == wanted),
                    (Expected::ModRevision(wanted), Some(entry)) => entry.mod_revision == *wanted,
                    (Expected::ModRevision(wanted), None) => wanted.get() == 0,
                };
                if is_met {
                    Answer::Swapped { revision: self.write(key, value) }
                } else {
                    Answer::NotSwapped { current, revision: self.revision() }
                }
            }
        }
    }
}

/// Kinds of operations.
#[derive(Clone, Copy)]
enum Kind {
    Put,
    Get,
    Delete,
    Range,
    Swap,
}

/// Entries of a range that are asked for, at most: never more than one answer holds.
const RANGE_MAX: u64 = 8;

/// An operation on a few hot keys and many cold ones, with a value that nobody else writes.
pub(crate) fn operation(client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes {
    let kinds = [Kind::Put, Kind::Put, Kind::Put, Kind::Get, Kind::Delete, Kind::Range, Kind::Swap, Kind::Swap];
    let kind = pick(choose, "kind of operation", &kinds);
    let highest = pick(choose, "keys", &[3, 255]);
    let key = some_key(highest, choose);
    let value = value_of(client, number);
    let operation = match kind {
        Kind::Put => Operation::Put { key, value },
        Kind::Get => Operation::Get { key },
        Kind::Delete => Operation::Delete { key },
        Kind::Range => {
            let to = (choose.choose("end", 2) == 0).then(|| some_key(highest, choose));
            let limit = u32::try_from(between(choose, "limit", 1, RANGE_MAX)).expect("a handful");
            Operation::Range { from: key, to, limit }
        }
        Kind::Swap => {
            let expected = match choose.choose("expected", 3) {
                0 => Expected::Absent,
                // What this client wrote some time ago is perhaps still there.
                1 => Expected::Value(value_of(client, number.saturating_sub(between(choose, "ago", 1, 8)))),
                _ => Expected::ModRevision(Revision::new(between(choose, "revision", 0, number))),
            };
            Operation::CompareAndSwap { key, expected, value }
        }
    };
    Bytes::from(operation.to_bytes())
}

/// An operation in words.
pub(crate) fn describe(operation: &Bytes) -> String {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    match Operation::parse(operation) {
        Ok(Operation::Put { key, value }) => format!("put {} = {}", text(&key), text(&value)),
        Ok(Operation::Get { key }) => format!("get {}", text(&key)),
        Ok(Operation::Delete { key }) => format!("delete {}", text(&key)),
        Ok(Operation::Range { from, to, limit }) => {
            let to = to.map_or_else(|| "the end".to_owned(), |to| text(&to));
            format!("{limit} keys from {} to {to}", text(&from))
        }
        Ok(Operation::CompareAndSwap { key, expected, value }) => {
            let expected = match expected {
                Expected::Absent => "absent".to_owned(),
                Expected::Value(value) => text(&value),
                Expected::ModRevision(revision) => format!("of revision {revision}"),
            };
            format!("set {} = {} if it is {expected}", text(&key), text(&value))
        }
        Err(why) => why.to_string(),
    }
}

fn some_key(highest: u64, choose: &mut dyn Chooser) -> Bytes {
    Bytes::from(format!("k{}", between(choose, "key", 0, highest)))
}

fn value_of(client: usize, number: u64) -> Bytes {
    Bytes::from(format!("c{client}.{number}"))
}

//! What the key-value store does, said once more over an ordinary map, and what clients ask of it.

use bytes::Bytes;
use std::collections::BTreeMap;
use synod_kernel::chooser::Chooser;
use synod_kernel::{Encode, Request, Seq};
use synod_kv::{Answer, Expected, KeyValue, Operation, Revision};
use synod_sim::draw::{between, pick};

/// The keys that clients fight over. All of them together fit into one answer.
const KEYS: [&str; 5] = ["a", "ab", "b", "c", "d"];

/// The store, as its documentation has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    entries: BTreeMap<Bytes, KeyValue>,
    changes: u64,
}

impl synod_sim::Model for Model {
    fn execute(&mut self, _: Seq, request: &Request) -> Vec<Bytes> {
        let operations = request.operations();
        operations.map(|bytes| Bytes::from(self.answer(Operation::parse(&bytes).unwrap()).to_bytes())).collect()
    }
}

impl Model {
    fn revision(&self) -> Revision {
        Revision::new(1 + self.changes)
    }

    fn put(&mut self, key: Bytes, value: Bytes) -> Revision {
        self.changes += 1;
        let now = self.revision();
        let (created, versions) =
            self.entries.get(&key).map_or((now, 0), |entry| (entry.create_revision, entry.version));
        let entry =
            KeyValue { key: key.clone(), value, create_revision: created, mod_revision: now, version: versions + 1 };
        self.entries.insert(key, entry);
        now
    }

    fn answer(&mut self, operation: Operation) -> Answer {
        match operation {
            Operation::Put { key, value } => Answer::Put { revision: self.put(key, value) },
            Operation::Get { key } => {
                Answer::Value { entry: self.entries.get(&key).cloned(), revision: self.revision() }
            }
            Operation::Delete { key } => {
                let existed = self.entries.remove(&key).is_some();
                self.changes += u64::from(existed);
                Answer::Deleted { existed, revision: self.revision() }
            }
            Operation::Range { from, to, limit } => {
                let within = |key: &Bytes| *key >= from && to.as_ref().is_none_or(|to| key < to);
                let mut entries: Vec<KeyValue> =
                    self.entries.values().filter(|entry| within(&entry.key)).cloned().collect();
                let wanted = if limit == 0 { entries.len() } else { limit as usize };
                let more = entries.len() > wanted;
                entries.truncate(wanted);
                Answer::Range { entries, more, revision: self.revision() }
            }
            Operation::CompareAndSwap { key, expected, value } => {
                let current = self.entries.get(&key).cloned();
                let is_met = match (&expected, &current) {
                    (Expected::Absent, current) => current.is_none(),
                    (Expected::Value(value), Some(current)) => current.value == *value,
                    (Expected::Value(_), None) => false,
                    (Expected::ModRevision(revision), Some(current)) => current.mod_revision == *revision,
                    (Expected::ModRevision(revision), None) => revision.get() == 0,
                };
                if is_met {
                    Answer::Swapped { revision: self.put(key, value) }
                } else {
                    Answer::NotSwapped { current, revision: self.revision() }
                }
            }
        }
    }
}

/// An operation of every kind, on few keys, that writes what nobody else writes.
pub(super) fn operation(client: usize, number: u64, choose: &mut dyn Chooser) -> Operation {
    let key = |choose: &mut dyn Chooser, question| Bytes::from_static(pick(choose, question, &KEYS).as_bytes());
    let value = Bytes::from(format!("{client}.{number}"));
    match between(choose, "operation", 0, 7) {
        0 => Operation::Get { key: key(choose, "key") },
        1 => Operation::Delete { key: key(choose, "key") },
        2 => {
            let limit = pick(choose, "limit", &[0, 1, 2]);
            Operation::Range { from: key(choose, "from"), to: Some(key(choose, "to")), limit }
        }
        3 => Operation::Range { from: Bytes::new(), to: None, limit: 0 },
        4 => {
            let expected = match between(choose, "expected", 0, 2) {
                0 => Expected::Absent,
                1 => Expected::ModRevision(Revision::new(between(choose, "revision", 0, 9))),
                _ => Expected::Value(Bytes::from(format!("{client}.{}", number.saturating_sub(1)))),
            };
            Operation::CompareAndSwap { key: key(choose, "key"), expected, value }
        }
        _ => Operation::Put { key: key(choose, "key"), value },
    }
}

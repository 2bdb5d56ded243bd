//! Long seeded histories: against a model in a `BTreeMap`, and with bytes that no client of ours would send.

use super::*;
use alloc::collections::BTreeMap;
use synod_kernel::chooser::Chooser;

const KEYS: [&str; 6] = ["a", "ab", "b", "ba", "c", "~"];

/// Restates the rules in the plainest form there is.
struct Model {
    revision: u64,
    /// Value, create revision, mod revision, version.
    entries: BTreeMap<Bytes, (Bytes, u64, u64, u64)>,
}

impl Model {
    fn entry(&self, key: &Bytes) -> Option<KeyValue> {
        self.entries.get(key).map(|(value, created, modified, version)| KeyValue {
            key: key.clone(),
            value: value.clone(),
            create_revision: Revision::new(*created),
            mod_revision: Revision::new(*modified),
            version: *version,
        })
    }

    fn write(&mut self, key: &Bytes, value: &Bytes) -> Revision {
        self.revision += 1;
        let fresh = (Bytes::new(), self.revision, 0, 0);
        let entry = self.entries.entry(key.clone()).or_insert(fresh);
        *entry = (value.clone(), entry.1, self.revision, entry.3 + 1);
        Revision::new(self.revision)
    }

    fn answer(&mut self, operation: &Operation) -> Answer {
        let unchanged = Revision::new(self.revision);
        match operation {
            Operation::Put { key, value } => Answer::Put { revision: self.write(key, value) },
            Operation::Get { key } => Answer::Value { entry: self.entry(key), revision: unchanged },
            Operation::Delete { key } => {
                let existed = self.entries.remove(key).is_some();
                self.revision += u64::from(existed);
                Answer::Deleted { existed, revision: Revision::new(self.revision) }
            }
            Operation::Range { from, to, limit } => {
                let inside = |key: &&Bytes| *key >= from && to.as_ref().is_none_or(|to| *key < to);
                let keys: Vec<&Bytes> = self.entries.keys().filter(inside).collect();
                let limit = if *limit == 0 { keys.len() } else { keys.len().min(*limit as usize) };
                let entries = keys[..limit].iter().map(|key| self.entry(key).unwrap()).collect();
                Answer::Range { entries, more: limit < keys.len(), revision: unchanged }
            }
            Operation::CompareAndSwap { key, expected, value } => {
                let current = self.entry(key);
                let met = match (expected, &current) {
                    (Expected::Absent, current) => current.is_none(),
                    (Expected::Value(wanted), Some(entry)) => entry.value == wanted,
                    (Expected::Value(_), None) => false,
                    (Expected::ModRevision(wanted), Some(entry)) => entry.mod_revision == *wanted,
                    (Expected::ModRevision(wanted), None) => wanted.get() == 0,
                };
                match met {
                    true => Answer::Swapped { revision: self.write(key, value) },
                    false => Answer::NotSwapped { current, revision: unchanged },
                }
            }
        }
    }
}

fn some_key(chooser: &mut Seeded) -> Bytes {
    text(KEYS[chooser.choose("key", KEYS.len())])
}

fn some_value(chooser: &mut Seeded) -> Bytes {
    text(["", "x", "yy"][chooser.choose("value", 3)])
}

fn some_operation(chooser: &mut Seeded, revision: u64) -> Operation {
    let (key, value) = (some_key(chooser), some_value(chooser));
    match chooser.choose("operation", 6) {
        0 | 1 => Operation::Put { key, value },
        2 => Operation::Get { key },
        3 => Operation::Delete { key },
        4 => {
            let to = (chooser.choose("end", 2) == 0).then(|| some_key(chooser));
            Operation::Range { from: key, to, limit: u32::try_from(chooser.choose("limit", 5)).unwrap() }
        }
        _ => {
            let expected = match chooser.choose("expected", 3) {
                0 => Expected::Absent,
                1 => Expected::Value(some_value(chooser)),
                _ => Expected::ModRevision(Revision::new(revision - revision.min(chooser.choose("ago", 9) as u64))),
            };
            Operation::CompareAndSwap { key, expected, value }
        }
    }
}

#[test]
fn every_history_is_answered_as_the_model_answers_it() {
    for seed in 0..30 {
        let mut chooser = Seeded::new(seed);
        let (mut world, mut model) = (World::default(), Model { revision: 1, entries: BTreeMap::new() });
        for _ in 0..400 {
            let operation = some_operation(&mut chooser, model.revision);
            assert_eq!(world.run(&operation), model.answer(&operation), "seed {seed}: {operation:?}");
        }
    }
}

#[test]
fn hostile_bytes_are_answered_and_change_nothing_unless_they_are_an_operation() {
    let mut world = World::default();
    let mut chooser = Seeded::new(7);
    let (mut refused, mut accepted) = (0, 0);
    for _ in 0..20_000 {
        let mut bytes = some_operation(&mut chooser, 5).to_bytes();
        match chooser.choose("damage", 4) {
            0 => bytes.truncate(chooser.choose("cut", bytes.len())),
            1 => bytes.extend_from_slice(&[0; 3][..=chooser.choose("more", 3)]),
            2 => bytes = (0..chooser.choose("length", 40)).map(|_| byte(&mut chooser)).collect(),
            _ => {
                let at = chooser.choose("at", bytes.len());
                bytes[at] = byte(&mut chooser);
            }
        }
        let before = world.root();
        let operation = Bytes::from(bytes);
        match world.raw(&operation, ROOM) {
            Answer::Invalid(why) => {
                assert_eq!(Operation::parse(&operation), Err(why));
                assert_eq!(world.root(), before);
                refused += 1;
            }
            _ => {
                assert_eq!(Operation::parse(&operation).unwrap().to_bytes(), operation, "one encoding");
                accepted += 1;
            }
        }
    }
    assert!(refused > 10_000 && accepted > 100, "{refused} refused, {accepted} accepted");
}

fn byte(chooser: &mut Seeded) -> u8 {
    u8::try_from(chooser.choose("byte", 256)).unwrap()
}

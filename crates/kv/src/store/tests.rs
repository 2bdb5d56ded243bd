//! The store against what etcd's documentation says of revisions, and against a model.
#![allow(clippy::unwrap_used)]

use super::*;
use alloc::vec;
use synod_kernel::chooser::Seeded;
use synod_kernel::{ClientId, Digest, Seq};
use synod_state::map::MerkleMap;

mod model;

/// Room enough for anything that fits into one reply.
const ROOM: usize = 4 << 20;

#[derive(Default)]
struct World {
    map: MerkleMap,
}

impl World {
    fn raw(&mut self, operation: &Bytes, room: usize) -> Answer {
        let context = Context { client: ClientId::new([1; 32]), seq: Seq::new(1), index: 0, room };
        let bytes = KeyValueStore.apply(&mut Space::new(&mut self.map), &context, operation);
        assert!(bytes.len() <= room, "an answer keeps to its room");
        Answer::parse(&bytes).unwrap()
    }

    fn within(&mut self, room: usize, operation: &Operation) -> Answer {
        self.raw(&Bytes::from(operation.to_bytes()), room)
    }

    fn run(&mut self, operation: &Operation) -> Answer {
        self.within(ROOM, operation)
    }

    fn put(&mut self, key: &str, value: &str) -> Revision {
        match self.run(&Operation::Put { key: text(key), value: text(value) }) {
            Answer::Put { revision } => revision,
            other => panic!("{other:?}"),
        }
    }

    fn get(&mut self, key: &str) -> Option<KeyValue> {
        match self.run(&Operation::Get { key: text(key) }) {
            Answer::Value { entry, .. } => entry,
            other => panic!("{other:?}"),
        }
    }

    fn delete(&mut self, key: &str) -> (bool, u64) {
        match self.run(&Operation::Delete { key: text(key) }) {
            Answer::Deleted { existed, revision } => (existed, revision.get()),
            other => panic!("{other:?}"),
        }
    }

    fn swap(&mut self, key: &str, expected: Expected, value: &str) -> Answer {
        self.run(&Operation::CompareAndSwap { key: text(key), expected, value: text(value) })
    }

    fn range(&mut self, from: &[u8], to: Option<&str>, limit: u32) -> (Vec<Bytes>, bool) {
        let from = Bytes::copy_from_slice(from);
        match self.run(&Operation::Range { from, to: to.map(text), limit }) {
            Answer::Range { entries, more, .. } => (entries.into_iter().map(|entry| entry.key).collect(), more),
            other => panic!("{other:?}"),
        }
    }

    fn root(&self) -> Digest {
        self.map.root()
    }
}

fn text(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn life(entry: Option<KeyValue>) -> (u64, u64, u64) {
    let entry = entry.unwrap();
    (entry.create_revision.get(), entry.mod_revision.get(), entry.version)
}

#[test]
fn an_empty_store_is_at_revision_1_and_its_first_put_makes_revision_2() {
    let mut world = World::default();
    let empty = Answer::Value { entry: None, revision: Revision::FIRST };
    assert_eq!(world.run(&Operation::Get { key: text("k") }), empty);
    assert_eq!(world.put("k", "v"), Revision::new(2));
    assert_eq!(life(world.get("k")), (2, 2, 1));
}

#[test]
fn each_put_is_a_revision_even_of_the_same_value() {
    let mut world = World::default();
    world.put("a", "1");
    world.put("b", "1");
    world.put("a", "1");
    assert_eq!(life(world.get("a")), (2, 4, 2));
    assert_eq!(life(world.get("b")), (3, 3, 1));
}

#[test]
fn a_deletion_is_a_revision_and_ends_the_life_of_its_key() {
    let mut world = World::default();
    world.put("k", "1");
    world.put("k", "2");
    assert_eq!(world.delete("k"), (true, 4));
    assert_eq!(world.get("k"), None);
    world.put("k", "3");
    assert_eq!(life(world.get("k")), (5, 5, 1));
}

#[test]
fn deleting_an_absent_key_changes_nothing() {
    let mut world = World::default();
    world.put("k", "1");
    let before = world.root();
    assert_eq!(world.delete("other"), (false, 2));
    assert_eq!(world.root(), before);
}

#[test]
fn reads_change_nothing() {
    let mut world = World::default();
    world.put("k", "1");
    let before = world.root();
    world.get("k");
    world.get("other");
    world.range(b"", None, 0);
    assert_eq!(world.root(), before);
}

#[test]
fn a_swap_writes_if_and_only_if_the_key_is_as_expected() {
    let mut world = World::default();
    let revision_of = |number| Expected::ModRevision(Revision::new(number));
    let swapped = |number| Answer::Swapped { revision: Revision::new(number) };
    assert_eq!(world.swap("k", Expected::Absent, "1"), swapped(2));
    assert_eq!(world.swap("k", Expected::Value(text("1")), "2"), swapped(3));
    assert_eq!(world.swap("k", revision_of(3), "3"), swapped(4));
    assert_eq!(world.swap("new", revision_of(0), "1"), swapped(5));
    assert_eq!(life(world.get("k")), (2, 4, 3));

    let before = world.root();
    let current = world.get("k");
    let unmet = Answer::NotSwapped { current, revision: Revision::new(5) };
    for expected in [Expected::Absent, Expected::Value(text("2")), revision_of(2), revision_of(0)] {
        assert_eq!(world.swap("k", expected, "x"), unmet);
    }
    let absent = Answer::NotSwapped { current: None, revision: Revision::new(5) };
    for expected in [Expected::Value(text("")), revision_of(5)] {
        assert_eq!(world.swap("gone", expected, "x"), absent);
    }
    assert_eq!(world.root(), before);
}

#[test]
fn ranges_are_half_open_in_order_and_say_whether_there_is_more() {
    let mut world = World::default();
    for key in ["b", "a", "ab", "c"] {
        world.put(key, "");
    }
    let keys = |keys: &[&str]| keys.iter().map(|key| text(key)).collect::<Vec<_>>();
    assert_eq!(world.range(b"", None, 0), (keys(&["a", "ab", "b", "c"]), false));
    assert_eq!(world.range(b"a", Some("b"), 0), (keys(&["a", "ab"]), false));
    assert_eq!(world.range(b"a\0", None, 1), (keys(&["ab"]), true));
    assert_eq!(world.range(b"", None, 4), (keys(&["a", "ab", "b", "c"]), false));
    assert_eq!(world.range(b"b", Some("a"), 0), (keys(&[]), false));
    assert_eq!(world.range(b"d", None, 0), (keys(&[]), false));
    assert_eq!(world.range(b"", Some(""), 0), (keys(&[]), false));
}

#[test]
fn a_range_has_no_more_entries_than_one_answer_may_have() {
    let mut world = World::default();
    for key in 0..=MAX_RANGE_ENTRIES {
        world.put(&format!("{key:05}"), "");
    }
    for limit in [0, 5000, u32::MAX] {
        let (entries, more) = world.range(b"", None, limit);
        assert_eq!((entries.len(), more), (MAX_RANGE_ENTRIES, true));
    }
    let (rest, more) = world.range(b"00999\0", None, 0);
    assert_eq!((rest, more), (vec![text("01000")], false));
}

/// A key that is filled with a value of this many bytes.
fn fill(world: &mut World, key: &str, bytes: usize) {
    let value = Bytes::from(vec![0; bytes]);
    assert!(matches!(world.run(&Operation::Put { key: text(key), value }), Answer::Put { .. }));
}

#[test]
fn a_range_stops_at_its_limit_of_bytes_but_shows_one_entry_at_least() {
    let mut world = World::default();
    let overhead = RANGE_BYTES + 2 * (4 + 1 + 4 + 3 * 8);
    fill(&mut world, "a", MAX_RANGE_BYTES / 2);
    fill(&mut world, "b", MAX_RANGE_BYTES / 2 - overhead);
    assert_eq!(world.range(b"", None, 0), (vec![text("a"), text("b")], false));
    fill(&mut world, "b", MAX_RANGE_BYTES / 2 - overhead + 1);
    assert_eq!(world.range(b"", None, 0), (vec![text("a")], true));
    fill(&mut world, "a", MAX_VALUE_BYTES);
    assert_eq!(world.range(b"", None, 0), (vec![text("a")], true));
}

#[test]
fn an_answer_beyond_its_room_is_shortened_or_says_so_and_nothing_is_lost() {
    let mut world = World::default();
    fill(&mut world, "a", 1000);
    fill(&mut world, "b", 1000);
    let range = Operation::Range { from: text(""), to: None, limit: 0 };
    let Answer::Range { entries, more, .. } = world.within(1500, &range) else { panic!("a range") };
    assert_eq!((entries.len(), more), (1, true));
    let before = world.root();
    let swap = Operation::CompareAndSwap { key: text("a"), expected: Expected::Absent, value: text("") };
    for operation in [range, Operation::Get { key: text("a") }, swap] {
        let answer = world.within(synod_state::MIN_RESULT_ROOM, &operation);
        assert!(matches!(answer, Answer::Invalid(Invalid::NoRoom { bytes: 1000.. })), "{answer:?}");
    }
    assert_eq!(world.root(), before);
}

#[test]
fn every_change_is_answered_in_the_least_room_there_is() {
    let mut world = World::default();
    let swap = Operation::CompareAndSwap { key: text("k"), expected: Expected::Absent, value: text("") };
    let changes = [swap, Operation::Delete { key: text("k") }, Operation::Put { key: text("k"), value: text("") }];
    for (change, revision) in changes.iter().zip(2..) {
        let answer = world.within(synod_state::MIN_RESULT_ROOM, change);
        let revision = Revision::new(revision);
        let expected =
            [Answer::Swapped { revision }, Answer::Deleted { existed: true, revision }, Answer::Put { revision }];
        assert!(expected.contains(&answer), "{answer:?}");
    }
}

#[test]
fn the_longest_key_and_the_largest_value_can_be_stored_and_read() {
    let mut world = World::default();
    let (key, value) = (Bytes::from(vec![0xff; crate::MAX_KEY_BYTES]), Bytes::from(vec![0xff; MAX_VALUE_BYTES]));
    world.run(&Operation::Put { key: key.clone(), value: value.clone() });
    let Answer::Value { entry: Some(entry), .. } = world.run(&Operation::Get { key: key.clone() }) else {
        panic!("it is there")
    };
    assert_eq!((&entry.key, &entry.value), (&key, &value));
    assert_eq!(world.range(&[0xff], None, 0), (vec![key], false));
}

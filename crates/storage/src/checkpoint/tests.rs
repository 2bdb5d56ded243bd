//! Tests of the checkpoint store: its ordinary life, its crashes and its damages.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod crash;
mod damage;
mod life;

use super::{CheckpointError, CheckpointStore, Loaded};
use crate::{Identity, MemoryDisk};
use std::collections::BTreeMap;

const IDENTITY: Identity = Identity { cluster: [7; 32], replica: 3, incarnation: 1 };

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;
type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

fn open(disk: &MemoryDisk) -> Result<CheckpointStore<MemoryDisk>, CheckpointError> {
    CheckpointStore::open(disk.clone(), IDENTITY)
}

/// `count` entries, whose values depend on `version`.
fn entries(version: u8, count: u8) -> Entries {
    (0..count).map(|number| (vec![b'k', number], vec![version; usize::from(number) * 7])).collect()
}

/// All entries, as changes to nothing.
fn full(entries: &Entries) -> Changes {
    entries.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect()
}

/// What changed between two states.
fn changes(from: &Entries, to: &Entries) -> Changes {
    let removed = from.keys().filter(|key| !to.contains_key(*key)).map(|key| (key.clone(), None));
    let set = to.iter().filter(|(key, value)| from.get(*key) != Some(value));
    removed.chain(set.map(|(key, value)| (key.clone(), Some(value.clone())))).collect()
}

fn loaded(sequence: u64, entries: &Entries) -> Loaded {
    Loaded { sequence, digest: digest(sequence), entries: entries.clone() }
}

fn digest(sequence: u64) -> [u8; 32] {
    [sequence as u8; 32]
}

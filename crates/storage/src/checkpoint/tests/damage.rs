//! Bit flips, cuts, exchanges and losses of files: each is refused, and an older checkpoint is never returned instead.

use super::{Changes, Entries, IDENTITY, changes, digest, entries, full, open};
use crate::checkpoint::CheckpointError;
use crate::{Disk, DiskFile, MemoryDisk};

const BASE: &str = "checkpoint-00000000000000000010";
const DELTA: &str = "checkpoint-00000000000000000020";

/// A base and a delta on it.
fn sample() -> MemoryDisk {
    sample_of(&entries(1, 20))
}

fn sample_of(base: &Entries) -> MemoryDisk {
    let disk = MemoryDisk::new();
    let mut store = open(&disk).unwrap();
    store.save(10, digest(10), None, full(base)).unwrap();
    store.save(20, digest(20), Some(10), changes(base, &entries(2, 15))).unwrap();
    disk
}

fn content(disk: &MemoryDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    let mut bytes = vec![0; usize::try_from(file.length().unwrap()).unwrap()];
    file.read_at(0, &mut bytes).unwrap();
    bytes
}

/// Loading fails, in opening or later; a scrub agrees.
fn refusal(disk: &MemoryDisk) -> CheckpointError {
    match open(disk) {
        Ok(store) => {
            let error = store.load_newest().unwrap_err();
            assert!(store.verify().is_err() || matches!(error, CheckpointError::Missing { .. }));
            error
        }
        Err(error) => error,
    }
}

#[test]
fn every_flipped_byte_is_refused() {
    let disk = sample();
    for name in [BASE, DELTA] {
        for offset in 0..content(&disk, name).len() {
            let flipped = disk.fork();
            flipped.edit(name, |bytes| bytes[offset] ^= 1 << (offset % 8));
            let error = refusal(&flipped);
            let CheckpointError::Damaged { file, offset: reported } = &error else {
                panic!("{name} {offset}: {error}")
            };
            assert_eq!(file, name);
            assert!(*reported <= offset as u64, "{name} {offset}: {error}");
        }
    }
}

#[test]
fn a_file_cut_short_or_grown_is_refused() {
    let disk = sample();
    for name in [BASE, DELTA] {
        for length in 0..content(&disk, name).len() {
            let cut = disk.fork();
            cut.edit(name, |bytes| bytes.truncate(length));
            assert!(matches!(refusal(&cut), CheckpointError::Damaged { file, .. } if file == name), "{name} {length}");
        }
        let grown = disk.fork();
        grown.edit(name, |bytes| bytes.push(0));
        let offset = content(&disk, name).len() as u64;
        assert_eq!(refusal(&grown), CheckpointError::Damaged { file: name.to_owned(), offset });
    }
}

#[test]
fn frames_in_another_order_or_from_another_file_are_refused() {
    // Three frames of 64 KiB and a rest.
    let base = Entries::from([(b"k".to_vec(), (0..200_000_u32).map(|byte| byte as u8).collect())]);
    let disk = sample_of(&base);
    let frame = 64 * 1024 + 24;
    let (first, second) = (144..144 + frame, 144 + frame..144 + 2 * frame);
    let bytes = content(&disk, BASE);
    let swapped = disk.fork();
    swapped.edit(BASE, |target| {
        target[first.clone()].copy_from_slice(&bytes[second.clone()]);
        target[second.clone()].copy_from_slice(&bytes[first.clone()]);
    });
    assert_eq!(refusal(&swapped), CheckpointError::Damaged { file: BASE.to_owned(), offset: 144 });
    let dropped = disk.fork();
    dropped.edit(BASE, |target| drop(target.drain(second.clone())));
    let offset = second.start as u64;
    assert_eq!(refusal(&dropped), CheckpointError::Damaged { file: BASE.to_owned(), offset });
    let mut store = open(&disk).unwrap();
    store.save(30, digest(30), None, full(&base)).unwrap();
    drop(store);
    let name = "checkpoint-00000000000000000030";
    disk.edit(name, |target| target[first.clone()].copy_from_slice(&bytes[first]));
    assert_eq!(refusal(&disk), CheckpointError::Damaged { file: name.to_owned(), offset: 144 });
}

#[test]
fn a_delta_on_another_base_is_refused() {
    let disk = sample();
    let other = content(&sample_of(&entries(1, 21)), BASE);
    disk.edit(BASE, |bytes| *bytes = other);
    assert_eq!(refusal(&disk), CheckpointError::Damaged { file: DELTA.to_owned(), offset: 120 });
}

#[test]
fn a_missing_base_is_named() {
    let disk = sample();
    disk.remove(BASE).unwrap();
    let missing = CheckpointError::Missing { file: BASE.to_owned(), needed_by: DELTA.to_owned() };
    assert_eq!(refusal(&disk), missing);
    let mut store = open(&disk).unwrap();
    assert!(store.should_rebase());
    store.save(30, digest(30), None, Changes::new()).unwrap();
    assert_eq!(store.load_newest().unwrap().unwrap().sequence, 30);
    store.prune(30).unwrap();
    assert_eq!(store.sequences().collect::<Vec<_>>(), [30]);
}

#[test]
fn a_checkpoint_under_another_number_is_refused() {
    let disk = sample();
    disk.rename(DELTA, "checkpoint-00000000000000000021").unwrap();
    let file = "checkpoint-00000000000000000021".to_owned();
    assert_eq!(refusal(&disk), CheckpointError::Damaged { file, offset: 0 });
}

#[test]
fn a_refusal_at_opening_changes_nothing() {
    let disk = sample();
    disk.create("checkpoint.tmp").unwrap();
    disk.edit(DELTA, |bytes| bytes[3] ^= 1);
    let before = disk.counters();
    refusal(&disk);
    assert_eq!(disk.counters(), before);
    assert!(disk.list().unwrap().contains(&"checkpoint.tmp".to_owned()));
    assert!(IDENTITY.to_string().contains("replica 3"));
}

#[test]
fn a_failed_read_is_reported() {
    let disk = sample();
    let store = open(&disk).unwrap();
    disk.fail_next_read(DELTA);
    assert!(matches!(store.load_newest().unwrap_err(), CheckpointError::Disk(error) if error.file == DELTA));
    assert_eq!(store.load_newest().unwrap().unwrap().sequence, 20);
}

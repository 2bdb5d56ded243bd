//! The ordinary life of a checkpoint store, and what it refuses.

use super::{Changes, Entries, IDENTITY, changes, digest, entries, full, loaded, open};
use crate::checkpoint::{CheckpointError, CheckpointStore, DELTAS_MAX, MAX_ENTRY_PART};
use crate::{Disk, DiskFile, Failure, Identity, MemoryDisk, RealDisk};

/// Saves a base and deltas, loads, prunes and loads again, on any disk.
fn main_path<D: Disk>(disk: &D) {
    let states = [entries(1, 40), entries(1, 43), entries(2, 20), Entries::new(), entries(3, 3)];
    let mut store = CheckpointStore::open(disk.clone(), IDENTITY).unwrap();
    assert_eq!((store.load_newest().unwrap(), store.newest()), (None, None));
    store.save(10, digest(10), None, full(&states[0])).unwrap();
    for (step, pair) in (2..).zip(states.windows(2)) {
        store.save(step * 10, digest(step * 10), Some(step * 10 - 10), changes(&pair[0], &pair[1])).unwrap();
        assert_eq!(store.load_newest().unwrap(), Some(loaded(step * 10, &pair[1])));
    }
    let Err(CheckpointError::Disk(error)) = CheckpointStore::open(disk.clone(), IDENTITY).map(drop) else {
        panic!("the store is locked")
    };
    assert_eq!(error.failure, Failure::Locked);
    drop(store);

    let mut store = CheckpointStore::open(disk.clone(), IDENTITY).unwrap();
    assert_eq!(store.load_newest().unwrap(), Some(loaded(50, &states[4])));
    store.verify().unwrap();
    store.prune(50).unwrap();
    assert_eq!(store.sequences().collect::<Vec<_>>(), [10, 20, 30, 40, 50], "a delta needs all it builds on");
    store.save(60, digest(60), None, full(&states[1])).unwrap();
    store.prune(40).unwrap();
    assert_eq!(store.sequences().count(), 6);
    let before = store.disk_bytes();
    store.prune(51).unwrap();
    assert!(store.disk_bytes() < before);
    assert_eq!(store.sequences().collect::<Vec<_>>(), [60]);
    store.prune(u64::MAX).unwrap();
    drop(store);
    let store = CheckpointStore::open(disk.clone(), IDENTITY).unwrap();
    assert_eq!(store.load_newest().unwrap(), Some(loaded(60, &states[1])));
}

#[test]
fn works_in_memory() {
    main_path(&MemoryDisk::new());
}

#[test]
fn works_on_a_real_disk() {
    let folder = tempfile::tempdir().unwrap();
    main_path(&RealDisk::open(folder.path()).unwrap());
}

#[test]
fn entries_of_any_size_come_back() {
    let disk = MemoryDisk::new();
    let sizes = [0, 1, 65_518, 65_519, 65_520, 65_535, 65_536, 65_537, 300_000];
    let all: Entries = sizes.iter().map(|&size| (vec![b'k'; size % 70_001], vec![size as u8; size])).collect();
    let mut store = open(&disk).unwrap();
    store.save(1, digest(1), None, full(&all)).unwrap();
    assert_eq!(store.load_newest().unwrap(), Some(loaded(1, &all)));
    for size in 65_500..65_540 {
        let one = Entries::from([(vec![], vec![7; size])]);
        store.save(size as u64, digest(size as u64), None, full(&one)).unwrap();
        assert_eq!(store.load_newest().unwrap().unwrap().entries, one);
    }
}

#[test]
fn the_newest_checkpoint_can_be_replaced() {
    let disk = MemoryDisk::new();
    let mut store = open(&disk).unwrap();
    store.save(5, digest(5), None, full(&entries(1, 5))).unwrap();
    store.save(9, digest(1), Some(5), Changes::new()).unwrap();
    store.save(9, digest(9), None, full(&entries(2, 9))).unwrap();
    drop(store);
    assert_eq!(open(&disk).unwrap().load_newest().unwrap(), Some(loaded(9, &entries(2, 9))));
}

#[test]
fn senseless_saves_are_refused_and_change_nothing() {
    let disk = MemoryDisk::new();
    let mut store = open(&disk).unwrap();
    let kept = entries(1, 9);
    store.save(20, digest(20), None, full(&kept)).unwrap();
    let files = disk.list().unwrap();
    let mut save = |sequence, parent, changes: &[(&[u8], Option<&[u8]>)]| {
        let error = store.save(sequence, [0; 32], parent, changes.iter().copied()).unwrap_err();
        assert_eq!(disk.list().unwrap(), files, "{error}");
        error
    };
    assert_eq!(save(19, None, &[]), CheckpointError::NotNewer { sequence: 19, newest: 20 });
    assert_eq!(save(30, Some(19), &[]), CheckpointError::UnknownParent { parent: 19 });
    assert_eq!(save(20, Some(20), &[]), CheckpointError::UnknownParent { parent: 20 });
    assert_eq!(save(30, None, &[(b"a", None)]), CheckpointError::RemovalInBase { index: 0 });
    for second in [b"a", b"b"] {
        let pairs: [(&[u8], Option<&[u8]>); 2] = [(b"b", Some(b"")), (second, None)];
        assert_eq!(save(30, Some(20), &pairs), CheckpointError::Unordered { index: 1 });
    }
    let large = vec![0; MAX_ENTRY_PART + 1];
    let too_large = CheckpointError::EntryTooLarge { index: 0, length: large.len() };
    assert_eq!(save(30, None, &[(b"a", Some(&large))]), too_large);
    assert_eq!(save(30, Some(20), &[(&large, None)]), too_large);
    assert_eq!(store.load_newest().unwrap(), Some(loaded(20, &kept)));
    store.save(30, digest(30), Some(20), Changes::new()).unwrap();
}

#[test]
fn asks_for_a_new_base_when_deltas_are_many_or_large() {
    let disk = MemoryDisk::new();
    let mut store = open(&disk).unwrap();
    assert!(store.should_rebase(), "there is nothing to build on");
    store.save(0, digest(0), None, full(&entries(1, 200))).unwrap();
    for sequence in 1..=DELTAS_MAX as u64 {
        assert!(!store.should_rebase(), "{sequence}");
        store.save(sequence, digest(sequence), Some(sequence - 1), Changes::new()).unwrap();
    }
    assert!(store.should_rebase(), "there are many deltas");
    store.save(50, digest(50), None, full(&entries(1, 100))).unwrap();
    assert!(!store.should_rebase());
    store.save(51, digest(51), Some(50), changes(&entries(1, 100), &entries(2, 101))).unwrap();
    assert!(store.should_rebase(), "the delta is as large as the base");
}

#[test]
fn a_full_disk_is_survived() {
    let disk = MemoryDisk::new();
    let mut store = open(&disk).unwrap();
    let small = entries(1, 10);
    store.save(1, digest(1), None, full(&small)).unwrap();
    disk.set_capacity(Some(store.disk_bytes() + 1000));
    let large = entries(2, 200);
    let CheckpointError::Disk(error) = store.save(2, digest(2), None, full(&large)).unwrap_err() else {
        panic!("the disk is full")
    };
    assert_eq!(error.failure, Failure::Full);
    assert_eq!(store.load_newest().unwrap(), Some(loaded(1, &small)));
    disk.set_capacity(None);
    store.save(2, digest(2), None, full(&large)).unwrap();
    assert_eq!(store.load_newest().unwrap(), Some(loaded(2, &large)));
}

#[test]
fn a_failed_sync_is_final() {
    for file in ["checkpoint.tmp", "."] {
        let mut disk = MemoryDisk::new();
        let mut store = open(&disk).unwrap();
        store.save(1, digest(1), None, full(&entries(1, 10))).unwrap();
        disk.fail_next_sync(file);
        let first = store.save(2, digest(2), None, full(&entries(2, 10))).unwrap_err();
        assert_eq!(store.save(3, digest(3), None, Changes::new()).unwrap_err(), first);
        assert_eq!(store.prune(3).unwrap_err(), first);
        drop(store);
        disk.power_cut(|_, _| false);
        assert_eq!(open(&disk).unwrap().load_newest().unwrap(), Some(loaded(1, &entries(1, 10))));
    }
}

#[test]
fn an_unfinished_file_is_removed_and_strangers_are_left_alone() {
    let disk = MemoryDisk::new();
    disk.create("checkpoint.tmp").unwrap().write_at(0, b"half").unwrap();
    disk.create("checkpoint-1").unwrap();
    disk.create("log-00000000000000000001").unwrap();
    let store = open(&disk).unwrap();
    assert_eq!(store.load_newest().unwrap(), None);
    assert_eq!(disk.list().unwrap(), ["checkpoint-1", "log-00000000000000000001"]);
}

#[test]
fn the_files_of_another_are_refused() {
    let disk = MemoryDisk::new();
    open(&disk).unwrap().save(1, digest(1), None, Changes::new()).unwrap();
    let expected = Identity { replica: 4, ..IDENTITY };
    let error = CheckpointStore::open(disk.clone(), expected).unwrap_err();
    let file = "checkpoint-00000000000000000001".to_owned();
    assert_eq!(error, CheckpointError::ForeignIdentity { file, expected, found: IDENTITY });
}

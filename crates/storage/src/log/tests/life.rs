//! The ordinary life of a log, and what it refuses.

use super::support::{BLOCK, IDENTITY, SMALL, create, open, record, recover, segments};
use crate::log::batch::RecordReader;
use crate::log::block::{self, BlockHeader};
use crate::log::{Log, LogError, LogOptions, MAX_RECORD};
use crate::tag::{Tag, TagKey};
use crate::{Disk, DiskFile, Failure, MemoryDisk, Operation, RealDisk};

/// Appends, syncs, compacts and reopens, on any disk.
fn main_path<D: Disk>(disk: &D) {
    let mut expected = Vec::new();
    assert!(!Log::exists(disk).unwrap());
    let mut log = Log::create(disk.clone(), IDENTITY, SMALL).unwrap();
    for number in 0..40 {
        let bytes = record(number, (number as usize * 397) % 9000);
        assert_eq!(log.append(&bytes).unwrap().get(), number + 1);
        expected.push(bytes);
        if number % 3 == 0 {
            assert_eq!(log.sync().unwrap(), log.appended());
        }
    }
    log.sync().unwrap();
    drop(log);

    assert!(Log::exists(disk).unwrap());
    let (mut log, recovered) = Log::open(disk.clone(), IDENTITY, SMALL).unwrap();
    assert_eq!((recovered.records, recovered.torn_bytes), (expected.clone(), 0));
    assert_eq!((log.appended().get(), log.durable().get()), (40, 40));
    expected.drain(..35);
    let before = log.disk_bytes();
    assert_eq!(log.replace_all(&expected).unwrap().get(), 40);
    assert!(log.disk_bytes() < before);
    log.append(b"after").unwrap();
    assert_eq!(log.seal().unwrap().get(), 41);
    expected.push(b"after".to_vec());
    drop(log);

    let (log, recovered) = Log::open(disk.clone(), IDENTITY, SMALL).unwrap();
    assert_eq!((recovered.records, recovered.torn_bytes), (expected, 0));
    assert_eq!(log.appended().get(), 41);
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
fn what_is_appended_together_costs_one_sync() {
    let disk = MemoryDisk::new();
    let mut log = Log::create(disk.clone(), IDENTITY, LogOptions::default()).unwrap();
    for number in 0..100 {
        log.append(&record(number, 100)).unwrap();
    }
    let before = disk.counters();
    assert_eq!(log.durable().get(), 0);
    assert_eq!(log.sync().unwrap().get(), 100);
    let after = disk.counters();
    assert_eq!((after.syncs - before.syncs, after.operations - before.operations), (1, 2));
    assert_eq!(log.sync().unwrap().get(), 100);
    assert_eq!(disk.counters(), after, "a sync of nothing touches nothing");
}

#[test]
fn records_of_every_length_around_the_block_size_come_back() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    let lengths = [0, 1, BLOCK - 69, BLOCK - 68, BLOCK - 67, BLOCK - 64, BLOCK, 2 * (BLOCK - 64) - 4, 2 * BLOCK];
    let expected: Vec<_> = lengths.iter().map(|&length| record(length as u64, length)).collect();
    for bytes in &expected {
        log.append(bytes).unwrap();
        log.sync().unwrap();
    }
    for bytes in &expected {
        log.append(bytes).unwrap();
    }
    log.sync().unwrap();
    drop(log);
    assert_eq!(recover(&disk).records, [expected.clone(), expected].concat());
}

#[test]
fn a_batch_larger_than_a_segment_gets_its_own() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    let large = record(1, 50_000);
    log.append(&large).unwrap();
    log.sync().unwrap();
    log.append(b"small").unwrap();
    log.sync().unwrap();
    assert_eq!(segments(&disk).len(), 3);
    log.replace_all(&[large.clone(), large.clone()]).unwrap();
    assert_eq!(segments(&disk).len(), 1);
    drop(log);
    assert_eq!(recover(&disk).records, [large.clone(), large]);
}

#[test]
fn a_base_larger_than_one_piece_of_writing_comes_back() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    let records: Vec<_> = (0..5).map(|number| record(number, 700_000)).collect();
    log.replace_all(&records).unwrap();
    log.append(b"next").unwrap();
    log.sync().unwrap();
    drop(log);
    assert_eq!(recover(&disk).records, [records, vec![b"next".to_vec()]].concat());
}

#[test]
fn a_record_above_the_limit_is_refused_and_nothing_else_happens() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    let large = vec![0; MAX_RECORD + 1];
    let refused = LogError::RecordTooLarge { length: MAX_RECORD + 1 };
    assert_eq!(log.append(&large).unwrap_err(), refused);
    assert_eq!(log.replace_all(&[vec![], large]).unwrap_err(), refused);
    log.append(b"fits").unwrap();
    log.sync().unwrap();
    drop(log);
    assert_eq!(recover(&disk).records, [b"fits"]);
}

#[test]
fn pending_records_are_superseded_by_a_compaction() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    log.append(b"synced").unwrap();
    log.sync().unwrap();
    log.append(b"pending").unwrap();
    assert_eq!(log.replace_all(&[b"kept".to_vec()]).unwrap().get(), 2);
    assert_eq!(log.durable().get(), 2);
    log.append(b"later").unwrap();
    assert_eq!(log.sync().unwrap().get(), 3);
    drop(log);
    assert_eq!(recover(&disk).records, [b"kept".to_vec(), b"later".to_vec()]);
}

#[test]
fn segments_are_recycled_without_writing_zeros_again() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    for round in 0..6 {
        let before = disk.counters().bytes_written;
        for number in 0..5 {
            log.append(&record(number, 3000)).unwrap();
            log.sync().unwrap();
        }
        log.replace_all(&[record(round, 3000)]).unwrap();
        let written = disk.counters().bytes_written - before;
        // Five batches, a header for a second segment, and a base of a header and one batch.
        assert!(round < 2 || written == 8 * BLOCK as u64, "round {round} wrote {written}");
    }
    // Stale blocks of all rounds lie behind the end of the log.
    drop(log);
    let recovered = recover(&disk);
    assert_eq!((recovered.records, recovered.torn_bytes), (vec![record(5, 3000)], 0));
}

#[test]
fn a_prepared_segment_makes_the_change_of_segment_cheap() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    log.prepare().unwrap();
    let before = disk.counters();
    log.prepare().unwrap();
    assert_eq!(disk.counters(), before, "one spare is enough");
    log.append(&record(1, 9000)).unwrap();
    log.sync().unwrap();
    assert_eq!(disk.counters().bytes_written - before.bytes_written, 4 * BLOCK as u64);
}

#[test]
fn only_one_can_have_it_open() {
    let disk = MemoryDisk::new();
    let log = create(&disk);
    let Err(LogError::Disk(error)) = open(&disk) else { panic!("the log is locked") };
    assert_eq!(error.failure, Failure::Locked);
    drop(log);
    open(&disk).unwrap();
}

#[test]
fn a_log_is_not_created_over_another_nor_opened_where_there_is_none() {
    let disk = MemoryDisk::new();
    assert_eq!(open(&disk).unwrap_err(), LogError::NotFound);
    assert!(disk.list().unwrap().is_empty());
    drop(create(&disk));
    let error = Log::create(disk, IDENTITY, SMALL).unwrap_err();
    assert!(matches!(error, LogError::AlreadyExists { .. }), "{error}");
}

#[test]
fn a_failed_sync_is_final() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    log.append(b"durable").unwrap();
    log.sync().unwrap();
    log.append(b"lost").unwrap();
    disk.fail_next_sync(&segments(&disk)[0]);
    let first = log.sync().unwrap_err();
    let LogError::Disk(error) = &first else { panic!("{first}") };
    assert_eq!(error.operation, Operation::Sync);
    let before = disk.counters();
    assert_eq!(log.sync().unwrap_err(), first);
    assert_eq!(log.append(b"more").unwrap_err(), first);
    assert_eq!(log.replace_all(&[]).unwrap_err(), first);
    assert_eq!(log.seal().unwrap_err(), first);
    assert_eq!(log.prepare().unwrap_err(), first);
    assert_eq!(disk.counters(), before);
    assert_eq!(log.durable().get(), 1);
}

#[test]
fn what_opening_returns_after_a_failed_sync_survives_a_power_cut() {
    let mut disk = MemoryDisk::new();
    let mut log = create(&disk);
    log.append(b"never reached the disk").unwrap();
    disk.fail_next_sync(&segments(&disk)[0]);
    log.sync().unwrap_err();
    disk.restart();
    // The system still shows the record, although it considers the page clean.
    assert_eq!(recover(&disk).records, [b"never reached the disk"]);
    disk.power_cut(|_, _| false);
    assert_eq!(recover(&disk).records, [b"never reached the disk"]);
}

#[test]
fn a_full_disk_stops_the_log_and_loses_nothing_durable() {
    let mut disk = MemoryDisk::new();
    disk.set_capacity(Some(6 * 4096));
    let mut log = create(&disk);
    let failure = (0..).find_map(|number| {
        log.append(&record(number, 3000)).unwrap();
        log.sync().err().map(|error| (number, error))
    });
    let (durable, LogError::Disk(error)) = failure.unwrap() else { panic!("the disk is full") };
    assert_eq!((durable, error.failure), (2, Failure::Full));
    drop(log);
    disk.power_cut(|_, _| false);
    disk.set_capacity(None);
    let (mut log, recovered) = open(&disk).unwrap();
    assert_eq!(recovered.records, [record(0, 3000), record(1, 3000)]);
    log.append(&record(2, 3000)).unwrap();
    log.sync().unwrap();
}

#[test]
fn preparing_on_a_full_disk_does_no_harm() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    disk.set_capacity(Some(6 * 4096));
    let LogError::Disk(error) = log.prepare().unwrap_err() else { panic!("the disk is full") };
    assert_eq!(error.failure, Failure::Full);
    assert_eq!(disk.list().unwrap(), segments(&disk), "the unfinished spare is gone");
    log.append(b"still works").unwrap();
    log.sync().unwrap();
}

#[test]
fn a_full_disk_during_compaction_keeps_the_old_content() {
    let mut disk = MemoryDisk::new();
    let mut log = create(&disk);
    log.append(b"old").unwrap();
    log.sync().unwrap();
    disk.set_capacity(Some(6 * 4096));
    log.replace_all(&[b"new".to_vec()]).unwrap_err();
    disk.restart();
    assert_eq!(recover(&disk).records, [b"old"]);
}

#[test]
fn a_block_verifies_only_where_and_in_the_segment_for_which_it_was_written() {
    let key = TagKey::derive("test", b"one segment");
    let header = BlockHeader { previous: Tag::default(), batch: 7, position: 5, index: 0, length: 10, last: true };
    let mut bytes = vec![0; BLOCK];
    let tag = block::seal(&mut bytes, &header, &key);
    let (read, read_tag, payload) = block::verify(&bytes, 5, &key).unwrap();
    assert_eq!((read, read_tag, payload), (header, tag, &[0; 10][..]));
    assert!(block::verify(&bytes, 6, &key).is_none());
    assert!(block::verify(&bytes, 5, &TagKey::derive("test", b"another segment")).is_none());
}

#[test]
fn payloads_that_are_no_records_are_noticed() {
    let mut reader = RecordReader::default();
    reader.feed(&[3, 0, 0, 0, 1]).unwrap();
    assert!(reader.complete_batch().is_err(), "the batch ends within a record");
    let mut reader = RecordReader::default();
    reader.feed(&[3, 0]).unwrap();
    assert!(reader.complete_batch().is_err(), "the batch ends within a length");
    let too_long = u32::try_from(MAX_RECORD + 1).unwrap().to_le_bytes();
    assert!(RecordReader::default().feed(&too_long).is_err());
}

#[test]
fn messages_say_what_failed_where_and_what_to_do() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    log.append(b"x").unwrap();
    disk.fail_next_sync("log-00000000000000000001");
    let message = log.sync().unwrap_err().to_string();
    assert_eq!(
        message,
        "the log cannot continue: cannot sync log-00000000000000000001: input/output error; \
         check the disk, its mount and the permissions of the folder, then start again"
    );
    let file = disk.open("log-00000000000000000001").unwrap();
    assert_eq!(file.length().unwrap(), SMALL.segment_bytes);
}

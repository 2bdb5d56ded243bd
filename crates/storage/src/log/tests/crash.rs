//! Power cuts at every operation, with every kind of partial survival.

use super::support::{Random, create, create_large, open, record, recover, segments};
use crate::log::{Log, LogError};
use crate::{Failure, MemoryDisk};

/// What the log may hold after a crash.
#[derive(Clone, Default)]
struct Model {
    /// Everything appended since the last compaction.
    appended: Vec<Vec<u8>>,
    /// How many of these were reported durable.
    durable: usize,
    /// What a compaction in progress is about to leave.
    replacing: Option<Vec<Vec<u8>>>,
    /// Whether the creation of the log was reported.
    created: bool,
    next: u64,
}

impl Model {
    fn check(&self, records: &[Vec<u8>], context: &str) {
        let is_prefix = records.len() >= self.durable && self.appended.starts_with(records);
        let is_replaced = self.replacing.as_deref() == Some(records);
        assert!(
            is_prefix || is_replaced,
            "{context}: {} records recovered; {} appended, {} durable",
            records.len(),
            self.appended.len(),
            self.durable
        );
    }

    /// After a crash the log holds `records`, and all of them are durable.
    fn settle(&mut self, records: Vec<Vec<u8>>) {
        self.durable = records.len();
        self.appended = records;
        self.replacing = None;
    }

    /// Does `steps` random things to the log until one fails.
    fn work(&mut self, log: &mut Log<MemoryDisk>, steps: u64, random: &mut Random) -> Result<(), LogError> {
        for _ in 0..steps {
            match random.below(10) {
                0..=4 => {
                    let length = [10, 500, 3000, 6000, 20_000][random.below(5) as usize];
                    let bytes = record(self.next, length);
                    self.next += 1;
                    self.appended.push(bytes.clone());
                    log.append(&bytes)?;
                }
                5..=7 => {
                    log.sync()?;
                    self.durable = self.appended.len();
                }
                8 => {
                    let keep = random.below(3) as usize;
                    let records = self.appended[self.appended.len().saturating_sub(keep)..].to_vec();
                    self.replacing = Some(records.clone());
                    log.replace_all(&records)?;
                    self.settle(records);
                }
                _ => {
                    log.prepare()?;
                    log.seal()?;
                    self.durable = self.appended.len();
                }
            }
        }
        Ok(())
    }
}

/// Creates a log and works until the machine stops.
fn run(disk: &MemoryDisk, seed: u64) -> (Model, bool) {
    let mut model = Model::default();
    let result = Log::create(disk.clone(), super::support::IDENTITY, super::support::SMALL).and_then(|mut log| {
        model.created = true;
        model.work(&mut log, 25, &mut Random(seed))
    });
    (model, result.is_err())
}

fn cut(disk: &mut MemoryDisk, random: &mut Random) {
    // From nothing survives to everything survives.
    let odds = random.below(5);
    disk.power_cut(|_, _| random.below(4) < odds);
}

/// Crashes, perhaps again while opening, and returns the open log, unless its creation was lost.
fn crash_and_open(
    disk: &mut MemoryDisk,
    model: &mut Model,
    random: &mut Random,
    context: &str,
) -> Option<Log<MemoryDisk>> {
    if random.below(3) == 0 {
        disk.restart();
    } else {
        cut(disk, random);
    }
    disk.stop_after(random.below(12));
    match open(disk) {
        Ok((_, recovered)) => {
            model.check(&recovered.records, context);
            // What was returned once must not be lost later.
            model.settle(recovered.records);
        }
        Err(LogError::NotFound) => assert!(!model.created, "{context}: the log is gone"),
        Err(LogError::Disk(error)) => assert_eq!(error.failure, Failure::PowerOff, "{context}"),
        Err(error) => panic!("{context}: {error}"),
    }
    cut(disk, random);
    match open(disk) {
        Ok((log, recovered)) => {
            model.check(&recovered.records, context);
            model.settle(recovered.records);
            model.created = true;
            Some(log)
        }
        Err(LogError::NotFound) if !model.created => None,
        Err(error) => panic!("{context}: {error}"),
    }
}

#[test]
fn a_crash_at_any_operation_leaves_a_prefix_with_all_that_was_durable() {
    let mut crashes = 0;
    for seed in 0..8 {
        for operation in 0.. {
            let mut disk = MemoryDisk::new();
            disk.stop_after(operation);
            let (mut model, crashed) = run(&disk, seed);
            crashes += u32::from(crashed);
            let mut random = Random(seed << 32 | operation);
            let context = format!("seed {seed} operation {operation}");
            for life in 0..3 {
                let Some(mut log) = crash_and_open(&mut disk, &mut model, &mut random, &context) else { break };
                disk.stop_after(random.below(20));
                let result = model.work(&mut log, 8, &mut random);
                assert!(matches!(result, Ok(()) | Err(LogError::Disk(_))), "{context} life {life}");
            }
            if !crashed {
                break;
            }
        }
    }
    assert!(crashes > 300, "only {crashes} crashes");
}

#[test]
fn a_compaction_is_all_or_nothing_at_every_operation() {
    let (mut old_seen, mut new_seen) = (0, 0);
    for operation in 0..30 {
        for seed in 0..30 {
            let mut disk = MemoryDisk::new();
            let mut log = create(&disk);
            let old: Vec<_> = (0..7).map(|number| record(number, 2500)).collect();
            for bytes in &old {
                log.append(bytes).unwrap();
                log.sync().unwrap();
            }
            log.append(b"pending").unwrap();
            let new = [old[6].clone(), record(100, 9000)];
            disk.stop_after(operation);
            let done = log.replace_all(&new).is_ok();
            let mut random = Random(seed);
            cut(&mut disk, &mut random);
            let records = recover(&disk).records;
            if records == new {
                new_seen += 1;
            } else {
                assert_eq!(records, old, "operation {operation} seed {seed}");
                assert!(!done, "operation {operation} seed {seed}: a reported compaction was undone");
                old_seen += 1;
            }
        }
    }
    assert!(old_seen > 100 && new_seen > 100, "{old_seen} and {new_seen}");
}

#[test]
fn an_unsynced_batch_is_torn_and_never_damage_whatever_sectors_survive() {
    let (mut torn, mut whole) = (0, 0);
    for mask in 0..1000_u64 {
        let mut disk = MemoryDisk::new();
        let mut log = create_large(&disk);
        log.append(b"durable").unwrap();
        log.sync().unwrap();
        for number in 0..5 {
            log.append(&record(number, 1500)).unwrap();
        }
        // The write of two blocks happens, its sync does not.
        disk.stop_after(1);
        log.sync().unwrap_err();
        let mut random = Random(mask);
        let bits = if mask % 7 == 0 { u64::MAX } else { random.next() | random.next() | random.next() };
        let mut asked = 0;
        disk.power_cut(|_, _| {
            asked += 1;
            bits >> (asked - 1) & 1 == 1
        });
        assert_eq!(asked, 16);
        let recovered = recover(&disk);
        assert_eq!(recovered.records[0], b"durable");
        match recovered.records.len() {
            1 => torn += 1,
            6 => whole += 1,
            other => panic!("mask {mask}: {other} records"),
        }
    }
    assert!(torn > 300 && whole > 100, "{torn} torn, {whole} whole");
}

#[test]
fn a_torn_batch_is_reported_and_its_remains_do_no_harm() {
    let mut disk = MemoryDisk::new();
    let mut log = create_large(&disk);
    log.append(&record(0, 9000)).unwrap();
    disk.stop_after(1);
    log.sync().unwrap_err();
    // The first block of three is lost, the others survive.
    disk.power_cut(|_, offset| offset >= 3 * 4096);
    let (mut log, recovered) = open(&disk).unwrap();
    assert_eq!((recovered.records.len(), recovered.torn_bytes), (0, 3 * 4096));
    for number in 1..3 {
        log.append(&record(number, 100)).unwrap();
        log.sync().unwrap();
        let mut later = disk.fork();
        later.power_cut(|_, _| false);
        let recovered = recover(&later);
        assert_eq!((recovered.records.len() as u64, recovered.torn_bytes), (number, 0));
    }
}

#[test]
fn the_halves_of_two_torn_batches_are_not_taken_for_one() {
    let mut disk = MemoryDisk::new();
    let mut log = create_large(&disk);
    for (number, second_survives) in [(0, true), (1, false)] {
        log.append(&record(number, 6000)).unwrap();
        disk.stop_after(1);
        log.sync().unwrap_err();
        // Two batches of two blocks at the same place: of one the second block survives, of the other the first.
        disk.power_cut(|_, offset| (offset >= 3 * 4096) == second_survives);
        let recovered;
        (log, recovered) = open(&disk).unwrap();
        assert_eq!((recovered.records.len(), recovered.torn_bytes), (0, 2 * 4096));
    }
}

#[test]
fn a_record_that_imitates_later_blocks_does_not_turn_a_torn_tail_into_damage() {
    let disk = MemoryDisk::new();
    let log = create_large(&disk);
    // What the attacker knows: the very blocks that this log would hold after three more batches.
    let ahead = disk.fork();
    let (mut future, _) = open(&ahead).unwrap();
    for number in 0..3 {
        future.append(&record(number, 10)).unwrap();
        future.sync().unwrap();
    }
    drop(future);
    let image = super::support::content(&ahead, &segments(&ahead)[0]);
    for shift in 3900..4100 {
        let mut evil = vec![0; shift];
        evil.extend_from_slice(&image[3 * 4096..4 * 4096]);
        let mut disk = disk.fork();
        let (mut log, _) = open(&disk).unwrap();
        log.append(&evil).unwrap();
        disk.stop_after(1);
        log.sync().unwrap_err();
        disk.power_cut(|_, offset| offset >= 3 * 4096);
        assert!(recover(&disk).records.is_empty());
    }
    drop(log);
    assert_eq!(recover(&ahead).records.len(), 3, "the image was real");
}

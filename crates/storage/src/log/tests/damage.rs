//! Bit flips, cuts, exchanges and losses of files: each is refused, or is a torn tail, and never yields a wrong record.

use super::support::{BLOCK, IDENTITY, Random, SMALL, content, create, open, record, recover, segments};
use crate::log::{Log, LogError};
use crate::tag::{Tag, TagKey};
use crate::{Disk, DiskFile, Failure, Identity, MemoryDisk};

/// A log of two segments. The last batch is one block, at position 2 of the second segment.
fn sample() -> (MemoryDisk, Vec<Vec<u8>>) {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    let records: Vec<_> = [700, 3000, 900, 300].iter().map(|&length| record(length, length as usize)).collect();
    for bytes in &records {
        log.append(bytes).unwrap();
        log.sync().unwrap();
    }
    drop(log);
    assert_eq!(segments(&disk).len(), 2);
    (disk, records)
}

/// Opening fails, and leaves the disk as it was.
fn refusal(disk: &MemoryDisk) -> LogError {
    let before = disk.counters();
    let error = open(disk).unwrap_err();
    assert_eq!(disk.counters(), before, "a refusal changes nothing");
    error
}

#[test]
fn every_flipped_byte_is_refused_or_tears_the_last_batch() {
    let (disk, records) = sample();
    let names = segments(&disk);
    let (mut damaged, mut torn) = (0, 0);
    for (segment, name) in names.iter().enumerate() {
        let original = content(&disk, name);
        for offset in 0..original.len() {
            // Of the zeros of the padding a sample is enough: nothing reads them.
            let is_padding = original[offset.saturating_sub(8)..].iter().take(16).all(|&byte| byte == 0);
            if is_padding && offset % BLOCK > 128 && offset % 7 != 0 {
                continue;
            }
            let flipped = disk.fork();
            flipped.edit(name, |bytes| bytes[offset] ^= 1 << (offset % 8));
            match open(&flipped) {
                Ok((_, recovered)) if recovered.records == records => {
                    // In a block that was never used, a flip may look like the remains of a batch.
                    assert!(recovered.torn_bytes == 0 || (segment == 1 && offset / BLOCK == 3), "{name} {offset}");
                }
                Ok((_, recovered)) => {
                    assert_eq!(recovered.records, records[..3], "{name} {offset}");
                    assert_eq!(recovered.torn_bytes, BLOCK as u64, "{name} {offset}");
                    assert!(segment == 1 && offset / BLOCK == 2, "{name} {offset} is not in the last batch");
                    torn += 1;
                }
                Err(LogError::Damaged { file, offset: reported }) => {
                    assert_eq!(&file, name);
                    assert!(reported <= offset as u64 && offset as u64 <= reported + BLOCK as u64, "{name} {offset}");
                    damaged += 1;
                }
                Err(error) => panic!("{name} {offset}: {error}"),
            }
        }
    }
    // All that is covered by a tag, and the tag: headers of segments, headers of blocks, lengths of records, records.
    assert_eq!(torn, 64 + 4 + 300);
    assert_eq!(damaged, 2 * 128 + 4 * 64 + 3 * 4 + 700 + 3000 + 900);
}

#[test]
fn a_last_batch_cut_off_at_any_byte_is_torn() {
    let (disk, records) = sample();
    let name = &segments(&disk)[1];
    for cut in 0..BLOCK {
        let torn = disk.fork();
        torn.edit(name, |bytes| bytes[2 * BLOCK + cut..3 * BLOCK].fill(0));
        let recovered = recover(&torn);
        let is_whole = recovered.records == records;
        assert!(is_whole || recovered.records == records[..3], "cut at {cut}");
        assert!(!is_whole || cut >= 64 + 4 + 299, "cut at {cut}");
        assert_eq!(recovered.torn_bytes > 0, !is_whole && cut >= 32, "cut at {cut}");
    }
}

#[test]
fn a_shorter_or_longer_file_is_damage_because_no_crash_makes_one() {
    let (disk, _) = sample();
    for name in segments(&disk) {
        for length in (0..4 * BLOCK).step_by(61).chain([4 * BLOCK - 1]) {
            let cut = disk.fork();
            cut.edit(&name, |bytes| bytes.truncate(length));
            let offset = length as u64;
            assert_eq!(refusal(&cut), LogError::Damaged { file: name.clone(), offset });
        }
        let longer = disk.fork();
        longer.edit(&name, |bytes| bytes.push(0));
        assert_eq!(refusal(&longer), LogError::Damaged { file: name, offset: 4 * BLOCK as u64 });
    }
}

#[test]
fn a_missing_segment_is_noticed_unless_it_is_the_newest() {
    let (disk, _) = sample();
    let (mut log, _) = open(&disk).unwrap();
    log.append(&record(1, 9000)).unwrap();
    log.sync().unwrap();
    drop(log);
    let names = segments(&disk);
    assert_eq!(names.len(), 3);
    for missing in &names[..2] {
        let holed = disk.fork();
        holed.remove(missing).unwrap();
        assert_eq!(refusal(&holed), LogError::Missing { file: missing.clone() });
    }
}

#[test]
fn segments_in_each_others_place_are_refused() {
    let (disk, _) = sample();
    let names = segments(&disk);
    let second = content(&disk, &names[1]);
    let swapped = disk.fork();
    swapped.edit(&names[0], |bytes| bytes.copy_from_slice(&second));
    assert_eq!(refusal(&swapped), LogError::Damaged { file: names[0].clone(), offset: 0 });
    let renamed = disk.fork();
    renamed.rename(&names[1], "log-00000000000000000003").unwrap();
    assert!(matches!(refusal(&renamed), LogError::Damaged { .. }));
}

#[test]
fn a_misdirected_or_lost_write_before_the_last_batch_is_damage() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    for number in 0..2 {
        log.append(&record(number, 100)).unwrap();
        log.sync().unwrap();
    }
    let name = &segments(&disk)[0];
    let stale = content(&disk, name);
    drop(log);
    // The base batch is at 1, the two records at 2 and 3: overwrite each block with each other one.
    for target in 1..4 {
        for source in 1..4 {
            let moved = disk.fork();
            moved.edit(name, |bytes| bytes.copy_within(source * BLOCK..(source + 1) * BLOCK, target * BLOCK));
            match open(&moved) {
                Ok((_, recovered)) if source == target => assert_eq!(recovered.records.len(), 2),
                Ok((_, recovered)) => assert_eq!((recovered.records.len(), target), (1, 3)),
                Err(error) => {
                    let offset = (target * BLOCK) as u64;
                    assert_eq!(error, LogError::Damaged { file: name.clone(), offset });
                }
            }
        }
    }
    let lost = disk.fork();
    lost.edit(name, |bytes| {
        bytes[2 * BLOCK..3 * BLOCK].fill(0);
        assert_eq!(bytes[..2 * BLOCK], stale[..2 * BLOCK]);
    });
    assert_eq!(refusal(&lost), LogError::Damaged { file: name.clone(), offset: 2 * BLOCK as u64 });
}

#[test]
fn damage_to_sealed_records_is_not_taken_for_a_torn_tail() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    log.append(b"last words").unwrap();
    log.sync().unwrap();
    let name = segments(&disk)[0].clone();
    let flip = |disk: &MemoryDisk| disk.edit(&name, |bytes| bytes[2 * BLOCK + 70] ^= 1);
    let unsealed = disk.fork();
    flip(&unsealed);
    assert!(recover(&unsealed).records.is_empty());
    log.seal().unwrap();
    drop(log);
    flip(&disk);
    assert_eq!(refusal(&disk), LogError::Damaged { file: name, offset: 2 * BLOCK as u64 });
}

#[test]
fn a_base_is_never_torn() {
    let disk = MemoryDisk::new();
    let mut log = create(&disk);
    log.append(b"old").unwrap();
    log.sync().unwrap();
    log.replace_all(&[b"compacted".to_vec()]).unwrap();
    drop(log);
    let name = &segments(&disk)[0];
    disk.edit(name, |bytes| bytes[BLOCK + 70] ^= 1);
    assert_eq!(refusal(&disk), LogError::Damaged { file: name.clone(), offset: BLOCK as u64 });
}

#[test]
fn the_files_of_another_are_refused() {
    let (disk, _) = sample();
    let others = [
        Identity { cluster: [8; 32], ..IDENTITY },
        Identity { replica: 4, ..IDENTITY },
        Identity { incarnation: 2, ..IDENTITY },
    ];
    for expected in others {
        let before = disk.counters();
        let error = Log::open(disk.clone(), expected, SMALL).unwrap_err();
        let LogError::ForeignIdentity { found, .. } = &error else { panic!("{error}") };
        assert_eq!(*found, IDENTITY);
        assert_eq!(disk.counters(), before);
    }
}

#[test]
fn a_later_format_is_named_as_such() {
    let (disk, _) = sample();
    let name = &segments(&disk)[1];
    disk.edit(name, |bytes| {
        bytes[24] = 2;
        let key = TagKey::derive("synod storage log version 1: segment header", &[]);
        let tag: Tag = key.tag(&bytes[16..128]);
        bytes[..16].copy_from_slice(tag.as_bytes());
    });
    assert_eq!(refusal(&disk), LogError::UnsupportedVersion { file: name.clone(), version: 2 });
}

#[test]
fn a_failed_read_is_reported_and_changes_nothing() {
    let (disk, records) = sample();
    let name = &segments(&disk)[0];
    disk.fail_next_read(name);
    let LogError::Disk(error) = refusal(&disk) else { panic!("the read failed") };
    assert_eq!(&error.file, name);
    assert!(matches!(error.failure, Failure::System { .. }));
    assert_eq!(recover(&disk).records, records);
}

#[test]
fn random_garbage_in_many_places_never_yields_a_wrong_record() {
    let (disk, records) = sample();
    let names = segments(&disk);
    for seed in 0..2000 {
        let mut random = Random(seed);
        let garbled = disk.fork();
        for _ in 0..=random.below(4) {
            let name = &names[random.below(2) as usize];
            let start = random.below(4 * BLOCK as u64) as usize;
            let end = (start + random.below(600) as usize).min(4 * BLOCK);
            garbled.edit(name, |bytes| bytes[start..end].iter_mut().for_each(|byte| *byte = random.next() as u8));
        }
        if let Ok((_, recovered)) = open(&garbled) {
            // Garbage in both batches of the last segment leaves no trace of either; the first segment is proven.
            assert!(records.starts_with(&recovered.records) && recovered.records.len() >= 2, "seed {seed}");
        }
    }
}

#[test]
fn leftovers_and_strangers_in_the_folder_do_no_harm() {
    let (disk, records) = sample();
    for name in ["log-spare-00000000000000000007", "log-spare-x", "log-1", "log-0000000000000000000x", "notes.txt"] {
        disk.create(name).unwrap().write_at(0, b"anything").unwrap();
    }
    let (log, recovered) = open(&disk).unwrap();
    assert_eq!(recovered.records, records);
    let left = disk.list().unwrap();
    assert!(!left.contains(&"log-spare-00000000000000000007".to_owned()));
    assert!(left.contains(&"notes.txt".to_owned()) && left.contains(&"log-1".to_owned()));
    drop(log);
}

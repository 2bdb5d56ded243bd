//! The open log: appending, group commit and compaction.
//!
//! Invariant: the cursor stands behind everything durable, in a segment that is durable under its name; what waits in
//! the pending batch is nowhere on the disk. After a failure nothing is written any more.

use super::batch::{Batch, Cursor};
use super::block::BLOCK_BYTES;
use super::error::LogError;
use super::recovery::{self, Live};
use super::segment::{self, SegmentHeader};
use super::spares::{self, Spares};
use super::{MAX_PENDING, MAX_RECORD};
use crate::tag::Tag;
use crate::{Disk, DiskFile, Failure, Identity};
use std::mem;

const LOCK: &str = "log.lock";

/// A base batch is written in pieces of about this size, in bytes.
const STREAM_BYTES: usize = 1 << 20;

/// How a log uses its disk. It may differ from one opening to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// The size of a segment in bytes, rounded up to whole blocks of 4096, between 8 KiB and 1 GiB. A batch that does
    /// not fit gets a larger segment of its own.
    pub segment_bytes: u64,
    /// How many segments at most are kept for reuse.
    pub spares_max: usize,
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions { segment_bytes: 16 << 20, spares_max: 4 }
    }
}

impl LogOptions {
    pub(super) fn standard_blocks(&self) -> u32 {
        let blocks = self.segment_bytes.clamp(2 * BLOCK_BYTES as u64, 1 << 30).div_ceil(BLOCK_BYTES as u64);
        u32::try_from(blocks).unwrap_or(u32::MAX)
    }
}

/// How many records were appended to the log since it was created, up to and including a certain one. It never
/// decreases, also across [`Log::replace_all`], whose records are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(u64);

impl Position {
    /// The count.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// What a log held when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The records, oldest first.
    pub records: Vec<Vec<u8>>,
    /// How many bytes of an unfinished batch at the end were left out. Zero after an orderly shutdown. They were never
    /// reported durable, unless they were damaged later.
    pub torn_bytes: u64,
}

/// A write-ahead log. At most one can be open in a folder at a time.
#[derive(Debug)]
pub struct Log<D: Disk> {
    disk: D,
    identity: Identity,
    _lock: D::Lock,
    spares: Spares<D>,
    /// The segments of the log, ascending; the last is being written.
    live: Vec<Live>,
    base: u64,
    file: D::File,
    cursor: Cursor,
    pending: Batch,
    appended: u64,
    durable: u64,
    poisoned: Option<LogError>,
}

impl<D: Disk> Log<D> {
    /// Whether there is a log, complete or not, in this folder.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn exists(disk: &D) -> Result<bool, LogError> {
        Ok(!sequences_in(&disk.list()?).is_empty())
    }

    /// Creates an empty log, which is durable on return.
    ///
    /// # Errors
    /// [`LogError::AlreadyExists`] if there is one, even a damaged one; [`LogError::Disk`].
    pub fn create(disk: D, identity: Identity, options: LogOptions) -> Result<Log<D>, LogError> {
        let lock = disk.lock(LOCK)?;
        if let Some(&newest) = sequences_in(&disk.list()?).last() {
            return Err(LogError::AlreadyExists { file: segment::name_of(newest) });
        }
        let mut spares = Spares::start(&disk, options, &[])?;
        let header = SegmentHeader {
            identity,
            blocks: 0,
            sequence: 1,
            base: 1,
            first_batch: 1,
            first_position: 0,
            previous: Tag::default(),
        };
        let (file, cursor, live) = write_base(&disk, &mut spares, header, &[])?;
        Ok(Log {
            disk,
            identity,
            _lock: lock,
            spares,
            live: vec![live],
            base: 1,
            file,
            cursor,
            pending: Batch::default(),
            appended: 0,
            durable: 0,
            poisoned: None,
        })
    }

    /// Opens an existing log. Everything it returns is durable.
    ///
    /// # Errors
    /// [`LogError::NotFound`], [`LogError::Damaged`], [`LogError::Missing`], [`LogError::ForeignIdentity`],
    /// [`LogError::UnsupportedVersion`], all of which leave the disk unchanged; [`LogError::Disk`].
    pub fn open(disk: D, identity: Identity, options: LogOptions) -> Result<(Log<D>, Recovered), LogError> {
        if !Log::exists(&disk)? {
            return Err(LogError::NotFound);
        }
        let lock = disk.lock(LOCK)?;
        let sequences = sequences_in(&disk.list()?);
        let mut scan = recovery::scan(&disk, identity, &sequences)?;
        write_again(&mut scan.file, scan.unproven.clone())?;
        disk.sync_dir()?;
        let base = scan.live.first().map_or(0, |live| live.sequence);
        let obsolete = sequences.iter().filter(|&&sequence| sequence < base);
        let obsolete: Vec<String> = obsolete.map(|&sequence| segment::name_of(sequence)).collect();
        let spares = Spares::start(&disk, options, &obsolete)?;
        let log = Log {
            disk,
            identity,
            _lock: lock,
            spares,
            live: scan.live,
            base,
            file: scan.file,
            cursor: scan.cursor,
            pending: Batch::default(),
            appended: scan.position,
            durable: scan.position,
            poisoned: None,
        };
        Ok((log, Recovered { records: scan.records, torn_bytes: scan.torn_bytes }))
    }

    /// Appends a record of at most [`MAX_RECORD`] bytes. It is durable when [`Log::sync`] has returned its position or
    /// a later one. If too much is pending, this call syncs first.
    ///
    /// # Errors
    /// [`LogError::RecordTooLarge`], which changes nothing; the first error, once the log is poisoned.
    pub fn append(&mut self, record: &[u8]) -> Result<Position, LogError> {
        self.guarded(|log| {
            if record.len() > MAX_RECORD {
                return Err(LogError::RecordTooLarge { length: record.len() });
            }
            if log.pending.bytes() + record.len() > MAX_PENDING && !log.pending.is_empty() {
                log.commit()?;
            }
            log.pending.push(record);
            log.appended += 1;
            Ok(Position(log.appended))
        })
    }

    /// Makes everything appended so far durable, with one write and one sync, and returns the last durable position.
    ///
    /// # Errors
    /// Any error is final: the log is poisoned, and what was not durable may or may not be there after a restart.
    pub fn sync(&mut self) -> Result<Position, LogError> {
        self.guarded(|log| {
            if !log.pending.is_empty() {
                log.commit()?;
            }
            Ok(Position(log.durable))
        })
    }

    /// Syncs, and then proves on the disk that the sync took place, so that later damage to the last records is not
    /// taken for a torn tail. For an orderly shutdown.
    ///
    /// # Errors
    /// As [`Log::sync`].
    pub fn seal(&mut self) -> Result<Position, LogError> {
        self.sync()?;
        self.guarded(|log| {
            log.pending.open_block();
            log.commit()?;
            Ok(Position(log.durable))
        })
    }

    /// Replaces the whole content by `records`, atomically and durably. Records appended and not yet synced are
    /// superseded too: whatever must live on is among `records`. Returns the position of the last record ever appended,
    /// for none of which anybody has to wait any longer.
    ///
    /// A power cut during the call leaves the old content or the new one.
    ///
    /// # Errors
    /// [`LogError::RecordTooLarge`], which changes nothing; any other error poisons the log.
    pub fn replace_all(&mut self, records: &[Vec<u8>]) -> Result<Position, LogError> {
        self.guarded(|log| {
            if let Some(record) = records.iter().find(|record| record.len() > MAX_RECORD) {
                return Err(LogError::RecordTooLarge { length: record.len() });
            }
            let sequence = log.next_sequence();
            let header = SegmentHeader {
                identity: log.identity,
                blocks: 0,
                sequence,
                base: sequence,
                first_batch: log.cursor.batch,
                first_position: log.appended,
                previous: Tag::default(),
            };
            let (file, cursor, live) = write_base(&log.disk, &mut log.spares, header, records)?;
            (log.file, log.cursor, log.base) = (file, cursor, sequence);
            log.pending.clear();
            log.durable = log.appended;
            let obsolete = mem::replace(&mut log.live, vec![live]);
            log.spares.recycle(obsolete.iter().map(|segment| segment.sequence))?;
            Ok(Position(log.durable))
        })
    }

    /// Makes a spare segment unless there is one, so that the next change of segment need not. To be called when idle.
    ///
    /// # Errors
    /// As [`Log::sync`], except that a full disk does not poison the log.
    pub fn prepare(&mut self) -> Result<(), LogError> {
        let prepared = self.guarded(|log| match log.spares.prepare() {
            Err(LogError::Disk(error)) if error.failure == Failure::Full => Ok(Err(LogError::Disk(error))),
            result => result.map(Ok),
        });
        prepared?
    }

    /// The position of the last record appended.
    #[must_use]
    pub fn appended(&self) -> Position {
        Position(self.appended)
    }

    /// The position of the last record known to be durable.
    #[must_use]
    pub fn durable(&self) -> Position {
        Position(self.durable)
    }

    /// The bytes on disk that [`Log::replace_all`] would give back: the sizes of all segments of the log, without
    /// spares.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        spares::bytes_of(&self.live)
    }

    /// Runs `work` unless the log is poisoned, and poisons it if `work` fails on the disk.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, LogError>) -> Result<T, LogError> {
        if let Some(error) = &self.poisoned {
            return Err(error.clone());
        }
        let result = work(self);
        if let Err(error @ LogError::Disk(_)) = &result {
            self.poisoned = Some(error.clone());
        }
        result
    }

    fn next_sequence(&self) -> u64 {
        self.live.last().map_or(1, |segment| segment.sequence + 1)
    }

    /// Writes and syncs the pending batch.
    fn commit(&mut self) -> Result<(), LogError> {
        let needed = u32::try_from(self.pending.bytes() / BLOCK_BYTES).unwrap_or(u32::MAX);
        let size = self.live.last().map_or(0, |segment| segment.blocks);
        if needed > size - self.cursor.position {
            self.next_segment(needed)?;
        }
        let offset = segment::offset_of(self.cursor.position);
        let blocks = self.pending.finish(&mut self.cursor);
        self.file.write_at(offset, blocks)?;
        self.file.sync()?;
        self.pending.clear();
        self.durable = self.appended;
        Ok(())
    }

    /// Begins a segment with room for a batch of `needed` blocks. Everything before it is durable.
    fn next_segment(&mut self, needed: u32) -> Result<(), LogError> {
        let mut candidate = self.spares.take(needed.saturating_add(1), 0)?;
        let sequence = self.next_sequence();
        let header = SegmentHeader {
            identity: self.identity,
            blocks: candidate.blocks,
            sequence,
            base: self.base,
            first_batch: self.cursor.batch,
            first_position: self.durable,
            previous: self.cursor.previous,
        };
        let (block, tag, key) = header.encode();
        candidate.file.write_at(0, &block)?;
        candidate.file.sync()?;
        self.file = segment::publish(&self.disk, &candidate.name, sequence)?;
        self.live.push(Live { sequence, blocks: candidate.blocks });
        self.cursor = Cursor { key, previous: tag, batch: self.cursor.batch, position: 1, index: 0 };
        Ok(())
    }
}

/// Writes a base segment with `records` as its first batch, and makes it the log.
fn write_base<D: Disk>(
    disk: &D,
    spares: &mut Spares<D>,
    mut header: SegmentHeader,
    records: &[Vec<u8>],
) -> Result<(D::File, Cursor, Live), LogError> {
    let blocks = u32::try_from(Batch::blocks_for(records) + 1).unwrap_or(u32::MAX);
    let mut candidate = spares.take(blocks, blocks)?;
    header.blocks = candidate.blocks;
    let (block, tag, key) = header.encode();
    candidate.file.write_at(0, &block)?;
    let mut cursor = Cursor { key, previous: tag, batch: header.first_batch, position: 1, index: 0 };
    let mut batch = Batch::default();
    batch.open_block();
    for record in records {
        batch.push(record);
        if batch.bytes() > STREAM_BYTES {
            let offset = segment::offset_of(cursor.position);
            candidate.file.write_at(offset, batch.finish_full(&mut cursor))?;
            batch.drop_full();
        }
    }
    let offset = segment::offset_of(cursor.position);
    candidate.file.write_at(offset, batch.finish(&mut cursor))?;
    assert!(cursor.position == blocks, "a base batch fills the blocks that were counted for it");
    candidate.file.sync()?;
    let file = segment::publish(disk, &candidate.name, header.sequence)?;
    Ok((file, cursor, Live { sequence: header.sequence, blocks: candidate.blocks }))
}

/// Writes the blocks of the last batch again and syncs them: what was read may be only in memory.
fn write_again(file: &mut impl DiskFile, blocks: std::ops::Range<u32>) -> Result<(), LogError> {
    let mut buffer = vec![0; STREAM_BYTES];
    let (mut offset, end) = (segment::offset_of(blocks.start), segment::offset_of(blocks.end));
    while offset < end {
        let length = usize::try_from(end - offset).unwrap_or(usize::MAX).min(STREAM_BYTES);
        file.read_at(offset, &mut buffer[..length])?;
        file.write_at(offset, &buffer[..length])?;
        offset += length as u64;
    }
    file.sync()?;
    Ok(())
}

/// The numbers of the segments among `names`, ascending.
fn sequences_in(names: &[String]) -> Vec<u64> {
    let mut sequences: Vec<u64> = names.iter().filter_map(|name| segment::sequence_of(name)).collect();
    sequences.sort_unstable();
    sequences
}

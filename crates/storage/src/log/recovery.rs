//! Reading a log back: which records it holds, where it ends, and whether its end is torn or its middle damaged.
//!
//! Invariant: reading changes nothing on the disk. The rules are explained in the documentation of the log.

use super::batch::{Cursor, RecordReader};
use super::block::{self, BLOCK_BYTES};
use super::error::LogError;
use super::segment::{self, SegmentHeader};
use crate::tag::{Tag, TagKey};
use crate::{Disk, DiskFile, Identity};

/// Blocks are read in pieces of this many.
const READ_BLOCKS: u32 = 64;

/// A live segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    pub(super) sequence: u64,
    pub(super) blocks: u32,
}

/// What reading found.
pub(super) struct Scan<F> {
    pub(super) records: Vec<Vec<u8>>,
    pub(super) torn_bytes: u64,
    /// How many records were ever appended, as far as they are durable.
    pub(super) position: u64,
    /// The segments of the log, ascending; the last one is open in `file`.
    pub(super) live: Vec<Live>,
    pub(super) file: F,
    pub(super) cursor: Cursor,
    /// The blocks of the last batch, unless it is known to be durable.
    pub(super) unproven: std::ops::Range<u32>,
}

struct Segment<F> {
    name: String,
    file: F,
    header: SegmentHeader,
    tag: Tag,
    key: TagKey,
    /// A piece of the file, from block `piece_at`.
    piece: Vec<u8>,
    piece_at: u32,
}

/// Reads the log whose segments have the numbers in `sequences`, ascending.
pub(super) fn scan<D: Disk>(disk: &D, identity: Identity, sequences: &[u64]) -> Result<Scan<D::File>, LogError> {
    let &newest = sequences.last().ok_or(LogError::NotFound)?;
    let mut segment = Segment::open(disk, identity, newest)?;
    let base = segment.header.base;
    if base > newest {
        return Err(segment.damaged(0));
    }
    for sequence in base..newest {
        if sequences.binary_search(&sequence).is_err() {
            return Err(LogError::Missing { file: segment::name_of(sequence) });
        }
    }
    let mut walk = Walk::default();
    let mut live = Vec::new();
    for sequence in base..=newest {
        segment = Segment::open(disk, identity, sequence)?;
        walk.enter(&segment, base)?;
        live.push(Live { sequence, blocks: segment.header.blocks });
        if sequence < newest {
            let next = Segment::open(disk, identity, sequence + 1)?;
            walk.whole_segment(&mut segment, next.header.first_batch)?;
        } else {
            walk.last_segment(&mut segment)?;
        }
    }
    let cursor = Cursor {
        key: segment.key,
        previous: walk.batch_previous,
        batch: walk.batch,
        position: walk.batch_at,
        index: 0,
    };
    Ok(Scan {
        records: walk.records.into_records(),
        torn_bytes: walk.torn_bytes,
        position: walk.position,
        live,
        file: segment.file,
        cursor,
        unproven: walk.unproven,
    })
}

impl<F: DiskFile> Segment<F> {
    fn open<D: Disk<File = F>>(disk: &D, identity: Identity, sequence: u64) -> Result<Segment<F>, LogError> {
        let name = segment::name_of(sequence);
        let file = disk.open(&name)?;
        let length = file.length()?;
        if length < BLOCK_BYTES as u64 {
            return Err(LogError::Damaged { file: name, offset: length });
        }
        let mut block = vec![0; BLOCK_BYTES];
        file.read_at(0, &mut block)?;
        let (header, tag, key) = SegmentHeader::decode(&block, &name)?;
        if header.identity != identity {
            return Err(LogError::ForeignIdentity { file: name, expected: identity, found: header.identity });
        }
        let expected = segment::offset_of(header.blocks);
        if length != expected {
            // A segment has its full length before it has its name, so no crash explains another length.
            return Err(LogError::Damaged { file: name, offset: length.min(expected) });
        }
        if header.sequence != sequence {
            return Err(LogError::Damaged { file: name, offset: 0 });
        }
        Ok(Segment { name, file, header, tag, key, piece: Vec::new(), piece_at: 0 })
    }

    fn block(&mut self, position: u32) -> Result<&[u8], LogError> {
        let held = u32::try_from(self.piece.len() / BLOCK_BYTES).unwrap_or(0);
        if position < self.piece_at || position >= self.piece_at + held {
            let count = READ_BLOCKS.min(self.header.blocks - position);
            self.piece.resize(count as usize * BLOCK_BYTES, 0);
            self.file.read_at(segment::offset_of(position), &mut self.piece)?;
            self.piece_at = position;
        }
        let start = (position - self.piece_at) as usize * BLOCK_BYTES;
        Ok(&self.piece[start..start + BLOCK_BYTES])
    }

    fn damaged(&self, position: u32) -> LogError {
        LogError::Damaged { file: self.name.clone(), offset: segment::offset_of(position) }
    }
}

/// How a segment ended.
enum End {
    /// At a batch boundary, with no room left.
    Full,
    /// At a block that does not continue the chain.
    Break(u32),
}

/// The state of the walk along the chain.
#[derive(Default)]
struct Walk {
    records: RecordReader,
    position: u64,
    torn_bytes: u64,
    /// The number of the batch to come.
    batch: u64,
    /// Where it begins.
    batch_at: u32,
    /// The tag before it.
    batch_previous: Tag,
    unproven: std::ops::Range<u32>,
}

impl Walk {
    /// Checks that a segment continues the chain.
    fn enter<F: DiskFile>(&mut self, segment: &Segment<F>, base: u64) -> Result<(), LogError> {
        let header = &segment.header;
        if header.is_base() {
            self.batch = header.first_batch;
            self.position = header.first_position;
        }
        let continues = header.base == base
            && header.first_batch == self.batch
            && header.first_position == self.position
            && header.previous == self.batch_previous;
        if !continues {
            return Err(segment.damaged(0));
        }
        self.batch_previous = segment.tag;
        self.batch_at = 1;
        // A segment is begun only after everything before it was synced.
        self.unproven = 0..0;
        Ok(())
    }

    /// Reads a segment that is followed by one which begins with batch `next`: everything before it must be there.
    fn whole_segment<F: DiskFile>(&mut self, segment: &mut Segment<F>, next: u64) -> Result<(), LogError> {
        let end = self.follow(segment, next)?;
        if self.batch == next {
            return Ok(());
        }
        Err(segment.damaged(match end {
            End::Full => segment.header.blocks,
            End::Break(position) => position,
        }))
    }

    /// Reads the last segment, which may end in a torn batch.
    fn last_segment<F: DiskFile>(&mut self, segment: &mut Segment<F>) -> Result<(), LogError> {
        let End::Break(position) = self.follow(segment, u64::MAX)? else { return Ok(()) };
        let header = segment.header;
        if header.is_base() && self.batch == header.first_batch {
            return Err(segment.damaged(position));
        }
        let mut torn_end = position;
        for ahead in position..header.blocks {
            let key = segment.key.clone();
            let block = segment.block(ahead)?;
            let claimed = block::claimed_batch(block);
            if claimed > self.batch && block::verify(block, ahead, &key).is_some() {
                return Err(segment.damaged(position));
            }
            // Stale blocks of an earlier use have smaller numbers, and do not claim to continue this chain.
            let follows = ahead == self.batch_at && block::claimed_previous(block) == self.batch_previous;
            if claimed >= self.batch || follows {
                torn_end = ahead + 1;
            }
        }
        self.torn_bytes = segment::offset_of(torn_end - self.batch_at);
        Ok(())
    }

    /// Follows the chain through a segment until batch `until`, the end of the segment, or a block that breaks it.
    fn follow<F: DiskFile>(&mut self, segment: &mut Segment<F>, until: u64) -> Result<End, LogError> {
        let (mut previous, mut index) = (self.batch_previous, 0);
        let key = segment.key.clone();
        for position in self.batch_at..segment.header.blocks {
            if self.batch == until {
                return Ok(End::Break(position));
            }
            let Some((header, tag, payload)) = block::verify(segment.block(position)?, position, &key) else {
                return Ok(End::Break(position));
            };
            if header.batch != self.batch || header.index != index || header.previous != previous {
                return Ok(End::Break(position));
            }
            if self.records.feed(payload).is_err() {
                return Err(segment.damaged(position));
            }
            (previous, index) = (tag, index + 1);
            if header.last {
                self.complete_batch(segment, position, tag)?;
                index = 0;
            }
        }
        // A batch never crosses the end of its segment.
        if index == 0 { Ok(End::Full) } else { Err(segment.damaged(self.batch_at)) }
    }

    fn complete_batch<F: DiskFile>(&mut self, segment: &Segment<F>, end: u32, tag: Tag) -> Result<(), LogError> {
        let Ok(count) = self.records.complete_batch() else { return Err(segment.damaged(self.batch_at)) };
        let is_base_batch = segment.header.is_base() && self.batch == segment.header.first_batch;
        if is_base_batch {
            self.unproven = 0..0;
        } else {
            self.position += count as u64;
            self.unproven = self.batch_at..end + 1;
        }
        self.batch += 1;
        self.batch_at = end + 1;
        self.batch_previous = tag;
        Ok(())
    }
}

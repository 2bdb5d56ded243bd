//! Laying records into the blocks of a batch, and reading them back.
//!
//! Invariant of the writer: all blocks but the last are full. Invariant of the reader: a record is returned only when
//! all its bytes came from verified blocks; what it allocates follows what it has read, not what a length claims.

use super::MAX_RECORD;
use super::block::{self, BLOCK_BYTES, BlockHeader, PAYLOAD_BYTES};
use crate::tag::{Tag, TagKey};

/// The length of the length before each record, in bytes.
const PREFIX_BYTES: usize = 4;

/// Buffers larger than this are given back after use, in bytes.
const KEPT_BYTES: usize = 4 << 20;

/// Where the next block goes: the end of the chain.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    pub(super) key: TagKey,
    pub(super) previous: Tag,
    pub(super) batch: u64,
    pub(super) position: u32,
    pub(super) index: u32,
}

/// Records that wait to be written, already laid out in blocks.
#[derive(Debug, Default)]
pub(super) struct Batch {
    blocks: Vec<u8>,
    /// Payload bytes used in the last block.
    used: usize,
}

impl Batch {
    /// How many blocks a batch of such records takes.
    pub(super) fn blocks_for(records: &[Vec<u8>]) -> usize {
        let payload: usize = records.iter().map(|record| record.len() + PREFIX_BYTES).sum();
        payload.div_ceil(PAYLOAD_BYTES).max(1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Bytes held, and to be written.
    pub(super) fn bytes(&self) -> usize {
        self.blocks.len()
    }

    /// Adds a record, whose length the caller has checked.
    pub(super) fn push(&mut self, record: &[u8]) {
        let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
        assert!(record.len() <= MAX_RECORD, "the caller checks the length of a record");
        self.put(&length.to_le_bytes());
        self.put(record);
    }

    /// Makes sure that there is a block, so that an empty batch can be written.
    pub(super) fn open_block(&mut self) {
        if self.blocks.is_empty() {
            self.grow();
        }
    }

    /// Seals all blocks as the end of the batch and moves the cursor to the next batch.
    pub(super) fn finish(&mut self, cursor: &mut Cursor) -> &[u8] {
        assert!(!self.is_empty(), "a batch has at least one block");
        self.seal_blocks(cursor, self.blocks.len(), true);
        cursor.batch += 1;
        cursor.index = 0;
        &self.blocks
    }

    /// Seals all full blocks that cannot be the last one, and moves the cursor behind them.
    pub(super) fn finish_full(&mut self, cursor: &mut Cursor) -> &[u8] {
        let full = self.blocks.len().saturating_sub(BLOCK_BYTES);
        self.seal_blocks(cursor, full, false);
        &self.blocks[..full]
    }

    /// Forgets what `finish_full` returned.
    pub(super) fn drop_full(&mut self) {
        let full = self.blocks.len().saturating_sub(BLOCK_BYTES);
        self.blocks.drain(..full);
    }

    pub(super) fn clear(&mut self) {
        self.blocks.clear();
        self.blocks.shrink_to(KEPT_BYTES);
        self.used = 0;
    }

    fn put(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.blocks.is_empty() || self.used == PAYLOAD_BYTES {
                self.grow();
            }
            let taken = bytes.len().min(PAYLOAD_BYTES - self.used);
            let start = self.blocks.len() - PAYLOAD_BYTES + self.used;
            self.blocks[start..start + taken].copy_from_slice(&bytes[..taken]);
            self.used += taken;
            bytes = &bytes[taken..];
        }
    }

    fn grow(&mut self) {
        self.blocks.resize(self.blocks.len() + BLOCK_BYTES, 0);
        self.used = 0;
    }

    fn seal_blocks(&mut self, cursor: &mut Cursor, end: usize, last: bool) {
        let count = end / BLOCK_BYTES;
        for (number, sealed) in self.blocks[..end].chunks_exact_mut(BLOCK_BYTES).enumerate() {
            let is_last = last && number + 1 == count;
            let length = if is_last { self.used } else { PAYLOAD_BYTES };
            let header = BlockHeader {
                previous: cursor.previous,
                batch: cursor.batch,
                position: cursor.position,
                index: cursor.index,
                length: u16::try_from(length).unwrap_or(u16::MAX),
                last: is_last,
            };
            cursor.previous = block::seal(sealed, &header, &cursor.key);
            cursor.position += 1;
            cursor.index += 1;
        }
    }
}

/// Reads records from the payloads of consecutive blocks.
#[derive(Debug, Default)]
pub(super) struct RecordReader {
    records: Vec<Vec<u8>>,
    /// How many records belong to complete batches.
    complete: usize,
    prefix: Vec<u8>,
    record: Option<(usize, Vec<u8>)>,
}

/// The payload of a verified batch is not a sequence of records.
#[derive(Debug)]
pub(super) struct Malformed;

impl RecordReader {
    /// Takes the payload of the next block.
    pub(super) fn feed(&mut self, mut payload: &[u8]) -> Result<(), Malformed> {
        while !payload.is_empty() {
            let Some((length, mut record)) = self.record.take() else {
                payload = self.feed_prefix(payload)?;
                continue;
            };
            let (taken, rest) = payload.split_at(payload.len().min(length - record.len()));
            record.extend_from_slice(taken);
            payload = rest;
            self.keep(length, record);
        }
        Ok(())
    }

    /// Ends a batch. Returns how many records it had.
    pub(super) fn complete_batch(&mut self) -> Result<usize, Malformed> {
        if !self.prefix.is_empty() || self.record.is_some() {
            return Err(Malformed);
        }
        let count = self.records.len() - self.complete;
        self.complete = self.records.len();
        Ok(count)
    }

    /// The records of all complete batches.
    pub(super) fn into_records(mut self) -> Vec<Vec<u8>> {
        self.records.truncate(self.complete);
        self.records
    }

    fn feed_prefix<'a>(&mut self, payload: &'a [u8]) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = payload.split_at(payload.len().min(PREFIX_BYTES - self.prefix.len()));
        self.prefix.extend_from_slice(taken);
        if self.prefix.len() == PREFIX_BYTES {
            let length = u32::from_le_bytes(crate::tag::array(&self.prefix, 0));
            let length = usize::try_from(length).map_err(|_| Malformed)?;
            if length > MAX_RECORD {
                return Err(Malformed);
            }
            self.prefix.clear();
            self.keep(length, Vec::with_capacity(length.min(BLOCK_BYTES)));
        }
        Ok(rest)
    }

    fn keep(&mut self, length: usize, record: Vec<u8>) {
        if record.len() == length {
            self.records.push(record);
        } else {
            self.record = Some((length, record));
        }
    }
}

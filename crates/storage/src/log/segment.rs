//! A segment file: its name, its header block, and how it comes to be.
//!
//! Invariant: a file has a segment's name only if it has its full length and a synced header; a base segment also has
//! its first batch. Until then it is called a spare, and its contents mean nothing.

use super::block::BLOCK_BYTES;
use super::error::LogError;
use crate::tag::{Tag, TagKey, array};
use crate::{Disk, DiskError, DiskFile, Identity};

const MAGIC: [u8; 8] = *b"SYNODLOG";
const VERSION: u32 = 1;
/// How much of the header block is used, in bytes. The rest is not looked at.
const ENCODED_BYTES: usize = 128;
const BODY_AT: usize = Tag::BYTES;
const PREFIX: &str = "log-";
const SPARE_PREFIX: &str = "log-spare-";
const DIGITS: usize = 20;
/// No log counts segments, batches or records up to here. What a header says is held against it, so that nothing that
/// is counted on from there overflows.
const COUNT_MAX: u64 = u64::MAX / 2;
const HEADER_CONTEXT: &str = "synod storage log version 1: segment header";
const BLOCK_CONTEXT: &str = "synod storage log version 1: data blocks of the segment with this header tag";
/// Zeros are written in pieces of this size, in bytes.
const ZEROS_BYTES: usize = 64 * 1024;

/// What a segment says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) identity: Identity,
    /// The length of the file, in blocks.
    pub(super) blocks: u32,
    /// Its number; it grows by one from segment to segment, also across compactions.
    pub(super) sequence: u64,
    /// The segment with which the log begins.
    pub(super) base: u64,
    /// The number of the first batch in it: all earlier ones were durable before it was named.
    pub(super) first_batch: u64,
    /// How many records had been appended before its first batch, not counting those of a base batch.
    pub(super) first_position: u64,
    /// The last tag of the segment before it; nothing for a base.
    pub(super) previous: Tag,
}

impl SegmentHeader {
    pub(super) fn is_base(&self) -> bool {
        self.base == self.sequence
    }

    /// The header block, its tag, and the key for the data blocks behind it.
    pub(super) fn encode(&self) -> (Vec<u8>, Tag, TagKey) {
        let mut block = Vec::with_capacity(BLOCK_BYTES);
        block.extend_from_slice(&[0; Tag::BYTES]);
        block.extend_from_slice(&MAGIC);
        block.extend_from_slice(&VERSION.to_le_bytes());
        block.extend_from_slice(&self.blocks.to_le_bytes());
        block.extend_from_slice(&self.identity.encode());
        block.extend_from_slice(&[0; 6]);
        for number in [self.sequence, self.base, self.first_batch, self.first_position] {
            block.extend_from_slice(&number.to_le_bytes());
        }
        block.extend_from_slice(self.previous.as_bytes());
        assert!(block.len() == ENCODED_BYTES, "the layout of the header is fixed");
        let tag = TagKey::derive(HEADER_CONTEXT, &[]).tag(&block[BODY_AT..]);
        block[..Tag::BYTES].copy_from_slice(tag.as_bytes());
        block.resize(BLOCK_BYTES, 0);
        (block, tag, block_key(tag))
    }

    /// Reads the header block of `file`.
    pub(super) fn decode(block: &[u8], file: &str) -> Result<(SegmentHeader, Tag, TagKey), LogError> {
        let tag = Tag::from_bytes(array(block, 0));
        let body = &block[BODY_AT..ENCODED_BYTES];
        if TagKey::derive(HEADER_CONTEXT, &[]).tag(body) != tag || !body.starts_with(&MAGIC) {
            return Err(LogError::Damaged { file: file.to_owned(), offset: 0 });
        }
        let version = u32::from_le_bytes(array(body, 8));
        if version != VERSION {
            return Err(LogError::UnsupportedVersion { file: file.to_owned(), version });
        }
        let number = |offset| u64::from_le_bytes(array(body, offset));
        let header = SegmentHeader {
            identity: Identity::decode(&array(body, 16)),
            blocks: u32::from_le_bytes(array(body, 12)),
            sequence: number(64),
            base: number(72),
            first_batch: number(80),
            first_position: number(88),
            previous: Tag::from_bytes(array(body, 96)),
        };
        if [header.sequence, header.first_batch, header.first_position].iter().any(|&count| count > COUNT_MAX) {
            return Err(LogError::Damaged { file: file.to_owned(), offset: 0 });
        }
        Ok((header, tag, block_key(tag)))
    }
}

fn block_key(header: Tag) -> TagKey {
    TagKey::derive(BLOCK_CONTEXT, header.as_bytes())
}

/// Where a block begins in its file, in bytes.
pub(super) fn offset_of(position: u32) -> u64 {
    u64::from(position) * BLOCK_BYTES as u64
}

/// The name of the segment with this number.
pub(super) fn name_of(sequence: u64) -> String {
    format!("{PREFIX}{sequence:0DIGITS$}")
}

/// The number of the segment with this name, if it is the name of a segment.
pub(super) fn sequence_of(name: &str) -> Option<u64> {
    number_in(name.strip_prefix(PREFIX)?)
}

/// The name of a spare.
pub(super) fn spare_name_of(number: u64) -> String {
    format!("{SPARE_PREFIX}{number:0DIGITS$}")
}

/// Whether this is the name of a spare.
pub(super) fn is_spare(name: &str) -> bool {
    name.strip_prefix(SPARE_PREFIX).and_then(number_in).is_some()
}

fn number_in(digits: &str) -> Option<u64> {
    let well_formed = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed { digits.parse().ok() } else { None }
}

/// Writes zeros into blocks `from..to` of `file`.
pub(super) fn fill_with_zeros(file: &mut impl DiskFile, from: u32, to: u32) -> Result<(), DiskError> {
    let zeros = vec![0; ZEROS_BYTES];
    let (mut offset, end) = (offset_of(from), offset_of(to));
    while offset < end {
        let length = usize::try_from(end - offset).unwrap_or(usize::MAX).min(ZEROS_BYTES);
        file.write_at(offset, &zeros[..length])?;
        offset += length as u64;
    }
    Ok(())
}

/// Gives a complete and synced spare the name of a segment, durably, and opens it under that name.
pub(super) fn publish<D: Disk>(disk: &D, spare: &str, sequence: u64) -> Result<D::File, DiskError> {
    let name = name_of(sequence);
    disk.rename(spare, &name)?;
    disk.sync_dir()?;
    disk.open(&name)
}

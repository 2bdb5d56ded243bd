//! The data block: 4096 bytes that say what they are and where they belong.
//!
//! Invariant: a block verifies only at the position, and in the segment, for which it was written. The padding behind
//! the payload is not covered and not looked at.

use crate::tag::{Tag, TagKey, array};

/// The unit of everything in a segment, in bytes. It is the page of the common systems and the physical sector of the
/// common disks, so that writing a block never disturbs its neighbours.
pub const BLOCK_BYTES: usize = 4096;

const HEADER_BYTES: usize = 64;

/// How many bytes of records a block holds.
pub(super) const PAYLOAD_BYTES: usize = BLOCK_BYTES - HEADER_BYTES;

const PREVIOUS_AT: usize = 16;
const BATCH_AT: usize = 32;
const POSITION_AT: usize = 40;
const INDEX_AT: usize = 44;
const LENGTH_AT: usize = 48;
const LAST_AT: usize = 50;

/// What a block says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockHeader {
    /// The tag of the block before it, or of the segment header.
    pub(super) previous: Tag,
    /// The number of its batch.
    pub(super) batch: u64,
    /// Its position in the segment, in blocks; the segment header is at 0.
    pub(super) position: u32,
    /// Its index in the batch.
    pub(super) index: u32,
    /// How many bytes of payload it holds.
    pub(super) length: u16,
    /// Whether the batch ends with it.
    pub(super) last: bool,
}

/// Writes the header and the tag of a block whose payload is in place.
pub(super) fn seal(block: &mut [u8], header: &BlockHeader, key: &TagKey) -> Tag {
    let end = HEADER_BYTES + usize::from(header.length);
    assert!(block.len() == BLOCK_BYTES && end <= BLOCK_BYTES, "a block holds at most {PAYLOAD_BYTES} bytes");
    block[PREVIOUS_AT..BATCH_AT].copy_from_slice(header.previous.as_bytes());
    block[BATCH_AT..POSITION_AT].copy_from_slice(&header.batch.to_le_bytes());
    block[POSITION_AT..INDEX_AT].copy_from_slice(&header.position.to_le_bytes());
    block[INDEX_AT..LENGTH_AT].copy_from_slice(&header.index.to_le_bytes());
    block[LENGTH_AT..LAST_AT].copy_from_slice(&header.length.to_le_bytes());
    block[LAST_AT..HEADER_BYTES].fill(0);
    block[LAST_AT] = u8::from(header.last);
    let tag = key.tag(&block[PREVIOUS_AT..end]);
    block[..PREVIOUS_AT].copy_from_slice(tag.as_bytes());
    tag
}

/// The header, tag and payload of a block found at `position`, if it verifies there.
pub(super) fn verify<'a>(block: &'a [u8], position: u32, key: &TagKey) -> Option<(BlockHeader, Tag, &'a [u8])> {
    let length = u16::from_le_bytes(array(block, LENGTH_AT));
    let end = HEADER_BYTES + usize::from(length);
    let tag = Tag::from_bytes(array(block, 0));
    if end > BLOCK_BYTES || key.tag(&block[PREVIOUS_AT..end]) != tag {
        return None;
    }
    let header = BlockHeader {
        previous: claimed_previous(block),
        batch: claimed_batch(block),
        position: u32::from_le_bytes(array(block, POSITION_AT)),
        index: u32::from_le_bytes(array(block, INDEX_AT)),
        length,
        last: block[LAST_AT] == 1,
    };
    (header.position == position).then_some((header, tag, &block[HEADER_BYTES..end]))
}

/// The batch number that a block claims, verified or not.
pub(super) fn claimed_batch(block: &[u8]) -> u64 {
    u64::from_le_bytes(array(block, BATCH_AT))
}

/// The predecessor that a block claims, verified or not.
pub(super) fn claimed_previous(block: &[u8]) -> Tag {
    Tag::from_bytes(array(block, PREVIOUS_AT))
}

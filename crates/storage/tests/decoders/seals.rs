//! Computes the checksums of log segments and checkpoints anew, from the description of their formats.
//!
//! Checksums are no signatures: whoever can write to a disk can make them. What is then read is not what was written,
//! and nobody promises that it is; that nothing panics is promised still.

use crate::edits::{content, replace};
use std::collections::BTreeMap;
use synod_storage::{Disk, MemoryDisk};

const BLOCK_BYTES: usize = 4096;
const TAG_BYTES: usize = 16;

/// Renews every checksum in every file, and what one file says of the end of another.
pub(crate) fn renew(disk: &MemoryDisk) {
    let mut segment_end = [0; TAG_BYTES];
    let mut checkpoint_ends = BTreeMap::new();
    for name in disk.list().expect("the disk is good") {
        let mut bytes = content(disk, &name);
        if name.starts_with("log-") && bytes.len() >= BLOCK_BYTES {
            segment_end = renew_segment(&mut bytes, segment_end);
        } else if name.starts_with("checkpoint-") && bytes.len() >= 144 {
            let parent = checkpoint_ends.get(&array(&bytes, 120)).copied();
            let end = renew_checkpoint(&mut bytes, parent);
            checkpoint_ends.insert(array::<8>(&bytes, 80), end);
        }
        replace(disk, &name, bytes);
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice has this length")
}

fn tag(key: &[u8; 32], parts: &[&[u8]]) -> [u8; TAG_BYTES] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for part in parts {
        hasher.update(part);
    }
    array(hasher.finalize().as_bytes(), 0)
}

/// Returns the last tag of the chain.
fn renew_segment(bytes: &mut [u8], before: [u8; TAG_BYTES]) -> [u8; TAG_BYTES] {
    let is_base = array::<8>(bytes, 80) == array::<8>(bytes, 88);
    if !is_base {
        bytes[112..128].copy_from_slice(&before);
    }
    let key = blake3::derive_key("synod storage log version 1: segment header", &[]);
    let mut previous = tag(&key, &[&bytes[TAG_BYTES..128]]);
    bytes[..TAG_BYTES].copy_from_slice(&previous);
    let context = "synod storage log version 1: data blocks of the segment with this header tag";
    let key = blake3::derive_key(context, &previous);
    for block in bytes.chunks_exact_mut(BLOCK_BYTES).skip(1) {
        let end = 64 + usize::from(u16::from_le_bytes(array(block, 48)));
        let was_used = block[..64].iter().any(|&byte| byte != 0);
        if !was_used || end > BLOCK_BYTES {
            break;
        }
        block[TAG_BYTES..32].copy_from_slice(&previous);
        previous = tag(&key, &[&block[TAG_BYTES..end]]);
        block[..TAG_BYTES].copy_from_slice(&previous);
    }
    previous
}

/// Returns the last tag of the chain.
fn renew_checkpoint(bytes: &mut [u8], parent: Option<[u8; TAG_BYTES]>) -> [u8; TAG_BYTES] {
    if let Some(end) = parent {
        bytes[128..144].copy_from_slice(&end);
    }
    let key = blake3::derive_key("synod storage checkpoint version 1: header", &[]);
    let mut previous = tag(&key, &[&bytes[TAG_BYTES..144]]);
    bytes[..TAG_BYTES].copy_from_slice(&previous);
    let context = "synod storage checkpoint version 1: frames of the file with this header tag";
    let key = blake3::derive_key(context, &previous);
    let mut at = 144;
    while at + 8 + TAG_BYTES <= bytes.len() {
        let length = usize::try_from(u32::from_le_bytes(array(bytes, at))).expect("32 bits are a size");
        let end = at.saturating_add(8).saturating_add(length);
        if end.saturating_add(TAG_BYTES) > bytes.len() {
            break;
        }
        previous = tag(&key, &[&previous, &bytes[at..at + 8], &bytes[at + 8..end]]);
        bytes[end..end + TAG_BYTES].copy_from_slice(&previous);
        at = end + TAG_BYTES;
    }
    previous
}

//! Byte strings seen as strings of nibbles, the high nibble of each byte first, so that nibble order is byte order.
//!
//! A *segment* is the part of a key between two nibble positions. It is written as the whole bytes it touches, with
//! the nibbles that lie outside it zeroed: one segment, one encoding, and no shifting.

use super::MAX_KEY_BYTES;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// The longest path, in nibbles.
pub(super) const MAX_NIBBLES: usize = 2 * MAX_KEY_BYTES;

/// The length of `bytes` in nibbles.
pub(super) fn count(bytes: &[u8]) -> usize {
    2 * bytes.len()
}

/// The nibble at `position`, which must be below [`count`].
pub(super) fn at(bytes: &[u8], position: usize) -> u8 {
    let byte = bytes[position / 2];
    if position.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
}

/// How many leading nibbles `a` and `b` share, given that they share the first `known`.
pub(super) fn common(a: &[u8], b: &[u8], known: usize) -> usize {
    let limit = a.len().min(b.len());
    let from = (known / 2).min(limit);
    let equal = a[from..limit].iter().zip(&b[from..limit]).take_while(|(x, y)| x == y).count();
    let byte = from + equal;
    let half = byte < limit && a[byte] >> 4 == b[byte] >> 4;
    2 * byte + usize::from(half)
}

/// Compares the first `a_count` nibbles of `a` with the first `b_count` nibbles of `b`. A proper prefix is less.
pub(super) fn compare((a, a_count): (&[u8], usize), (b, b_count): (&[u8], usize)) -> Ordering {
    let shared = common(a, b, 0);
    if shared < a_count && shared < b_count { at(a, shared).cmp(&at(b, shared)) } else { a_count.cmp(&b_count) }
}

/// How many bytes the segment from `start` to `end` is written in.
pub(super) fn segment_bytes(start: usize, end: usize) -> usize {
    if start == end { 0 } else { end.div_ceil(2) - start / 2 }
}

/// Appends the segment of `key` from nibble `start` to nibble `end`.
pub(super) fn write_segment(out: &mut Vec<u8>, key: &[u8], start: usize, end: usize) {
    let written = out.len();
    out.extend_from_slice(&key[start / 2..][..segment_bytes(start, end)]);
    if start < end {
        let (head, tail) = masks(start, end);
        out[written] &= head;
        if let Some(last) = out.last_mut() {
            *last &= tail;
        }
    }
}

/// Whether `segment` is written as [`write_segment`] would: nothing outside it is set.
pub(super) fn is_canonical(segment: &[u8], start: usize, end: usize) -> bool {
    let (head, tail) = masks(start, end);
    segment.first().is_none_or(|byte| byte & !head == 0) && segment.last().is_none_or(|byte| byte & !tail == 0)
}

/// Which bits of the first and of the last byte belong to the segment.
fn masks(start: usize, end: usize) -> (u8, u8) {
    let head = if start.is_multiple_of(2) { 0xff } else { 0x0f };
    let tail = if end.is_multiple_of(2) { 0xff } else { 0xf0 };
    (head, tail)
}

/// The nibbles of the segment from `start` to `end`, as written by [`write_segment`].
pub(super) fn segment_nibbles(segment: &[u8], start: usize, end: usize) -> impl Iterator<Item = u8> {
    let first = start - start % 2;
    (start..end).map(move |position| at(segment, position - first))
}

/// The bytes that an even number of nibbles, one to an element, stand for.
pub(super) fn pack(nibbles: &[u8]) -> Vec<u8> {
    nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// As [`pack`], of any number of nibbles: half a byte is filled up with zeros.
pub(super) fn pack_padded(nibbles: &[u8]) -> Vec<u8> {
    nibbles.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests;

//! Key ranges, and which subtrees can hold a key of one.
//!
//! Prover and verifier share this code, and it decides every slot: a subtree that can hold a key of the range is shown,
//! one that cannot is pruned. So a range of a content has one proof, up to values shown or digested.

use super::{ChunkError, nibbles};
use core::cmp::Ordering;

/// The keys from `from` on, up to `end` exclusively; to the last if there is no end. Never empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'a> {
    from: &'a [u8],
    end: Option<&'a [u8]>,
}

impl<'a> Span<'a> {
    pub(super) fn new(from: &'a [u8], end: Option<&'a [u8]>) -> Result<Self, ChunkError> {
        if end.is_some_and(|end| end <= from) { Err(ChunkError::EmptyRange) } else { Ok(Self { from, end }) }
    }

    pub(super) fn contains(&self, key: &[u8]) -> bool {
        self.from <= key && self.end.is_none_or(|end| key < end)
    }
}

/// How a path stands to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Less than the bound, as is every key below.
    Below,
    /// A prefix of the bound, or the bound itself.
    On,
    /// Greater than the bound, as is every key below.
    Above,
}

/// Where a path lies with respect to a span, followed nibble by nibble from the empty path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds<'a> {
    span: Span<'a>,
    length: usize,
    low: Side,
    high: Side,
}

impl<'a> Bounds<'a> {
    /// The empty path.
    pub(super) fn new(span: Span<'a>) -> Self {
        Self { span, length: 0, low: Side::On, high: Side::On }
    }

    /// The path, longer by a nibble.
    pub(super) fn push(self, nibble: u8) -> Self {
        let Self { span, length, low, high } = self;
        let high = span.end.map_or(Side::Below, |end| step(high, end, length, nibble));
        Self { span, length: length + 1, low: step(low, span.from, length, nibble), high }
    }

    /// Whether some key that begins with the path can lie in the span. Errs on the side of yes, by half a byte.
    pub(super) fn overlaps(&self) -> bool {
        self.low != Side::Below && self.is_before_end()
    }

    /// Whether the path itself, as a key, lies in the span.
    pub(super) fn contains(&self) -> bool {
        let reaches_from = match self.low {
            Side::Below => false,
            Side::On => self.length == nibbles::count(self.span.from),
            Side::Above => true,
        };
        reaches_from && self.is_before_end()
    }

    /// Whether every key that begins with the path lies behind the span.
    pub(super) fn is_beyond(&self) -> bool {
        !self.is_before_end()
    }

    fn is_before_end(&self) -> bool {
        self.span.end.is_none_or(|end| match self.high {
            Side::Below => true,
            Side::On => self.length < nibbles::count(end),
            Side::Above => false,
        })
    }
}

/// Where a path of `length` nibbles that stands on `side` of `bound` stands with one more nibble.
fn step(side: Side, bound: &[u8], length: usize, nibble: u8) -> Side {
    match side {
        Side::Below | Side::Above => side,
        Side::On if length == nibbles::count(bound) => Side::Above,
        Side::On => match nibble.cmp(&nibbles::at(bound, length)) {
            Ordering::Less => Side::Below,
            Ordering::Equal => Side::On,
            Ordering::Greater => Side::Above,
        },
    }
}

#[cfg(test)]
mod tests;

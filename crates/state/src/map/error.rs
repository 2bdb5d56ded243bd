//! What can go wrong, by whose fault.
//!
//! [`MapError`] is the caller's, [`ChunkError`] and [`AssembleError`] are a peer's. None of them leaves a map changed.

use core::fmt;

/// A request the map refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapError {
    /// The key is longer than [`MAX_KEY_BYTES`](super::MAX_KEY_BYTES).
    KeyTooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The value is longer than [`MAX_VALUE_BYTES`](super::MAX_VALUE_BYTES).
    ValueTooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The range ends at or before its start, so there is nothing to prove about it.
    EmptyRange,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyTooLong { bytes } => {
                write!(f, "a key of {bytes} bytes is beyond the limit of {}", super::MAX_KEY_BYTES)
            }
            Self::ValueTooLong { bytes } => {
                write!(f, "a value of {bytes} bytes is beyond the limit of {}", super::MAX_VALUE_BYTES)
            }
            Self::EmptyRange => write!(f, "the range ends at or before its start"),
        }
    }
}

impl core::error::Error for MapError {}

/// Why bytes are not a chunk, or a chunk does not prove what it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkError {
    /// The encoding is longer than [`MAX_CHUNK_BYTES`](super::MAX_CHUNK_BYTES).
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The encoding ends early.
    Truncated,
    /// Bytes follow the end of the encoding.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// No node, option or format has this tag.
    UnknownTag {
        /// The tag.
        tag: u8,
    },
    /// A key, path or value that no map can hold, or that is not written in its one canonical form.
    Malformed(&'static str),
    /// The range `[from, next)` is empty.
    EmptyRange,
    /// A pruned subtree could hold a key of the range.
    Incomplete,
    /// Something outside the range is shown that the proof does not need.
    Needless,
    /// The chunk is not part of the map with the expected root.
    WrongRoot,
    /// The key asked for lies outside the range that was proved.
    NotCovered,
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(f, "a chunk of {bytes} bytes is beyond the limit of {}", super::MAX_CHUNK_BYTES)
            }
            Self::Truncated => write!(f, "the chunk ends early"),
            Self::Trailing { bytes } => write!(f, "{bytes} bytes follow the end of the chunk"),
            Self::UnknownTag { tag } => write!(f, "{tag} is no known tag"),
            Self::Malformed(what) => write!(f, "malformed chunk: {what}"),
            Self::EmptyRange => write!(f, "the chunk covers no key"),
            Self::Incomplete => write!(f, "a pruned subtree could hold a key of the range"),
            Self::Needless => write!(f, "the chunk shows more than its range needs"),
            Self::WrongRoot => write!(f, "the chunk does not belong to the expected root"),
            Self::NotCovered => write!(f, "the key lies outside the range that was proved"),
        }
    }
}

impl core::error::Error for ChunkError {}

/// Why a verified chunk adds nothing to an assembly, or an assembly is not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssembleError {
    /// The chunk was verified against another root.
    WrongRoot,
    /// The chunk holds nothing that is missing.
    Superfluous,
    /// The chunk carries digests in place of values.
    ValueMissing,
    /// The chunk adds no entry and finishes no missing range, so a peer that sends such chunks would never be done.
    NoProgress,
    /// Something is still missing.
    Unfinished,
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongRoot => write!(f, "the chunk belongs to another root"),
            Self::Superfluous => write!(f, "the chunk holds nothing that is missing"),
            Self::ValueMissing => write!(f, "the chunk carries digests in place of values"),
            Self::NoProgress => write!(f, "the chunk holds no entry and finishes no range"),
            Self::Unfinished => write!(f, "some chunk is still to come"),
        }
    }
}

impl core::error::Error for AssembleError {}

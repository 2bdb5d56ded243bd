//! Why the checkpoint store refuses.

use super::MAX_ENTRY_PART;
use crate::{DiskError, Identity};
use std::fmt;

/// A failure of the checkpoint store. The message says what failed, in which file, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// The disk failed.
    Disk(DiskError),
    /// Bytes that had been durable are not what was written.
    Damaged {
        /// The file.
        file: String,
        /// Where in it the first bad frame or field begins, in bytes.
        offset: u64,
    },
    /// A file that another one builds on is not there.
    Missing {
        /// The missing file.
        file: String,
        /// The file that builds on it.
        needed_by: String,
    },
    /// The file belongs to somebody else.
    ForeignIdentity {
        /// The file.
        file: String,
        /// Who opened it.
        expected: Identity,
        /// Whose it is.
        found: Identity,
    },
    /// The file was written by a version of this software with another format.
    UnsupportedVersion {
        /// The file.
        file: String,
        /// The version of its format.
        version: u32,
    },
    /// A checkpoint is to be saved below the newest one.
    NotNewer {
        /// Its sequence number.
        sequence: u64,
        /// The newest sequence number.
        newest: u64,
    },
    /// A delta is to be saved on a checkpoint that is not there, or not older.
    UnknownParent {
        /// The sequence number of the parent.
        parent: u64,
    },
    /// Keys do not ascend strictly.
    Unordered {
        /// The index of the first entry that is not above the one before it.
        index: u64,
    },
    /// A base is to be saved with a removal in it.
    RemovalInBase {
        /// The index of the entry.
        index: u64,
    },
    /// A key or value is longer than [`MAX_ENTRY_PART`].
    EntryTooLarge {
        /// The index of the entry.
        index: u64,
        /// Its length in bytes.
        length: usize,
    },
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointError::Disk(error) => write!(f, "the checkpoint store cannot continue: {error}"),
            CheckpointError::Damaged { file, offset } => write!(
                f,
                "the checkpoint is damaged in {file} at offset {offset}; nothing was changed; \
                 check the disk, move all checkpoint files elsewhere, leave the log where it is, and start again: \
                 the state is then fetched from the others"
            ),
            CheckpointError::Missing { file, needed_by } => write!(
                f,
                "the checkpoint {needed_by} is incomplete: {file}, which it builds on, is missing; \
                 put the file back, or move all checkpoint files elsewhere, leave the log where it is, and start \
                 again: the state is then fetched from the others"
            ),
            CheckpointError::ForeignIdentity { file, expected, found } => write!(
                f,
                "the checkpoint {file} belongs to {found}, not to {expected}; \
                 check that each replica has its own folder"
            ),
            CheckpointError::UnsupportedVersion { file, version } => write!(
                f,
                "the checkpoint {file} has format version {version}, which this software cannot read; \
                 use a newer version"
            ),
            CheckpointError::NotNewer { sequence, newest } => {
                write!(f, "cannot save checkpoint {sequence}: checkpoint {newest} is newer; save a later one")
            }
            CheckpointError::UnknownParent { parent } => {
                write!(f, "cannot save changes since checkpoint {parent}: there is no such older one; save a base")
            }
            CheckpointError::Unordered { index } => {
                write!(f, "cannot save entry {index}: its key is not above the one before it; sort the entries by key")
            }
            CheckpointError::RemovalInBase { index } => {
                write!(f, "cannot save entry {index}: a full base has nothing to remove from; leave the entry out")
            }
            CheckpointError::EntryTooLarge { index, length } => write!(
                f,
                "cannot save entry {index}: its key or value has {length} bytes, above the limit of {MAX_ENTRY_PART}"
            ),
        }
    }
}

impl std::error::Error for CheckpointError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CheckpointError::Disk(error) => Some(error),
            CheckpointError::Damaged { .. }
            | CheckpointError::Missing { .. }
            | CheckpointError::ForeignIdentity { .. }
            | CheckpointError::UnsupportedVersion { .. }
            | CheckpointError::NotNewer { .. }
            | CheckpointError::UnknownParent { .. }
            | CheckpointError::Unordered { .. }
            | CheckpointError::RemovalInBase { .. }
            | CheckpointError::EntryTooLarge { .. } => None,
        }
    }
}

impl From<DiskError> for CheckpointError {
    fn from(error: DiskError) -> CheckpointError {
        CheckpointError::Disk(error)
    }
}

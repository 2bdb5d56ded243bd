//! Why the log refuses.

use super::MAX_RECORD;
use crate::{DiskError, Identity};
use std::fmt;

/// A failure of the log. The message says what failed, in which file, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogError {
    /// The disk failed. The log is poisoned.
    Disk(DiskError),
    /// Bytes that had been durable are not what was written.
    Damaged {
        /// The segment.
        file: String,
        /// Where in it the first bad block or field begins, in bytes.
        offset: u64,
    },
    /// A segment that the newest one builds on is not there.
    Missing {
        /// The segment.
        file: String,
    },
    /// The segment belongs to somebody else.
    ForeignIdentity {
        /// The segment.
        file: String,
        /// Who opened it.
        expected: Identity,
        /// Whose it is.
        found: Identity,
    },
    /// The segment was written by a version of this software with another format.
    UnsupportedVersion {
        /// The segment.
        file: String,
        /// The version of its format.
        version: u32,
    },
    /// A log is to be created where there is one.
    AlreadyExists {
        /// Its newest segment.
        file: String,
    },
    /// A log is to be opened where there is none.
    NotFound,
    /// A record is longer than [`MAX_RECORD`].
    RecordTooLarge {
        /// Its length in bytes.
        length: usize,
    },
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogError::Disk(error) => write!(f, "the log cannot continue: {error}"),
            LogError::Damaged { file, offset } => write!(
                f,
                "the log is damaged in {file} at offset {offset}: durable records are not readable; \
                 nothing was changed; check the disk, keep the folder as it is, and leave this replica off: \
                 the others go on without it, and started from an older copy it could contradict itself"
            ),
            LogError::Missing { file } => write!(
                f,
                "the log is incomplete: {file} is missing although newer segments build on it; \
                 put this very file back, or leave this replica off: the others go on without it"
            ),
            LogError::ForeignIdentity { file, expected, found } => write!(
                f,
                "the log file {file} belongs to {found}, not to {expected}; check that each replica has its own folder"
            ),
            LogError::UnsupportedVersion { file, version } => write!(
                f,
                "the log file {file} has format version {version}, which this software cannot read; use a newer version"
            ),
            LogError::AlreadyExists { file } => {
                write!(f, "cannot create a log: {file} already exists; open the log instead, or use an empty folder")
            }
            LogError::NotFound => {
                write!(f, "cannot open a log: this folder has none; check that it is the right folder")
            }
            LogError::RecordTooLarge { length } => {
                write!(f, "cannot append a record of {length} bytes: the limit is {MAX_RECORD}; split it")
            }
        }
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LogError::Disk(error) => Some(error),
            LogError::Damaged { .. }
            | LogError::Missing { .. }
            | LogError::ForeignIdentity { .. }
            | LogError::UnsupportedVersion { .. }
            | LogError::AlreadyExists { .. }
            | LogError::NotFound
            | LogError::RecordTooLarge { .. } => None,
        }
    }
}

impl From<DiskError> for LogError {
    fn from(error: DiskError) -> LogError {
        LogError::Disk(error)
    }
}

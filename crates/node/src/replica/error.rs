//! Why a replica ends, or does not start.

use crate::files::{FileError, FileProblem};
use std::io;
use std::path::PathBuf;
use synod_kernel::Malformed;
use synod_storage::checkpoint::CheckpointError;
use synod_storage::log::LogError;
use synod_storage::{ExecutorError, Failure};

/// Why a replica ends before it is told to. The message says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file of the folder is not right.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process runs on the same folder.
    #[error("{}: another process runs on this folder; stop it first, two processes with one key would contradict \
         each other", path.display())]
    Locked {
        /// The data folder.
        path: PathBuf,
    },
    /// The votes of this identity are lost.
    #[error(
        "{}: this identity has voted before, but its log is gone; started without it, the replica could contradict \
         itself. Put this very folder back, never an older copy of it, or leave this replica off: the others go on \
         without it", path.display()
    )]
    VotesLost {
        /// The data folder.
        path: PathBuf,
    },
    /// The log failed, or is not good.
    #[error("{}: {error}", path.display())]
    Log {
        /// The data folder.
        path: PathBuf,
        /// What is wrong.
        error: Box<LogError>,
    },
    /// The checkpoints failed, or are not good.
    #[error("{}: {error}", path.display())]
    Executor {
        /// The data folder.
        path: PathBuf,
        /// What is wrong.
        error: Box<ExecutorError>,
    },
    /// A record of the log is not one of this protocol.
    #[error(
        "{}: record {number} of the log is not one of this protocol ({error}); start the version that wrote it",
        path.display()
    )]
    BadRecord {
        /// The data folder.
        path: PathBuf,
        /// Which record, counted from 0.
        number: usize,
        /// What is wrong with it.
        error: Malformed,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}; check that the address is this machine's and that it is free")]
    Listen {
        /// The address.
        address: String,
        /// The system's own words.
        #[source]
        source: io::Error,
    },
    /// The system refused something that every process needs.
    #[error("cannot {action}: {source}; check the limits of this machine and user")]
    System {
        /// What was tried.
        action: &'static str,
        /// The system's own words.
        #[source]
        source: io::Error,
    },
    /// A thread of ours ended: a broken invariant of synod itself.
    #[error("the {0} thread ended unexpectedly; this is a defect of synod, and its own message stands above")]
    ThreadEnded(&'static str),
}

impl RunError {
    /// The exit code of a process that ends for it: 74 when the disk or another part of the system refused, 78 when
    /// keys, descriptor, settings or folders are not right, 70 when an invariant of synod itself is broken.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::File(FileError { problem: FileProblem::System { .. }, .. }) => 74,
            Self::File(_) | Self::Locked { .. } | Self::VotesLost { .. } | Self::BadRecord { .. } => 78,
            Self::Log { error, .. } if is_others_log(error) => 78,
            Self::Executor { error, .. } if is_others_checkpoint(error) => 78,
            Self::Log { .. } | Self::Executor { .. } | Self::Listen { .. } | Self::System { .. } => 74,
            Self::ThreadEnded(_) => 70,
        }
    }

    pub(super) fn log(path: PathBuf, error: LogError) -> Self {
        match &error {
            LogError::Disk(disk) if disk.failure == Failure::Locked => Self::Locked { path },
            _ => Self::Log { path, error: Box::new(error) },
        }
    }

    pub(super) fn executor(path: PathBuf, error: ExecutorError) -> Self {
        match &error {
            ExecutorError::Checkpoint(CheckpointError::Disk(disk)) if disk.failure == Failure::Locked => {
                Self::Locked { path }
            }
            _ => Self::Executor { path, error: Box::new(error) },
        }
    }
}

/// Whether the files are good, but not for this replica or this version.
fn is_others_log(error: &LogError) -> bool {
    matches!(error, LogError::ForeignIdentity { .. } | LogError::UnsupportedVersion { .. })
}

fn is_others_checkpoint(error: &ExecutorError) -> bool {
    use CheckpointError::{ForeignIdentity, UnsupportedVersion};
    matches!(error, ExecutorError::Checkpoint(ForeignIdentity { .. } | UnsupportedVersion { .. }))
}

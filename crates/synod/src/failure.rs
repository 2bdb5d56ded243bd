//! How a command fails: what it says on standard error, and the code with which the process ends.
//!
//! Codes are part of the interface: scripts tell by them whether to retry, to repair or to give up. None is reused.

use std::fmt;
use synod_node::files::{FileError, FileProblem};
use synod_node::genesis::GenesisError;

/// Whose turn it is after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The command was carried out, and the answer is no.
    Failed,
    /// Nobody knows: it ended before anything could be said.
    Inconclusive,
    /// Too few replicas answered. What was to be written may have been written.
    Unreachable,
    /// Something that was received does not verify.
    Unverified,
    /// The command line makes no sense.
    Usage,
    /// A broken invariant of our own.
    Internal,
    /// The disk.
    Disk,
    /// Keys, descriptor, settings or folders.
    Configuration,
}

impl Cause {
    /// The exit code. Those from 64 on are what `sysexits.h` has for the same causes.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Inconclusive => 2,
            Self::Unreachable => 3,
            Self::Unverified => 4,
            Self::Usage => 64,
            Self::Internal => 70,
            Self::Disk => 74,
            Self::Configuration => 78,
        }
    }
}

/// Why a command did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    cause: Cause,
    /// None if the command's own output has said it.
    message: Option<String>,
}

impl Failure {
    /// A failure that is told on standard error.
    pub(crate) fn new(cause: Cause, message: impl fmt::Display) -> Self {
        Self { cause, message: Some(message.to_string()) }
    }

    /// A failure that the command's output has told already.
    pub(crate) fn told(cause: Cause) -> Self {
        Self { cause, message: None }
    }

    /// Whose turn it is.
    pub(crate) fn cause(&self) -> Cause {
        self.cause
    }

    /// What to say on standard error.
    pub(crate) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        let cause = match error.problem {
            FileProblem::System { .. } => Cause::Disk,
            FileProblem::Missing { .. }
            | FileProblem::TooLarge { .. }
            | FileProblem::Exposed { .. }
            | FileProblem::BadKeyFile { .. }
            | FileProblem::ForeignKey { .. }
            | FileProblem::Syntax { .. }
            | FileProblem::Value { .. }
            | FileProblem::Descriptor(_)
            | FileProblem::NoSuchReplica { .. }
            | FileProblem::Occupied
            | FileProblem::ForeignMarker => Cause::Configuration,
        };
        Self::new(cause, error)
    }
}

impl From<GenesisError> for Failure {
    fn from(error: GenesisError) -> Self {
        match error {
            GenesisError::File(error) => error.into(),
            GenesisError::NoRandomness(_) => Self::new(Cause::Internal, error),
            GenesisError::Options(_) | GenesisError::Ports { .. } | GenesisError::SamePorts { .. } => {
                Self::new(Cause::Usage, error)
            }
        }
    }
}

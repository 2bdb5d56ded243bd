//! What can be wrong with a file: what, where, and what to do.
//!
//! Every variant is an operator's to mend; none is caused by a peer.

use std::io;
use std::path::{Path, PathBuf};
use synod_kernel::descriptor::DescriptorError;

/// A file or folder that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct FileError {
    /// Which one.
    pub path: PathBuf,
    /// What is wrong with it, and what to do.
    #[source]
    pub problem: FileProblem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// It is not there.
    #[error("{what} is missing; check that this is the right folder, or make one with genesis")]
    Missing {
        /// What the file would have been.
        what: &'static str,
    },
    /// The operating system refused.
    #[error("cannot {action}: {source}; check the disk, its mount and the permissions of the folder")]
    System {
        /// What was tried.
        action: &'static str,
        /// The system's own words.
        #[source]
        source: io::Error,
    },
    /// More bytes than any good file of its kind has.
    #[error("{bytes} bytes are more than the {maximum} that such a file can have; this is another kind of file")]
    TooLarge {
        /// Its length.
        bytes: u64,
        /// The most it may have.
        maximum: u64,
    },
    /// A secret that others can read.
    #[error(
        "others than its owner can read or write this secret (mode {mode:o}); take it as leaked if other people use \
         this machine, else run `chmod 600` on it"
    )]
    Exposed {
        /// Its permission bits.
        mode: u32,
    },
    /// Not a key file.
    #[error("not a key file: {why}; restore it from its backup")]
    BadKeyFile {
        /// What is wrong.
        why: &'static str,
    },
    /// A key that belongs to somebody else.
    #[error(
        "the key in it is not the {whose} that the descriptor names; this key and this descriptor are from different \
         folders"
    )]
    ForeignKey {
        /// Whose the descriptor says it must be.
        whose: String,
    },
    /// Not the text it should be.
    #[error("cannot be understood: {message}")]
    Syntax {
        /// Line, column and reason.
        message: String,
    },
    /// A value that is not what its place asks for.
    #[error("{place}: {why}")]
    Value {
        /// Which value.
        place: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Well-formed, but no descriptor.
    #[error("not a valid descriptor: {0}; get the one that all operators signed")]
    Descriptor(#[source] DescriptorError),
    /// The folder names a replica that the descriptor does not have.
    #[error("this folder is for replica {position}, but the descriptor has {replicas} replicas, counted from 0")]
    NoSuchReplica {
        /// The position it names.
        position: u16,
        /// How many there are.
        replicas: usize,
    },
    /// Something is already there.
    #[error("it already exists and is not empty; nothing was changed, choose another folder")]
    Occupied,
    /// The marker of another replica.
    #[error("this folder was used by another replica or cluster; never copy a data folder between replicas")]
    ForeignMarker,
}

impl FileError {
    pub(crate) fn new(path: &Path, problem: FileProblem) -> Self {
        Self { path: path.to_owned(), problem }
    }

    /// What the system said when `action` was tried; a missing file is told apart.
    pub(crate) fn system(path: &Path, what: &'static str, action: &'static str, source: io::Error) -> Self {
        let problem = match source.kind() {
            io::ErrorKind::NotFound => FileProblem::Missing { what },
            _ => FileProblem::System { action, source },
        };
        Self::new(path, problem)
    }
}

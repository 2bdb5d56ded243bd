//! The narrow waist: the few file operations that storage is built on, and their one error type.
//!
//! A [`Disk`] is one flat directory. Its contract is the weakest that real systems give: a write or a change of the
//! directory is durable only after [`DiskFile::sync`] or [`Disk::sync_dir`] has returned `Ok`; before that, any subset
//! of the written 512-byte sectors and of the changed directory entries may survive a power cut, in any combination.
//! After a failed sync nothing is known about the unsynced data, and a later successful sync proves nothing about it.
//!
//! The trait does no buffering, no retrying and no checking of contents.

#[cfg(test)]
mod conformance;
pub(crate) mod memory;
pub(crate) mod real;

use std::fmt;

/// A handle to one directory of files with flat names. Clones are handles to the same directory.
///
/// A name is 1 to 255 bytes of ASCII letters, digits, `-`, `_` and `.`, and does not begin with `.`.
/// Every operation fails with a [`DiskError`] that names the file and the operation.
pub trait Disk: Clone + Send {
    /// An open file of this directory.
    type File: DiskFile;
    /// Proof that this process holds a lock; dropping it releases the lock.
    type Lock: fmt::Debug + Send;

    /// Creates an empty file for reading and writing. A file of that name must not exist.
    fn create(&self, name: &str) -> Result<Self::File, DiskError>;

    /// Opens an existing file for reading and writing.
    fn open(&self, name: &str) -> Result<Self::File, DiskError>;

    /// Renames a file, replacing any file already called `to`. Durable only after [`Disk::sync_dir`].
    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError>;

    /// Removes a file. Durable only after [`Disk::sync_dir`].
    fn remove(&self, name: &str) -> Result<(), DiskError>;

    /// The names of all files, ascending.
    fn list(&self) -> Result<Vec<String>, DiskError>;

    /// Makes every earlier create, rename and remove durable.
    fn sync_dir(&self) -> Result<(), DiskError>;

    /// Takes the exclusive lock called `name`, creating its file if needed. Never waits: if another process, or another
    /// part of this one, holds it, the failure is [`Failure::Locked`].
    fn lock(&self, name: &str) -> Result<Self::Lock, DiskError>;
}

/// An open file. All offsets and lengths are in bytes.
pub trait DiskFile: Send {
    /// Fills `buffer` from `offset`; a read past the end of the file fails with [`Failure::PastEnd`].
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DiskError>;

    /// Writes all of `bytes` at `offset`, growing the file if needed. Durable only after [`DiskFile::sync`].
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), DiskError>;

    /// Makes the contents and length durable, as `fdatasync` does. The file's name needs [`Disk::sync_dir`] as well.
    fn sync(&mut self) -> Result<(), DiskError>;

    /// The length of the file.
    fn length(&self) -> Result<u64, DiskError>;

    /// Cuts or zero-extends the file. Durable only after [`DiskFile::sync`].
    fn set_length(&mut self, length: u64) -> Result<(), DiskError>;
}

/// What was being done to a file when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// [`Disk::create`].
    Create,
    /// [`Disk::open`].
    Open,
    /// [`DiskFile::read_at`].
    Read,
    /// [`DiskFile::write_at`].
    Write,
    /// [`DiskFile::sync`].
    Sync,
    /// [`DiskFile::length`].
    Length,
    /// [`DiskFile::set_length`].
    SetLength,
    /// [`Disk::rename`].
    Rename,
    /// [`Disk::remove`].
    Remove,
    /// [`Disk::list`].
    List,
    /// [`Disk::sync_dir`].
    SyncDirectory,
    /// [`Disk::lock`].
    Lock,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operation::Create => "create",
            Operation::Open => "open",
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::Sync => "sync",
            Operation::Length => "measure",
            Operation::SetLength => "resize",
            Operation::Rename => "rename",
            Operation::Remove => "remove",
            Operation::List => "list",
            Operation::SyncDirectory => "sync the directory of",
            Operation::Lock => "lock",
        })
    }
}

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Somebody else holds the lock.
    Locked,
    /// The disk, or this user's share of it, is full.
    Full,
    /// There is no such file.
    NotFound,
    /// There is already such a file.
    AlreadyExists,
    /// The name is not a valid flat name.
    InvalidName,
    /// The file ends before the last byte asked for.
    PastEnd,
    /// The simulated machine is off.
    PowerOff,
    /// Anything else that the operating system reports.
    System {
        /// The error number of the system, if it gave one.
        code: Option<i32>,
        /// The system's own words.
        message: String,
    },
}

impl Failure {
    fn advice(&self) -> &'static str {
        match self {
            Failure::Locked => "stop the other process that uses this folder, or choose another folder",
            Failure::Full => "free space on this disk and start again",
            Failure::NotFound => "check that this is the right folder and that nothing removed the file",
            Failure::AlreadyExists => "check that this folder is not already in use",
            Failure::InvalidName => "use ASCII letters, digits, '-', '_' and '.', not beginning with '.'",
            Failure::PastEnd => "the file was cut short: verify this folder against a backup or the other replicas",
            Failure::PowerOff => "restart the simulated machine",
            Failure::System { .. } => "check the disk, its mount and the permissions of the folder, then start again",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::Locked => "it is locked by another process",
            Failure::Full => "the disk is full",
            Failure::NotFound => "there is no such file",
            Failure::AlreadyExists => "the file already exists",
            Failure::InvalidName => "the name is not valid",
            Failure::PastEnd => "the file is shorter than expected",
            Failure::PowerOff => "the machine is off",
            Failure::System { message, .. } => message,
        })
    }
}

/// A failed disk operation: which file, which operation, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskError {
    /// The file, by its name or by its path where there is one.
    pub file: String,
    /// What was being done to it.
    pub operation: Operation,
    /// Why it failed.
    pub failure: Failure,
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} {}: {}; {}", self.operation, self.file, self.failure, self.failure.advice())
    }
}

impl std::error::Error for DiskError {}

/// Whether `name` is a flat name that every [`Disk`] accepts.
pub(crate) fn is_valid_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=255).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed)
}

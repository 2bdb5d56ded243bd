//! A directory of the operating system as a [`Disk`].
//!
//! Contents are made durable with `fdatasync`, names with `fsync` on the directory, and exclusion is an advisory lock
//! on an open file, which the system releases when the process dies, however it dies. Files are readable by their owner
//! only, because they hold the state of the service. No operation is retried, except that an interrupted system call is
//! continued.

use super::{Disk, DiskError, DiskFile, Failure, Operation, is_valid_name};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A directory on a real disk.
#[derive(Clone, Debug)]
pub struct RealDisk {
    directory: Arc<Directory>,
    syncs: SyncCounter,
}

/// Counts the calls of `fdatasync` and `fsync`, failed ones too. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct SyncCounter(Arc<AtomicU64>);

impl SyncCounter {
    /// How many there were.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Directory {
    path: PathBuf,
    /// Kept open so that a sync reaches this directory even if its path is later renamed.
    handle: File,
}

impl RealDisk {
    /// Opens an existing directory.
    ///
    /// # Errors
    /// If `path` is not a directory that this process may read.
    pub fn open(path: &Path) -> Result<RealDisk, DiskError> {
        let handle = File::open(path).map_err(|error| failed(path, Operation::Open, &error))?;
        let metadata = handle.metadata().map_err(|error| failed(path, Operation::Open, &error))?;
        if !metadata.is_dir() {
            let error = io::Error::from(ErrorKind::NotADirectory);
            return Err(failed(path, Operation::Open, &error));
        }
        let directory = Arc::new(Directory { path: path.to_path_buf(), handle });
        Ok(RealDisk { directory, syncs: SyncCounter::default() })
    }

    /// Counts what is made durable through this handle, its clones, and files opened by them.
    #[must_use]
    pub fn syncs(&self) -> &SyncCounter {
        &self.syncs
    }

    /// Another handle to the same directory, which counts for itself.
    #[must_use]
    pub fn counted_apart(&self) -> RealDisk {
        RealDisk { directory: Arc::clone(&self.directory), syncs: SyncCounter::default() }
    }

    /// Creates a new directory, accessible to its owner only, makes its name durable, and opens it.
    ///
    /// # Errors
    /// If `path` already exists, or its parent does not.
    pub fn create(path: &Path) -> Result<RealDisk, DiskError> {
        let made = fs::DirBuilder::new().mode(0o700).create(path);
        made.map_err(|error| failed(path, Operation::Create, &error))?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            Some(_) | None => Path::new("."),
        };
        let synced = File::open(parent).and_then(|directory| directory.sync_all());
        synced.map_err(|error| failed(parent, Operation::SyncDirectory, &error))?;
        RealDisk::open(path)
    }

    fn path_of(&self, name: &str, operation: Operation) -> Result<PathBuf, DiskError> {
        if is_valid_name(name) {
            Ok(self.directory.path.join(name))
        } else {
            Err(DiskError { file: format!("{name:?}"), operation, failure: Failure::InvalidName })
        }
    }

    fn open_with(&self, name: &str, operation: Operation, options: &mut OpenOptions) -> Result<RealFile, DiskError> {
        let path = self.path_of(name, operation)?;
        let opened = options.read(true).write(true).mode(0o600).open(&path);
        let file = opened.map_err(|error| failed(&path, operation, &error))?;
        Ok(RealFile { path, file, syncs: self.syncs.clone() })
    }
}

impl Disk for RealDisk {
    type File = RealFile;
    type Lock = RealLock;

    fn create(&self, name: &str) -> Result<RealFile, DiskError> {
        self.open_with(name, Operation::Create, OpenOptions::new().create_new(true))
    }

    fn open(&self, name: &str) -> Result<RealFile, DiskError> {
        self.open_with(name, Operation::Open, &mut OpenOptions::new())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let source = self.path_of(from, Operation::Rename)?;
        let target = self.path_of(to, Operation::Rename)?;
        fs::rename(&source, target).map_err(|error| failed(&source, Operation::Rename, &error))
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        let path = self.path_of(name, Operation::Remove)?;
        fs::remove_file(&path).map_err(|error| failed(&path, Operation::Remove, &error))
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        let path = &self.directory.path;
        let fail = |error: io::Error| failed(path, Operation::List, &error);
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            // A directory, or a name that this trait could not have made, belongs to somebody else.
            let is_file = entry.file_type().map_err(fail)?.is_file();
            if let Some(name) = entry.file_name().to_str().filter(|name| is_file && is_valid_name(name)) {
                names.push(name.to_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn sync_dir(&self) -> Result<(), DiskError> {
        let Directory { path, handle } = &*self.directory;
        self.syncs.count();
        handle.sync_all().map_err(|error| failed(path, Operation::SyncDirectory, &error))
    }

    fn lock(&self, name: &str) -> Result<RealLock, DiskError> {
        let mut options = OpenOptions::new();
        let RealFile { path, file, syncs: _ } =
            self.open_with(name, Operation::Lock, options.create(true).truncate(false))?;
        match file.try_lock() {
            Ok(()) => Ok(RealLock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(DiskError { file: display(&path), operation: Operation::Lock, failure: Failure::Locked })
            }
            Err(TryLockError::Error(error)) => Err(failed(&path, Operation::Lock, &error)),
        }
    }
}

/// An open file on a real disk.
#[derive(Debug)]
pub struct RealFile {
    path: PathBuf,
    file: File,
    syncs: SyncCounter,
}

impl DiskFile for RealFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        self.file.read_exact_at(buffer, offset).map_err(|error| failed(&self.path, Operation::Read, &error))
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.file.write_all_at(bytes, offset).map_err(|error| failed(&self.path, Operation::Write, &error))
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        self.syncs.count();
        self.file.sync_data().map_err(|error| failed(&self.path, Operation::Sync, &error))
    }

    fn length(&self) -> Result<u64, DiskError> {
        let metadata = self.file.metadata().map_err(|error| failed(&self.path, Operation::Length, &error))?;
        Ok(metadata.len())
    }

    fn set_length(&mut self, length: u64) -> Result<(), DiskError> {
        self.file.set_len(length).map_err(|error| failed(&self.path, Operation::SetLength, &error))
    }
}

/// A held lock on a real disk. The system releases it when this value is dropped or the process ends.
#[derive(Debug)]
pub struct RealLock {
    _file: File,
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

fn failed(path: &Path, operation: Operation, error: &io::Error) -> DiskError {
    let failure = match error.kind() {
        ErrorKind::NotFound => Failure::NotFound,
        ErrorKind::AlreadyExists => Failure::AlreadyExists,
        ErrorKind::UnexpectedEof => Failure::PastEnd,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Failure::Full,
        _ => Failure::System { code: error.raw_os_error(), message: error.to_string() },
    };
    DiskError { file: display(path), operation, failure }
}

#[cfg(test)]
mod tests;

//! The folder of a demonstration: a temporary one that goes with it, or one that was asked for and stays.
//!
//! A demonstration that is killed cannot remove its folder. So each holds a lock on a file in it, which the system
//! releases however the process ends, and the next demonstration removes what nobody holds. A folder without that file
//! is being made, or is kept: it stays.

use crate::failure::{Cause, Failure};
use std::cell::RefCell;
use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PREFIX: &str = "synod-demo-";
/// Locked by the demonstration whose folder this is.
const OWNER: &str = "owner";
/// The same before it is locked.
const OWNER_TO_BE: &str = "owner.unlocked";
/// The cluster, beside that file.
const CLUSTER: &str = "cluster";

/// Where the cluster is made.
pub(crate) struct Place {
    path: PathBuf,
    /// What removes it in the end.
    temporary: RefCell<Option<TempDir>>,
    /// Locked as long as this demonstration runs.
    _owner: Option<File>,
}

impl Place {
    /// In the folder that was asked for, or in a new one. In the latter case, folders of demonstrations that were
    /// killed are removed.
    pub(crate) fn new(dir: Option<&Path>) -> Result<Self, Failure> {
        if let Some(dir) = dir {
            return Ok(Self { path: dir.to_owned(), temporary: RefCell::new(None), _owner: None });
        }
        let (made, owner) = make(&env::temp_dir()).map_err(|error| {
            Failure::new(Cause::Disk, format_args!("cannot make a temporary folder: {error}; name one with --dir"))
        })?;
        // Others' folders are none of our business, and what cannot be removed now is tried again next time.
        if let Ok(metadata) = made.path().metadata() {
            let _ = sweep(&env::temp_dir(), metadata.uid());
        }
        Ok(Self { path: made.path().join(CLUSTER), temporary: RefCell::new(Some(made)), _owner: Some(owner) })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it goes in the end.
    pub(crate) fn is_temporary(&self) -> bool {
        self.temporary.borrow().is_some()
    }

    /// Makes it stay, and says where it is.
    pub(crate) fn keep(&self) -> &Path {
        if let Some(temporary) = self.temporary.take() {
            // Without this file, no later demonstration removes it.
            let _ = fs::remove_file(temporary.keep().join(OWNER));
        }
        &self.path
    }
}

/// Makes a folder in `parent`, and the lock in it. Nobody sees the file before it is locked.
fn make(parent: &Path) -> io::Result<(TempDir, File)> {
    let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
    let unlocked = made.path().join(OWNER_TO_BE);
    let owner = File::create_new(&unlocked)?;
    owner.try_lock()?;
    fs::rename(unlocked, made.path().join(OWNER))?;
    Ok((made, owner))
}

/// Removes the folders of `user` in `parent` whose demonstrations were killed.
fn sweep(parent: &Path, user: u32) -> io::Result<()> {
    for entry in parent.read_dir()?.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // Of the entry itself: a link is no folder.
        let is_folder = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user);
        if is_ours && is_folder {
            // One that cannot be removed must not protect the others.
            let _ = remove_if_stale(&entry.path());
        }
    }
    Ok(())
}

fn remove_if_stale(folder: &Path) -> io::Result<()> {
    let owner = File::open(folder.join(OWNER))?;
    owner.try_lock()?;
    // The lock's file goes last, so that what is left by halves is found again.
    match fs::remove_dir_all(folder.join(CLUSTER)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::remove_dir_all(folder)
}

#[cfg(test)]
mod tests;

//! The folder of a demonstration: a temporary one that goes with it, or one that was asked for and stays.

use crate::failure::{Cause, Failure};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where the cluster is made.
pub(crate) struct Place {
    path: PathBuf,
    /// What removes it in the end.
    temporary: RefCell<Option<TempDir>>,
}

impl Place {
    /// In the folder that was asked for, or in a new one.
    pub(crate) fn new(dir: Option<&Path>) -> Result<Self, Failure> {
        if let Some(dir) = dir {
            return Ok(Self { path: dir.to_owned(), temporary: RefCell::new(None) });
        }
        let made = tempfile::Builder::new().prefix("synod-demo-").tempdir();
        let made = made.map_err(|error| {
            Failure::new(Cause::Disk, format_args!("cannot make a temporary folder: {error}; name one with --dir"))
        })?;
        Ok(Self { path: made.path().to_owned(), temporary: RefCell::new(Some(made)) })
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
            drop(temporary.keep());
        }
        &self.path
    }
}

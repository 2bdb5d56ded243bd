//! Reading small files within bounds, and writing them once, durably.
//!
//! A file written here is either there whole or not at all after a crash, because its content is durable before its
//! name is; it never replaces another.

use super::error::{FileError, FileProblem};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Reads text of at most `maximum` bytes from an open file.
pub(super) fn read_text(file: &mut File, path: &Path, what: &'static str, maximum: u64) -> Result<String, FileError> {
    let fail = |source| FileError::system(path, what, "read it", source);
    let bytes = file.metadata().map_err(fail)?.len();
    if bytes > maximum {
        return Err(FileError::new(path, FileProblem::TooLarge { bytes, maximum }));
    }
    let mut text = String::new();
    match file.take(maximum).read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(FileError::new(path, FileProblem::Syntax { message: "it is not text".to_owned() }))
        }
        Err(error) => Err(fail(error)),
    }
}

/// Opens a file to be read.
pub(super) fn open(path: &Path, what: &'static str) -> Result<File, FileError> {
    File::open(path).map_err(|source| FileError::system(path, what, "open it", source))
}

/// Writes a new file of permission bits `mode`, durably. Fails if there is one of that name.
pub(super) fn write_new(path: &Path, mode: u32, content: &str) -> Result<(), FileError> {
    let unfinished = path.with_extension("unfinished");
    let fail = |source: io::Error| FileError::system(path, "its folder", "write it", source);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&unfinished).map_err(fail)?;
    let written = file.write_all(content.as_bytes()).and_then(|()| file.sync_all());
    // A link, unlike a rename, fails if the name is taken.
    let named = written.and_then(|()| fs::hard_link(&unfinished, path));
    let cleared = fs::remove_file(&unfinished);
    match named {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(FileError::new(path, FileProblem::Occupied)),
        named => named.and(cleared).and_then(|()| sync_parent(path)).map_err(fail),
    }
}

/// Makes a folder that only its owner can enter, durably. An empty one may be there already.
pub(crate) fn create_folder(path: &Path) -> Result<(), FileError> {
    let fail = |source: io::Error| FileError::system(path, "the folder around it", "make this folder", source);
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => sync_parent(path).map_err(fail),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let is_empty = fs::read_dir(path).map_err(fail)?.next().is_none();
            if is_empty { Ok(()) } else { Err(FileError::new(path, FileProblem::Occupied)) }
        }
        Err(error) => Err(fail(error)),
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

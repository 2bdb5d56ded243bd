//! Where a cluster of a check lives: a temporary folder, and ports that nobody uses.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// The lowest port that is tried, below those that systems give to outgoing connections.
const LOWEST_PORT: u16 = 20_000;
const PORTS: u16 = 10_000;
const ATTEMPTS: u64 = 1000;

/// A folder that goes with this value, unless it is to be kept.
pub(crate) struct Place {
    path: PathBuf,
    is_kept: bool,
}

impl Place {
    /// A new folder.
    pub(crate) fn new() -> io::Result<Self> {
        let name = format!("synod-check-{}-{:08x}", std::process::id(), random(0) >> 32);
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        // As the system calls it, which is how it stands in a trace.
        Ok(Self { path: path.canonicalize()?, is_kept: false })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it stay.
    pub(crate) fn keep(&mut self) -> &Path {
        self.is_kept = true;
        &self.path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            eprintln!("{}: cannot be removed: {error}", self.path.display());
        }
    }
}

/// The first of so many free ports in a row.
pub(crate) fn free_ports(count: u16) -> io::Result<u16> {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let first = |attempt| LOWEST_PORT + u16::try_from(random(attempt) % u64::from(PORTS)).unwrap_or_default();
    let found = (0..ATTEMPTS).map(first).find(|first| (*first..*first + count).all(is_free));
    found.ok_or_else(|| io::Error::other(format!("there are no {count} free ports in a row")))
}

/// Another number in each process, so that checks that run side by side do not meet.
fn random(attempt: u64) -> u64 {
    RandomState::new().hash_one(attempt)
}

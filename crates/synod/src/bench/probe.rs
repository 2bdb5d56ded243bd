//! How long this disk takes to make one block durable, measured beside the load so that both saw the same disk.

use crate::failure::{Cause, Failure};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use synod_storage::log::BLOCK_BYTES;

/// Blocks that are written, each to a place of its own.
const BLOCKS: u64 = 400;
/// How long the probe may take.
const TIME_MAX: Duration = Duration::from_secs(3);

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Probe {
    /// The median time of one write and its `fdatasync`, in microseconds.
    pub(super) p50_us: u64,
}

/// A folder on the disk of the replicas, as far as can be known: the one that holds them if the client's folder is
/// beside theirs, else the current one.
pub(super) fn near(client: &Path) -> PathBuf {
    let beside = client.canonicalize().ok().and_then(|client| client.parent().map(Path::to_owned));
    let beside = beside.filter(|folder| folder.join("replica-0").join("data").is_dir());
    beside.or_else(|| std::env::current_dir().ok()).unwrap_or_else(|| PathBuf::from("."))
}

impl Probe {
    /// Writes and syncs block after block in a temporary file in `place`, which was filled before as the log fills its
    /// segments, so that a sync does not have to make room.
    pub(super) fn run(place: &Path) -> Result<Self, Failure> {
        let measured = measure(place);
        measured.map_err(|error| {
            Failure::new(Cause::Disk, format_args!("{}: cannot measure its fsync: {error}", place.display()))
        })
    }
}

fn measure(place: &Path) -> io::Result<Probe> {
    let folder = tempfile::Builder::new().prefix("synod-bench-").tempdir_in(place)?;
    let file = OpenOptions::new().create_new(true).write(true).open(folder.path().join("probe"))?;
    let block = [0x5a; BLOCK_BYTES];
    let blocks = vec![0; BLOCK_BYTES * usize::try_from(BLOCKS).map_err(io::Error::other)?];
    file.write_all_at(&blocks, 0)?;
    file.sync_all()?;
    let (begun, mut times) = (Instant::now(), Vec::new());
    for number in 0..BLOCKS {
        times.push(sync_one(&file, &block, number)?);
        if begun.elapsed() > TIME_MAX {
            break;
        }
    }
    times.sort_unstable();
    let median = times[times.len() / 2];
    Ok(Probe { p50_us: u64::try_from(median.as_micros()).unwrap_or(u64::MAX) })
}

fn sync_one(file: &File, block: &[u8], number: u64) -> io::Result<Duration> {
    let begun = Instant::now();
    file.write_all_at(block, number * block.len() as u64)?;
    file.sync_data()?;
    Ok(begun.elapsed())
}

//! How long this disk takes to make one block durable, before the load and beside it: a sync that has to wait for a
//! processor, as those of the replicas have to, takes longer than one that is alone.

use crate::failure::{Cause, Failure};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use synod_storage::log::BLOCK_BYTES;

/// Blocks of the file that is written, one after the other and then again.
const BLOCKS: u64 = 400;
/// How often a block is synced, at most.
const TIMES_MAX: u64 = 100_000;
/// How long the probe before the load may take.
const TIME_MAX: Duration = Duration::from_millis(500);
/// How long the one beside it rests between two syncs, so that nobody notices it.
const PAUSE: Duration = Duration::from_millis(20);

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

/// Both measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Probes {
    /// Before the load.
    pub(super) before: Probe,
    /// While it ran.
    pub(super) beside: Probe,
}

/// Syncs while the load runs, as the logs do.
pub(super) struct Beside {
    stop: Sender<()>,
    thread: JoinHandle<io::Result<Vec<Duration>>>,
    place: PathBuf,
}

impl Probe {
    /// Writes and syncs block after block in a temporary file in `place`, with nothing beside it.
    pub(super) fn run(place: &Path) -> Result<Self, Failure> {
        let measured = measure(place, |begun| begun.elapsed() < TIME_MAX);
        measured.map(Self::of).map_err(|error| failed(place, &error))
    }

    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        Self { p50_us: u64::try_from(median.as_micros()).unwrap_or(u64::MAX) }
    }
}

impl Beside {
    /// Begins to sync a block now and then.
    pub(super) fn start(place: &Path) -> Result<Self, Failure> {
        let (stop, stopped) = mpsc::channel();
        let (folder, place) = (place.to_owned(), place.to_owned());
        let goes_on = move |_: Instant| stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout);
        let thread = thread::Builder::new().name("probe".to_owned()).spawn(move || measure(&folder, goes_on));
        let thread = thread.map_err(|error| failed(&place, &error))?;
        Ok(Self { stop, thread, place })
    }

    /// Ends it, and says what was found.
    pub(super) fn end(self) -> Result<Probe, Failure> {
        // It may have failed before; then it says so below.
        let _ = self.stop.send(());
        let measured = self.thread.join().unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
        measured.map(Probe::of).map_err(|error| failed(&self.place, &error))
    }
}

fn failed(place: &Path, error: &io::Error) -> Failure {
    Failure::new(Cause::Disk, format_args!("{}: cannot measure its fsync: {error}", place.display()))
}

/// Times a write and a sync, and more as long as `goes_on` says, in a file that was filled before as the log fills its
/// segments, so that a sync does not have to make room.
fn measure(place: &Path, goes_on: impl Fn(Instant) -> bool) -> io::Result<Vec<Duration>> {
    let folder = tempfile::Builder::new().prefix("synod-bench-").tempdir_in(place)?;
    let file = OpenOptions::new().create_new(true).write(true).open(folder.path().join("probe"))?;
    let block = [0x5a; BLOCK_BYTES];
    let blocks = vec![0; BLOCK_BYTES * usize::try_from(BLOCKS).map_err(io::Error::other)?];
    file.write_all_at(&blocks, 0)?;
    file.sync_all()?;
    let (begun, mut times) = (Instant::now(), Vec::new());
    let mut number = 0;
    loop {
        times.push(sync_one(&file, &block, number % BLOCKS)?);
        number += 1;
        if number == TIMES_MAX || !goes_on(begun) {
            return Ok(times);
        }
    }
}

fn sync_one(file: &File, block: &[u8], place: u64) -> io::Result<Duration> {
    let begun = Instant::now();
    file.write_all_at(block, place * block.len() as u64)?;
    file.sync_data()?;
    Ok(begun.elapsed())
}

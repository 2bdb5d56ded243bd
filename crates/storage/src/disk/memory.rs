//! A [`Disk`] in memory that behaves as badly as the contract of [`Disk`] allows, for tests and for the simulator.
//!
//! It keeps what readers see apart from what is durable, for contents and for directory entries, and lets the caller
//! decide at a power cut what of the difference survives. It is deterministic: it draws no random numbers, and
//! questions are asked in ascending order of file and offset. It does not model time.

mod contents;
mod file;

use super::{Disk, DiskError, Failure, Operation, is_valid_name};
use contents::Contents;
pub use file::MemoryFile;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The unit that a power cut keeps or drops whole, in bytes.
const SECTOR_BYTES: usize = 512;

/// A simulated disk. Clones are handles to the same disk; [`MemoryDisk::fork`] makes an independent copy.
///
/// A handle lives as long as the machine stays up: after [`MemoryDisk::power_cut`] or [`MemoryDisk::restart`] only the
/// handle that was used for it, and clones made of it later, still work. All others fail with [`Failure::PowerOff`], as
/// the handles of a dead process should.
#[derive(Clone, Default)]
pub struct MemoryDisk {
    state: Arc<Mutex<State>>,
    boot: u64,
}

/// What has been asked of a simulated disk since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Operations that change something or make it durable.
    pub operations: u64,
    /// Syncs of files and of the directory.
    pub syncs: u64,
    /// Bytes written to files.
    pub bytes_written: u64,
}

#[derive(Clone, Default)]
struct State {
    boot: u64,
    files: BTreeMap<u64, Contents>,
    next_file: u64,
    current: BTreeMap<String, u64>,
    synced: BTreeMap<String, u64>,
    locks: BTreeSet<String>,
    counters: Counters,
    failing_syncs: BTreeSet<String>,
    failing_reads: BTreeSet<String>,
    /// How many syncs and reads of anything go well before one fails, if one is to fail.
    syncs_left: Option<u64>,
    reads_left: Option<u64>,
    /// Operations that failed because it was planned, or because the disk was full.
    failures: u64,
    capacity: Option<u64>,
    stop_at: Option<u64>,
}

impl fmt::Debug for MemoryDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock_state();
        f.debug_struct("MemoryDisk").field("files", &state.current).field("counters", &state.counters).finish()
    }
}

impl MemoryDisk {
    /// The offset that stands for a directory entry in the questions of [`MemoryDisk::power_cut`].
    pub const DIRECTORY_ENTRY: u64 = u64::MAX;

    /// An empty disk without a capacity limit.
    #[must_use]
    pub fn new() -> MemoryDisk {
        MemoryDisk::default()
    }

    /// Cuts the power and starts the machine again.
    ///
    /// `keep(file, offset)` is asked for every unsynced 512-byte sector, and with [`MemoryDisk::DIRECTORY_ENTRY`] for
    /// every name whose creation, replacement or removal was not synced. What it does not keep is as before the change.
    /// A shortened length that was not synced is asked for with the sector of the new end. Names are kept or dropped
    /// one by one, so a rename may leave both names, or none. All locks are released and planned faults are forgotten,
    /// except the capacity.
    pub fn power_cut(&mut self, mut keep: impl FnMut(&str, u64) -> bool) {
        let mut guard = self.lock_state();
        let state = &mut *guard;
        // A file that was renamed is asked for once, under the name that readers see, or else under its durable name.
        let mut names: BTreeMap<u64, &String> = state.synced.iter().map(|(name, &id)| (id, name)).collect();
        names.extend(state.current.iter().map(|(name, &id)| (id, name)));
        for (id, contents) in &mut state.files {
            if let Some(name) = names.get(id) {
                contents.power_cut(|offset| keep(name, offset));
            }
        }
        let changed: BTreeSet<String> = state.current.keys().chain(state.synced.keys()).cloned().collect();
        for name in changed {
            let (current, synced) = (state.current.get(&name).copied(), state.synced.get(&name).copied());
            if current != synced && keep(&name, MemoryDisk::DIRECTORY_ENTRY) {
                match current {
                    Some(id) => state.synced.insert(name, id),
                    None => state.synced.remove(&name),
                };
            }
        }
        state.current = state.synced.clone();
        let live: BTreeSet<u64> = state.current.values().copied().collect();
        state.files.retain(|id, _| live.contains(id));
        let boot = state.reboot();
        drop(guard);
        self.boot = boot;
    }

    /// Kills the process but not the machine: nothing is lost, and what was not synced is still not durable.
    pub fn restart(&mut self) {
        let mut state = self.lock_state();
        let boot = state.reboot();
        for contents in state.files.values_mut() {
            contents.handles = 0;
        }
        state.collect_garbage();
        drop(state);
        self.boot = boot;
    }

    /// An independent copy of the disk as it is now, with the same durable and unsynced contents, no locks and no
    /// planned faults. Costs time in the number of files, not of bytes.
    #[must_use]
    pub fn fork(&self) -> MemoryDisk {
        let mut state = self.lock_state().clone();
        let boot = state.reboot();
        MemoryDisk { state: Arc::new(Mutex::new(state)), boot }
    }

    /// What has been asked of this disk so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.lock_state().counters
    }

    /// Makes the next sync of `file` fail. The data it covered is then lost to a power cut, whatever is synced later.
    /// The name `.` stands for the directory.
    pub fn fail_next_sync(&self, file: &str) {
        self.lock_state().failing_syncs.insert(file.to_owned());
    }

    /// Makes the next read of `file` fail.
    pub fn fail_next_read(&self, file: &str) {
        self.lock_state().failing_reads.insert(file.to_owned());
    }

    /// Makes a sync of any file or of the directory fail, after so many that go well.
    pub fn fail_sync_after(&self, syncs: u64) {
        self.lock_state().syncs_left = Some(syncs);
    }

    /// Makes a read of any file fail, after so many that go well.
    pub fn fail_read_after(&self, reads: u64) {
        self.lock_state().reads_left = Some(reads);
    }

    /// How many operations failed so far because it was planned, or because the disk was full.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.lock_state().failures
    }

    /// The sum of the lengths of all files, in bytes.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.lock_state().used()
    }

    /// Limits the sum of the lengths of all files, in bytes. `None` lifts the limit.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.lock_state().capacity = bytes;
    }

    /// Lets `operations` more changing operations happen; then everything fails until the machine is started again.
    pub fn stop_after(&self, operations: u64) {
        let mut state = self.lock_state();
        state.stop_at = Some(state.counters.operations.saturating_add(operations));
    }

    /// Changes the bytes of `file` behind everybody's back, durably, as a fault of the medium or an operator would.
    /// Returns whether there is such a file.
    pub fn edit(&self, file: &str, change: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut state = self.lock_state();
        let id = state.current.get(file).copied();
        match id.and_then(|id| state.files.get_mut(&id)) {
            Some(contents) => {
                contents.edit(change);
                true
            }
            None => false,
        }
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, if this handle belongs to the running machine.
    fn read_state(&self, file: &str, operation: Operation) -> Result<MutexGuard<'_, State>, DiskError> {
        let state = self.lock_state();
        let stopped = state.stop_at.is_some_and(|stop_at| state.counters.operations >= stop_at);
        if self.boot != state.boot || stopped {
            return Err(failed(file, operation, Failure::PowerOff));
        }
        Ok(state)
    }

    /// As `read_state`, for an operation that changes something, which is counted.
    fn write_state(&self, file: &str, operation: Operation) -> Result<MutexGuard<'_, State>, DiskError> {
        let mut state = self.read_state(file, operation)?;
        state.counters.operations += 1;
        Ok(state)
    }

    fn handle(&self, name: &str, id: u64) -> MemoryFile {
        MemoryFile { disk: self.clone(), name: name.to_owned(), id }
    }
}

impl State {
    fn reboot(&mut self) -> u64 {
        self.boot += 1;
        self.locks.clear();
        self.failing_syncs.clear();
        self.failing_reads.clear();
        (self.syncs_left, self.reads_left) = (None, None);
        self.stop_at = None;
        self.boot
    }

    fn id_of(&self, name: &str, operation: Operation) -> Result<u64, DiskError> {
        self.current.get(name).copied().ok_or_else(|| failed(name, operation, Failure::NotFound))
    }

    /// Frees files that no name, durable or not, and no handle refers to.
    fn collect_garbage(&mut self) {
        let named: BTreeSet<u64> = self.current.values().chain(self.synced.values()).copied().collect();
        self.files.retain(|id, contents| contents.handles > 0 || named.contains(id));
    }

    fn has_room(&self, growth: u64) -> bool {
        self.capacity.is_none_or(|capacity| self.used().saturating_add(growth) <= capacity)
    }

    fn used(&self) -> u64 {
        self.files.values().map(|contents| contents.length() as u64).sum()
    }

    /// Whether this sync is to fail.
    fn sync_fails(&mut self, file: &str) -> bool {
        self.counters.syncs += 1;
        let fails = self.failing_syncs.remove(file) | is_over(&mut self.syncs_left);
        self.failures += u64::from(fails);
        fails
    }

    /// Whether this read is to fail.
    fn read_fails(&mut self, file: &str) -> bool {
        let fails = self.failing_reads.remove(file) | is_over(&mut self.reads_left);
        self.failures += u64::from(fails);
        fails
    }
}

impl Disk for MemoryDisk {
    type File = MemoryFile;
    type Lock = MemoryLock;

    fn create(&self, name: &str) -> Result<MemoryFile, DiskError> {
        let mut state = self.write_state(name, Operation::Create)?;
        if !is_valid_name(name) {
            return Err(failed(name, Operation::Create, Failure::InvalidName));
        }
        if state.current.contains_key(name) {
            return Err(failed(name, Operation::Create, Failure::AlreadyExists));
        }
        let id = state.next_file;
        state.next_file += 1;
        state.files.insert(id, Contents::opened());
        state.current.insert(name.to_owned(), id);
        Ok(self.handle(name, id))
    }

    fn open(&self, name: &str) -> Result<MemoryFile, DiskError> {
        let mut state = self.read_state(name, Operation::Open)?;
        let id = state.id_of(name, Operation::Open)?;
        if let Some(contents) = state.files.get_mut(&id) {
            contents.handles += 1;
        }
        Ok(self.handle(name, id))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let mut state = self.write_state(from, Operation::Rename)?;
        if !is_valid_name(to) {
            return Err(failed(to, Operation::Rename, Failure::InvalidName));
        }
        let id = state.id_of(from, Operation::Rename)?;
        state.current.remove(from);
        state.current.insert(to.to_owned(), id);
        state.collect_garbage();
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        let mut state = self.write_state(name, Operation::Remove)?;
        state.id_of(name, Operation::Remove)?;
        state.current.remove(name);
        state.collect_garbage();
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        let state = self.read_state(".", Operation::List)?;
        Ok(state.current.keys().cloned().collect())
    }

    fn sync_dir(&self) -> Result<(), DiskError> {
        let mut state = self.write_state(".", Operation::SyncDirectory)?;
        if state.sync_fails(".") {
            return Err(failed(".", Operation::SyncDirectory, input_output()));
        }
        if state.current != state.synced {
            state.synced = state.current.clone();
            state.collect_garbage();
        }
        Ok(())
    }

    fn lock(&self, name: &str) -> Result<MemoryLock, DiskError> {
        let mut state = self.read_state(name, Operation::Lock)?;
        if !state.locks.insert(name.to_owned()) {
            return Err(failed(name, Operation::Lock, Failure::Locked));
        }
        Ok(MemoryLock { disk: self.clone(), name: name.to_owned() })
    }
}

/// A held lock on a simulated disk, released when dropped or when the machine or process dies.
#[derive(Debug)]
pub struct MemoryLock {
    disk: MemoryDisk,
    name: String,
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        let mut state = self.disk.lock_state();
        if state.boot == self.disk.boot {
            state.locks.remove(&self.name);
        }
    }
}

/// Counts down, and says when it is over.
fn is_over(left: &mut Option<u64>) -> bool {
    match left {
        Some(0) => {
            *left = None;
            true
        }
        Some(more) => {
            *more -= 1;
            false
        }
        None => false,
    }
}

fn failed(file: &str, operation: Operation, failure: Failure) -> DiskError {
    DiskError { file: file.to_owned(), operation, failure }
}

fn input_output() -> Failure {
    Failure::System { code: Some(5), message: "input/output error".to_owned() }
}

#[cfg(test)]
mod tests;

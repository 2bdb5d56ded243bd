//! An open file of the simulated disk: every operation is one step of the machine, and fails when the machine is off.

use super::contents::Contents;
use super::{MemoryDisk, failed, input_output};
use crate::disk::{DiskError, DiskFile, Failure, Operation};

/// An open file on a simulated disk.
#[derive(Debug)]
pub struct MemoryFile {
    pub(super) disk: MemoryDisk,
    pub(super) name: String,
    pub(super) id: u64,
}

impl MemoryFile {
    /// Applies a change to the contents, after checking that the `end` it reaches fits on the disk.
    fn change(&self, operation: Operation, end: usize, apply: impl FnOnce(&mut Contents)) -> Result<(), DiskError> {
        let mut state = self.disk.write_state(&self.name, operation)?;
        let length = state.files.get(&self.id).map_or(0, Contents::length);
        if end > length && !state.has_room((end - length) as u64) {
            state.failures += 1;
            return Err(failed(&self.name, operation, Failure::Full));
        }
        match state.files.get_mut(&self.id) {
            Some(contents) => apply(contents),
            None => return Err(failed(&self.name, operation, Failure::NotFound)),
        }
        Ok(())
    }

    fn index(&self, operation: Operation, offset: u64) -> Result<usize, DiskError> {
        usize::try_from(offset).map_err(|_| failed(&self.name, operation, Failure::Full))
    }
}

impl DiskFile for MemoryFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DiskError> {
        let mut state = self.disk.read_state(&self.name, Operation::Read)?;
        if state.read_fails(&self.name) {
            return Err(failed(&self.name, Operation::Read, input_output()));
        }
        let offset = self.index(Operation::Read, offset)?;
        match state.files.get(&self.id).and_then(|contents| contents.read(offset, buffer.len())) {
            Some(bytes) => buffer.copy_from_slice(bytes),
            None => return Err(failed(&self.name, Operation::Read, Failure::PastEnd)),
        }
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        let offset = self.index(Operation::Write, offset)?;
        let end = offset.checked_add(bytes.len());
        let end = end.ok_or_else(|| failed(&self.name, Operation::Write, Failure::Full))?;
        self.change(Operation::Write, end, |contents| contents.write(offset, bytes))?;
        self.disk.lock_state().counters.bytes_written += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), DiskError> {
        let mut state = self.disk.write_state(&self.name, Operation::Sync)?;
        let fails = state.sync_fails(&self.name);
        match state.files.get_mut(&self.id) {
            Some(contents) if fails => contents.lose_sync(),
            Some(contents) => contents.sync(),
            None => return Err(failed(&self.name, Operation::Sync, Failure::NotFound)),
        }
        if fails { Err(failed(&self.name, Operation::Sync, input_output())) } else { Ok(()) }
    }

    fn length(&self) -> Result<u64, DiskError> {
        let state = self.disk.read_state(&self.name, Operation::Length)?;
        Ok(state.files.get(&self.id).map_or(0, |contents| contents.length() as u64))
    }

    fn set_length(&mut self, length: u64) -> Result<(), DiskError> {
        let length = self.index(Operation::SetLength, length)?;
        self.change(Operation::SetLength, length, |contents| contents.set_length(length))
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        let mut state = self.disk.lock_state();
        if state.boot == self.disk.boot {
            if let Some(contents) = state.files.get_mut(&self.id) {
                contents.handles = contents.handles.saturating_sub(1);
            }
            state.collect_garbage();
        }
    }
}

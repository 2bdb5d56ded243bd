//! Files that wait to become segments: zero-filled in advance, or segments of an earlier time.
//!
//! Invariant: no spare is a segment of the log as a power cut at this moment would leave it. Segments come here only
//! after the base that makes them obsolete is durable; should their old names return, recovery ignores them, whatever
//! was written to them since.

use super::error::LogError;
use super::recovery::Live;
use super::segment;
use super::writer::LogOptions;
use crate::{Disk, DiskFile};

#[derive(Debug)]
pub(super) struct Spares<D: Disk> {
    disk: D,
    options: LogOptions,
    names: Vec<String>,
    /// The number of the next spare to be made.
    next: u64,
}

/// A file that is about to become a segment.
pub(super) struct Candidate<F> {
    pub(super) name: String,
    pub(super) file: F,
    pub(super) blocks: u32,
}

impl<D: Disk> Spares<D> {
    /// Starts without spares, and removes, durably, those of an earlier run and all `obsolete` segments. They are not
    /// used again, because after a crash such a file may be a second name of a live segment: a rename that was not
    /// synced can leave both names.
    pub(super) fn start(disk: &D, options: LogOptions, obsolete: &[String]) -> Result<Spares<D>, LogError> {
        let leftover = disk.list()?.into_iter().filter(|name| segment::is_spare(name));
        for name in leftover.chain(obsolete.iter().cloned()) {
            disk.remove(&name)?;
        }
        disk.sync_dir()?;
        Ok(Spares { disk: disk.clone(), options, names: Vec::new(), next: 0 })
    }

    /// Turns segments into spares, or removes them. They must be durably obsolete. Nothing is synced: whether a power
    /// cut brings their names back does not matter.
    pub(super) fn recycle(&mut self, sequences: impl Iterator<Item = u64>) -> Result<(), LogError> {
        for sequence in sequences {
            self.keep_or_remove(&segment::name_of(sequence))?;
        }
        Ok(())
    }

    /// Makes a spare unless there is one.
    pub(super) fn prepare(&mut self) -> Result<(), LogError> {
        if self.names.is_empty() {
            let mut candidate = self.create(self.options.standard_blocks(), 0)?;
            candidate.file.sync()?;
            self.disk.sync_dir()?;
            self.names.push(candidate.name);
        }
        Ok(())
    }

    /// A file of at least `blocks` blocks and at least the standard size. If it is new, its first `unfilled` blocks are
    /// the caller's to write. Nothing about it is synced.
    pub(super) fn take(&mut self, blocks: u32, unfilled: u32) -> Result<Candidate<D::File>, LogError> {
        let standard = self.options.standard_blocks();
        if blocks <= standard
            && let Some(name) = self.names.pop()
        {
            let file = self.disk.open(&name)?;
            return Ok(Candidate { name, file, blocks: standard });
        }
        self.create(blocks.max(standard), unfilled)
    }

    fn create(&mut self, blocks: u32, unfilled: u32) -> Result<Candidate<D::File>, LogError> {
        let name = self.new_name();
        let mut file = self.disk.create(&name)?;
        if let Err(error) = segment::fill_with_zeros(&mut file, unfilled, blocks) {
            // On a full disk the unfinished file must not take what room is left.
            self.disk.remove(&name)?;
            return Err(error.into());
        }
        Ok(Candidate { name, file, blocks })
    }

    fn new_name(&mut self) -> String {
        let name = segment::spare_name_of(self.next);
        self.next = self.next.saturating_add(1);
        name
    }

    fn keep_or_remove(&mut self, segment: &str) -> Result<(), LogError> {
        let length = self.disk.open(segment)?.length()?;
        let fits = length == segment::offset_of(self.options.standard_blocks());
        if !fits || self.names.len() >= self.options.spares_max {
            self.disk.remove(segment)?;
            return Ok(());
        }
        let spare = self.new_name();
        self.disk.rename(segment, &spare)?;
        self.names.push(spare);
        Ok(())
    }
}

/// The bytes that live segments occupy.
pub(super) fn bytes_of(live: &[Live]) -> u64 {
    live.iter().map(|segment| segment::offset_of(segment.blocks)).sum()
}

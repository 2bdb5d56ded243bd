//! The bytes of one simulated file: what a reader sees, and what would be there after a power cut.
//!
//! Invariant: a sector in which the two differ is either dirty, and then the next sync makes it durable, or was lost by
//! a failed sync, and then only writing it again can.

use super::SECTOR_BYTES;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    current: Arc<Vec<u8>>,
    synced: Arc<Vec<u8>>,
    /// Sectors, by number, written since the last sync.
    dirty: BTreeSet<usize>,
    /// How many open handles keep this file alive after its name is gone.
    pub(super) handles: u32,
}

impl Contents {
    /// An empty file with one open handle.
    pub(super) fn opened() -> Contents {
        Contents { handles: 1, ..Contents::default() }
    }

    pub(super) fn length(&self) -> usize {
        self.current.len()
    }

    pub(super) fn read(&self, offset: usize, length: usize) -> Option<&[u8]> {
        self.current.get(offset..offset.checked_add(length)?)
    }

    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len();
        if end > self.current.len() {
            self.set_length(end);
        }
        let current = Arc::make_mut(&mut self.current);
        current[offset..end].copy_from_slice(bytes);
        self.dirty.extend(offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES));
    }

    pub(super) fn set_length(&mut self, length: usize) {
        let grown_from = self.current.len() / SECTOR_BYTES;
        Arc::make_mut(&mut self.current).resize(length, 0);
        let _cut_off = self.dirty.split_off(&length.div_ceil(SECTOR_BYTES));
        // The zeros of a grown file are written like any other bytes: an earlier, longer file may have left its own
        // there.
        self.dirty.extend(grown_from..length.div_ceil(SECTOR_BYTES));
    }

    pub(super) fn sync(&mut self) {
        let synced = Arc::make_mut(&mut self.synced);
        synced.resize(self.current.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            let start = sector * SECTOR_BYTES;
            let end = (start + SECTOR_BYTES).min(self.current.len());
            synced[start..end].copy_from_slice(&self.current[start..end]);
        }
    }

    /// A failed sync, as the common file systems behave: the pages are marked clean although they never reached the
    /// disk, so readers still see them and no later sync writes them.
    pub(super) fn lose_sync(&mut self) {
        self.dirty.clear();
    }

    /// Forgets what was not synced, except the sectors and the change of length that `keep` saves.
    pub(super) fn power_cut(&mut self, mut keep: impl FnMut(u64) -> bool) {
        if !self.dirty.is_empty() || self.current.len() != self.synced.len() {
            let mut survivor = self.synced.as_ref().clone();
            let cut = self.current.len();
            if cut < survivor.len() && keep(offset_of(cut / SECTOR_BYTES)) {
                survivor.truncate(cut);
            }
            for &sector in &self.dirty {
                if keep(offset_of(sector)) {
                    let start = sector * SECTOR_BYTES;
                    let end = (start + SECTOR_BYTES).min(cut);
                    survivor.resize(survivor.len().max(end), 0);
                    survivor[start..end].copy_from_slice(&self.current[start..end]);
                }
            }
            self.synced = Arc::new(survivor);
        }
        self.dirty.clear();
        self.current = Arc::clone(&self.synced);
        self.handles = 0;
    }

    /// Changes the bytes behind everybody's back, both as seen and as stored.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        change(Arc::make_mut(&mut self.current));
        self.synced = Arc::clone(&self.current);
        self.dirty.clear();
    }
}

fn offset_of(sector: usize) -> u64 {
    (sector as u64).saturating_mul(SECTOR_BYTES as u64)
}

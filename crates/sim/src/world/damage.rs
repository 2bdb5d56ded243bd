//! Damage to the disks of frail replicas while they are down: bytes that changed, writes that went astray or were lost,
//! files that were cut or are gone, and whole disks that are as they were some time ago.
//!
//! A replica that notices stays out. One that does not may have forgotten what it promised, so it counts as one that
//! may lie: nobody expects anything of it, and all rules have to hold among the others.

use super::World;
use super::seat::Seat;
use crate::counters::Count;
use crate::draw::{chance, pick};
use crate::scenario::Scenario;
use crate::transcript::{Event, Place};
use synod_kernel::ReplicaId;
use synod_kernel::chooser::Chooser;
use synod_storage::{Disk, MemoryDisk};

/// What is read and written at once.
const BLOCK_BYTES: usize = 4096;

/// What happens to a disk.
#[derive(Clone, Copy)]
enum Damage {
    Flip,
    Astray,
    Lost,
    Cut,
    Gone,
    Old,
}

impl<S: Scenario> World<S> {
    /// Perhaps spoils the disk of a replica that is down, if it is frail.
    pub(super) fn perhaps_damage(&mut self, at: ReplicaId, choose: &mut dyn Chooser) {
        if self.healed || !self.setting.options.frail.contains(&at) {
            return;
        }
        let is_damaged = chance(choose, "damage", self.setting.options.faults.damage);
        let Seat::Honest(honest) = &mut self.seats[at.index()] else { return };
        let before = honest.kept.get_or_insert_with(|| honest.disk.fork());
        if !is_damaged {
            return;
        }
        let kinds = [Damage::Flip, Damage::Astray, Damage::Lost, Damage::Cut, Damage::Gone, Damage::Old, Damage::Old];
        let damage = pick(choose, "kind of damage", &kinds);
        let what = if let Damage::Old = damage {
            honest.disk = before.fork();
            self.counters.add(Count::OldDisks);
            "an older copy is put in its place".to_owned()
        } else {
            let Some(what) = spoil(damage, &honest.disk, before, choose) else { return };
            self.counters.add(Count::Damages);
            what
        };
        // What comes later may be put back later.
        honest.kept = Some(honest.disk.fork());
        self.note(Place::Replica(at), Event::World("DAMAGE", what));
    }
}

/// Spoils one file. Says what was done, if there is a file to spoil.
fn spoil(damage: Damage, disk: &MemoryDisk, before: &MemoryDisk, choose: &mut dyn Chooser) -> Option<String> {
    let names = disk.list().ok()?;
    if names.is_empty() {
        return None;
    }
    let name = &names[choose.choose("file", names.len())];
    let mut older = None;
    before.fork().edit(name, |bytes| older = Some(bytes.clone()));
    let mut what = "is gone";
    if let Damage::Gone = damage {
        disk.remove(name).ok()?;
        disk.sync_dir().ok()?;
    }
    disk.edit(name, |bytes| what = change(damage, bytes, older.as_deref(), choose));
    Some(format!("{name} {what}"))
}

/// Changes the bytes of a file. Says how.
fn change(damage: Damage, bytes: &mut Vec<u8>, older: Option<&[u8]>, choose: &mut dyn Chooser) -> &'static str {
    if bytes.is_empty() {
        return "is empty as it was";
    }
    let block = |choose: &mut dyn Chooser, length: usize| {
        let start = choose.choose("block", length.div_ceil(BLOCK_BYTES)) * BLOCK_BYTES;
        start..(start + BLOCK_BYTES).min(length)
    };
    match damage {
        Damage::Flip => {
            let at = choose.choose("byte", bytes.len());
            bytes[at] ^= 1 << choose.choose("bit", 8);
            "has a bit that changed"
        }
        Damage::Astray => {
            let (from, to) = (block(choose, bytes.len()), block(choose, bytes.len()));
            let length = from.len().min(to.len());
            bytes.copy_within(from.start..from.start + length, to.start);
            "has a block where another belongs"
        }
        Damage::Lost => {
            let place = block(choose, bytes.len());
            match older.and_then(|older| older.get(place.clone())) {
                Some(older) => bytes[place].copy_from_slice(older),
                None => bytes[place].fill(0),
            }
            "has a block that was never written"
        }
        Damage::Cut | Damage::Gone | Damage::Old => {
            bytes.truncate(choose.choose("length", bytes.len()));
            "was cut short"
        }
    }
}

#[cfg(test)]
mod tests;

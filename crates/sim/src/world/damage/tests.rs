//! Each kind of damage does what it says.
#![allow(clippy::unwrap_used)]

use super::{BLOCK_BYTES, Damage, change, spoil};
use synod_kernel::chooser::Seeded;
use synod_storage::{Disk, DiskFile, MemoryDisk};

fn disk() -> MemoryDisk {
    let disk = MemoryDisk::new();
    let mut file = disk.create("a").unwrap();
    file.write_at(0, &vec![1; BLOCK_BYTES]).unwrap();
    file.write_at(BLOCK_BYTES as u64, &vec![2; BLOCK_BYTES]).unwrap();
    file.sync().unwrap();
    disk.sync_dir().unwrap();
    disk
}

fn content(disk: &MemoryDisk) -> Option<Vec<u8>> {
    let mut content = None;
    disk.edit("a", |bytes| content = Some(bytes.clone()));
    content
}

/// What some seed makes of the file.
fn some(damage: Damage, is_it: impl Fn(Option<Vec<u8>>) -> bool) -> bool {
    (0..20).any(|seed| {
        let (disk, before) = (disk(), disk());
        before.edit("a", |bytes| bytes.fill(9));
        assert!(spoil(damage, &disk, &before, &mut Seeded::new(seed)).unwrap().starts_with("a "));
        is_it(content(&disk))
    })
}

#[test]
fn one_bit_changes() {
    let flipped = |now: Option<Vec<u8>>| {
        let pairs = content(&disk()).unwrap().into_iter().zip(now.unwrap());
        pairs.map(|(before, now)| (before ^ now).count_ones()).sum::<u32>() == 1
    };
    assert!(some(Damage::Flip, flipped));
}

#[test]
fn a_write_goes_astray_and_another_is_lost() {
    assert!(some(Damage::Astray, |now| now.unwrap() == vec![2; 2 * BLOCK_BYTES]));
    assert!(some(Damage::Lost, |now| now.unwrap() == [vec![1; BLOCK_BYTES], vec![9; BLOCK_BYTES]].concat()));
}

#[test]
fn files_are_cut_or_gone() {
    assert!(some(Damage::Cut, |now| now.unwrap().len() < 2 * BLOCK_BYTES));
    assert!(some(Damage::Gone, |now| now.is_none()));
}

#[test]
fn there_need_not_be_anything_to_spoil() {
    assert_eq!(spoil(Damage::Flip, &MemoryDisk::new(), &MemoryDisk::new(), &mut Seeded::new(1)), None);
    assert_eq!(change(Damage::Cut, &mut Vec::new(), None, &mut Seeded::new(1)), "is empty as it was");
}

//! The simulated disk: conformance, and that it loses exactly what the contract allows it to lose.
#![allow(clippy::unwrap_used)]

use crate::disk::conformance;
use crate::{Disk, DiskFile, Failure, MemoryDisk};

fn drop_all(_: &str, _: u64) -> bool {
    false
}

fn content(disk: &MemoryDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    let mut bytes = vec![0; usize::try_from(file.length().unwrap()).unwrap()];
    file.read_at(0, &mut bytes).unwrap();
    bytes
}

/// A disk with one durable file of `length` bytes of value 1.
fn disk_with(name: &str, length: usize) -> MemoryDisk {
    let disk = MemoryDisk::new();
    let mut file = disk.create(name).unwrap();
    file.write_at(0, &vec![1; length]).unwrap();
    file.sync().unwrap();
    disk.sync_dir().unwrap();
    disk
}

#[test]
fn conforms() {
    conformance::check(&MemoryDisk::new());
}

#[test]
fn a_power_cut_drops_unsynced_sectors_except_those_kept() {
    let mut disk = disk_with("a", 2048);
    disk.open("a").unwrap().write_at(100, &[2; 1800]).unwrap();
    let mut asked = Vec::new();
    disk.power_cut(|name, offset| {
        asked.push((name.to_owned(), offset));
        offset == 512
    });
    assert_eq!(asked, [0, 512, 1024, 1536].map(|offset| ("a".to_owned(), offset)));
    let mut expected = vec![1; 2048];
    expected[512..1024].fill(2);
    assert_eq!(content(&disk, "a"), expected);
}

#[test]
fn a_grown_file_keeps_the_length_that_its_surviving_sectors_need() {
    let mut disk = disk_with("a", 512);
    disk.open("a").unwrap().write_at(512, &[2; 1100]).unwrap();
    disk.power_cut(|_, offset| offset == 1024);
    assert_eq!(content(&disk, "a"), [vec![1; 512], vec![0; 512], vec![2; 512]].concat());
}

#[test]
fn a_file_cut_and_grown_again_reads_as_zeros_after_a_sync() {
    let mut disk = disk_with("a", 2000);
    let mut file = disk.open("a").unwrap();
    file.set_length(100).unwrap();
    file.set_length(2000).unwrap();
    file.sync().unwrap();
    disk.power_cut(drop_all);
    assert_eq!(content(&disk, "a"), [vec![1; 100], vec![0; 1900]].concat());
}

#[test]
fn an_unsynced_cut_is_undone_or_kept() {
    for keep in [false, true] {
        let mut disk = disk_with("a", 2000);
        disk.open("a").unwrap().set_length(700).unwrap();
        disk.power_cut(|_, offset| keep && offset == 512);
        assert_eq!(content(&disk, "a").len(), if keep { 700 } else { 2000 });
    }
}

#[test]
fn unsynced_names_are_undone_one_by_one() {
    let mut disk = disk_with("old", 10);
    let mut file = disk.create("new").unwrap();
    file.write_at(0, b"durable").unwrap();
    file.sync().unwrap();
    disk.rename("old", "renamed").unwrap();
    let entry = MemoryDisk::DIRECTORY_ENTRY;
    let mut dropped = disk.fork();
    dropped.power_cut(drop_all);
    assert_eq!(dropped.list().unwrap(), ["old"]);
    let mut kept = disk.fork();
    kept.power_cut(|_, offset| offset == entry);
    assert_eq!(kept.list().unwrap(), ["new", "renamed"]);
    assert_eq!(content(&kept, "new"), b"durable");
    let mut doubled = disk.fork();
    doubled.power_cut(|name, offset| offset == entry && name == "renamed");
    assert_eq!(doubled.list().unwrap(), ["old", "renamed"], "the weakest file systems leave both names");
    disk.sync_dir().unwrap();
    disk.remove("new").unwrap();
    disk.power_cut(drop_all);
    assert_eq!(disk.list().unwrap(), ["new", "renamed"]);
}

#[test]
fn after_a_failed_sync_readers_see_what_no_later_sync_saves() {
    let mut disk = disk_with("a", 512);
    let mut file = disk.open("a").unwrap();
    file.write_at(0, &[2; 512]).unwrap();
    disk.fail_next_sync("a");
    assert!(matches!(file.sync().unwrap_err().failure, Failure::System { .. }));
    file.sync().unwrap();
    assert_eq!(content(&disk, "a"), [2; 512]);
    disk.power_cut(|_, _| true);
    assert_eq!(content(&disk, "a"), [1; 512]);
}

#[test]
fn a_sync_and_a_read_of_anything_fail_in_their_turn_and_once() {
    let mut disk = disk_with("a", 512);
    let mut file = disk.open("a").unwrap();
    disk.fail_sync_after(1);
    disk.sync_dir().unwrap();
    file.write_at(0, &[2; 512]).unwrap();
    assert!(matches!(file.sync().unwrap_err().failure, Failure::System { .. }));
    file.sync().unwrap();
    disk.fail_read_after(1);
    file.read_at(0, &mut [0]).unwrap();
    assert!(matches!(file.read_at(0, &mut [0]).unwrap_err().failure, Failure::System { .. }));
    file.read_at(0, &mut [0]).unwrap();
    assert_eq!((disk.failures(), disk.used()), (2, 512));
    disk.fail_sync_after(0);
    disk.power_cut(drop_all);
    assert_eq!(content(&disk, "a"), [1; 512], "the failed sync lost it");
    disk.sync_dir().unwrap();
}

#[test]
fn a_restart_loses_nothing_and_saves_nothing() {
    let mut disk = disk_with("a", 512);
    disk.open("a").unwrap().write_at(0, &[2; 512]).unwrap();
    disk.create("b").unwrap();
    disk.restart();
    assert_eq!(content(&disk, "a"), [2; 512]);
    assert_eq!(disk.list().unwrap(), ["a", "b"]);
    disk.power_cut(drop_all);
    assert_eq!(content(&disk, "a"), [1; 512]);
    assert_eq!(disk.list().unwrap(), ["a"]);
}

#[test]
fn handles_and_locks_die_with_the_machine() {
    let mut disk = disk_with("a", 512);
    let stale = disk.clone();
    let mut file = stale.open("a").unwrap();
    let _lock = stale.lock("lock").unwrap();
    disk.power_cut(drop_all);
    assert_eq!(file.write_at(0, b"x").unwrap_err().failure, Failure::PowerOff);
    assert_eq!(stale.list().unwrap_err().failure, Failure::PowerOff);
    let _lock = disk.lock("lock").unwrap();
    drop(stale);
    assert_eq!(disk.lock("lock").unwrap_err().failure, Failure::Locked);
}

#[test]
fn the_machine_stops_after_the_given_number_of_changes() {
    let mut disk = disk_with("a", 512);
    let mut file = disk.open("a").unwrap();
    disk.stop_after(2);
    file.write_at(0, b"1").unwrap();
    file.sync().unwrap();
    assert_eq!(file.write_at(0, b"2").unwrap_err().failure, Failure::PowerOff);
    assert_eq!(file.read_at(0, &mut [0]).unwrap_err().failure, Failure::PowerOff);
    disk.power_cut(drop_all);
    assert_eq!(content(&disk, "a")[0], b'1');
}

#[test]
fn a_full_disk_refuses_growth_only() {
    let disk = disk_with("a", 512);
    let mut file = disk.open("a").unwrap();
    disk.set_capacity(Some(600));
    assert_eq!(file.write_at(512, &[0; 89]).unwrap_err().failure, Failure::Full);
    file.write_at(0, &[3; 600]).unwrap();
    assert_eq!(file.set_length(601).unwrap_err().failure, Failure::Full);
    drop(file);
    disk.remove("a").unwrap();
    disk.sync_dir().unwrap();
    disk.create("b").unwrap().write_at(0, &[0; 600]).unwrap();
}

#[test]
fn counts_and_reads_with_faults() {
    let disk = disk_with("a", 512);
    let counters = disk.counters();
    assert_eq!((counters.operations, counters.syncs, counters.bytes_written), (4, 2, 512));
    disk.fail_next_read("a");
    let file = disk.open("a").unwrap();
    assert!(matches!(file.read_at(0, &mut [0]).unwrap_err().failure, Failure::System { .. }));
    file.read_at(0, &mut [0]).unwrap();
    assert!(disk.edit("a", |bytes| bytes[0] = 7));
    assert!(!disk.edit("b", |_| ()));
    assert_eq!(content(&disk.fork(), "a")[0], 7);
}

//! Pieces survive crashes at every operation of the disk, are never believed, and serve other checkpoints too.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::MemoryDisk;
use std::collections::BTreeSet;

const IDENTITY: Identity = Identity { cluster: [7; 32], replica: 3, incarnation: 0 };
/// Bytes of a piece: some twenty make the content.
const PIECE_BYTES: usize = 600;

fn content(version: u8) -> Snapshot {
    let mut map = MerkleMap::new();
    for number in 0..100_u64 {
        let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        map.insert(&scattered, &[u8::try_from(number).unwrap(); 60]).unwrap();
    }
    map.insert(b"version", &[version]).unwrap();
    map.seal()
}

fn begin(disk: &MemoryDisk, seq: u64, root: Digest) -> Result<Incoming<MemoryDisk>, CheckpointError> {
    Incoming::begin(disk, IDENTITY, (Seq::new(seq), root), [])
}

/// Fetches missing ranges, the last one first, until all are there or the disk fails. Notes the pieces that were
/// fetched and those that were reported stored.
fn fetch(
    incoming: &mut Incoming<MemoryDisk>,
    content: &Snapshot,
    fetched: &mut Vec<Bytes>,
    stored: &mut BTreeSet<Bytes>,
) -> Result<(), CheckpointError> {
    while let Transfer::Missing(ranges) = incoming.transfer() {
        let range = ranges.last().unwrap();
        let end = range.to().map(AsRef::as_ref);
        let chunk = content.prove_range(range.from(), end, PIECE_BYTES).unwrap().encode();
        fetched.push(range.from().clone());
        assert_ne!(incoming.store(range, chunk)?, Transfer::Refused);
        stored.insert(range.from().clone());
    }
    Ok(())
}

#[test]
fn after_a_crash_at_any_operation_only_what_was_not_stored_is_fetched_again() {
    let content = content(1);
    let root = content.root();
    let mut crashes = 0;
    for operation in 0.. {
        let mut finished = false;
        for survival in 0..3_u64 {
            let mut disk = MemoryDisk::new();
            disk.stop_after(operation);
            let (mut fetched, mut stored) = (Vec::new(), BTreeSet::new());
            let run = begin(&disk, 5, root)
                .and_then(|mut incoming| fetch(&mut incoming, &content, &mut fetched, &mut stored));
            finished = run.is_ok();
            crashes += u32::from(!finished);
            match survival {
                0 => disk.power_cut(|_, _| false),
                1 => disk.power_cut(|_, offset| offset % 1024 < 512),
                _ => disk.restart(),
            }
            let mut again = Vec::new();
            let mut incoming = begin(&disk, 5, root).unwrap();
            fetch(&mut incoming, &content, &mut again, &mut BTreeSet::new()).unwrap();
            assert!(again.iter().all(|from| !stored.contains(from)), "what was stored is there: {operation}");
            let distinct: BTreeSet<&Bytes> = fetched.iter().chain(&again).collect();
            assert!(fetched.len() + again.len() <= distinct.len() + 1, "only the one under way comes twice");
            assert_eq!(incoming.finish().seal(), content);
        }
        if finished {
            break;
        }
    }
    assert!(crashes > 60, "only {crashes} crashes");
}

#[test]
fn damaged_pieces_are_fetched_again_and_nothing_wrong_is_taken() {
    let content = content(1);
    let disk = MemoryDisk::new();
    let (mut fetched, mut stored) = (Vec::new(), BTreeSet::new());
    fetch(&mut begin(&disk, 5, content.root()).unwrap(), &content, &mut fetched, &mut stored).unwrap();
    let name = disk.list().unwrap().remove(0);
    let length = disk.open(&name).map(|file| crate::DiskFile::length(&file).unwrap()).unwrap();
    for position in (0..usize::try_from(length).unwrap()).step_by(97) {
        let damaged = disk.fork();
        damaged.edit(&name, |bytes| bytes[position] ^= 0x40);
        let mut again = Vec::new();
        let mut incoming = begin(&damaged, 5, content.root()).unwrap();
        fetch(&mut incoming, &content, &mut again, &mut BTreeSet::new()).unwrap();
        assert!(!again.is_empty() && again.len() <= fetched.len(), "at {position}");
        assert_eq!(incoming.finish().seal(), content);
    }
}

#[test]
fn pieces_of_an_older_checkpoint_serve_a_newer_one_and_are_bounded() {
    let disk = MemoryDisk::new();
    let (mut fetched, mut stored) = (Vec::new(), BTreeSet::new());
    let older = content(1);
    fetch(&mut begin(&disk, 5, older.root()).unwrap(), &older, &mut fetched, &mut stored).unwrap();
    for version in 2..9 {
        let newer = content(version);
        let mut again = Vec::new();
        let mut incoming = begin(&disk, 5 + u64::from(version), newer.root()).unwrap();
        fetch(&mut incoming, &newer, &mut again, &mut BTreeSet::new()).unwrap();
        assert!(2 * again.len() < fetched.len(), "{} of {} again", again.len(), fetched.len());
        assert!(staging::staged(&disk).unwrap().len() <= STAGED_MAX);
        assert_eq!(incoming.finish().seal(), newer);
    }
    discard_up_to(&disk, Seq::new(8)).unwrap();
    assert!(staging::staged(&disk).unwrap().iter().all(|&staged| staged > 8));
}

#[test]
fn a_full_disk_costs_only_what_a_crash_would_have_saved() {
    let content = content(1);
    let disk = MemoryDisk::new();
    disk.set_capacity(Some(3_000));
    let mut incoming = begin(&disk, 5, content.root()).unwrap();
    fetch(&mut incoming, &content, &mut Vec::new(), &mut BTreeSet::new()).unwrap();
    assert_eq!(incoming.finish().seal(), content);
    disk.set_capacity(Some(0));
    assert_eq!(begin(&disk, 6, content.root()).unwrap().transfer(), Transfer::Missing(vec![KeyRange::all()]));
}

#[test]
fn pieces_of_somebody_else_are_not_ours() {
    let content = content(1);
    let disk = MemoryDisk::new();
    let mut incoming = begin(&disk, 5, content.root()).unwrap();
    fetch(&mut incoming, &content, &mut Vec::new(), &mut BTreeSet::new()).unwrap();
    let other = Identity { replica: 2, ..IDENTITY };
    let incoming = Incoming::begin(&disk, other, (Seq::new(5), content.root()), []).unwrap();
    assert_eq!(incoming.transfer(), Transfer::Missing(vec![KeyRange::all()]));
}

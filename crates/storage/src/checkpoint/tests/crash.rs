//! Power cuts at every operation, with every kind of partial survival.

use super::{Entries, changes, digest, entries, full, loaded, open};
use crate::checkpoint::CheckpointError;
use crate::{Failure, MemoryDisk};

/// The states of the world at the checkpoints 10, 20 and so on.
fn states() -> Vec<Entries> {
    [(1, 40), (1, 44), (2, 10), (3, 60), (3, 61), (4, 0), (4, 30)]
        .map(|(version, count)| entries(version, count))
        .into()
}

/// Saves all checkpoints, some of them bases, and prunes now and then. Returns how many saves were reported.
fn run(disk: &MemoryDisk, states: &[Entries]) -> (usize, Result<(), CheckpointError>) {
    let mut saved = 0;
    let mut work = || {
        let mut store = open(disk)?;
        for (number, state) in states.iter().enumerate() {
            let sequence = number as u64 * 10 + 10;
            if number % 3 == 0 {
                store.save(sequence, digest(sequence), None, full(state))?;
            } else {
                let parent = Some(sequence - 10);
                store.save(sequence, digest(sequence), parent, changes(&states[number - 1], state))?;
            }
            saved = number + 1;
            store.prune(sequence.saturating_sub(10))?;
        }
        Ok(())
    };
    let result = work();
    (saved, result)
}

fn mixed(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 20
}

#[test]
fn a_crash_at_any_operation_loses_no_reported_checkpoint_and_invents_none() {
    let states = states();
    let mut crashes = 0;
    for operation in 0.. {
        let mut finished = false;
        for seed in 0..40 {
            let mut disk = MemoryDisk::new();
            disk.stop_after(operation);
            let (saved, result) = run(&disk, &states);
            finished = result.is_ok();
            crashes += u32::from(!finished);
            let mut questions = operation << 32 | seed << 16;
            let mut keep = |_: &str, _: u64| {
                questions += 1;
                mixed(questions) % 4 < seed % 5
            };
            if seed % 4 == 3 {
                disk.restart();
            } else {
                disk.power_cut(&mut keep);
            }
            // Perhaps opening crashes too.
            disk.stop_after(seed % 6);
            if let Err(error) = open(&disk) {
                let CheckpointError::Disk(error) = error else { panic!("operation {operation} seed {seed}: {error}") };
                assert_eq!(error.failure, Failure::PowerOff);
            }
            disk.power_cut(&mut keep);
            let store = open(&disk).unwrap();
            let newest = usize::try_from(store.newest().unwrap_or(0) / 10).unwrap();
            assert!(newest == saved || newest == saved + 1, "operation {operation} seed {seed}: {newest} of {saved}");
            let expected = newest.checked_sub(1).map(|number| loaded(newest as u64 * 10, &states[number]));
            assert_eq!(store.load_newest().unwrap(), expected, "operation {operation} seed {seed}");
            store.verify().unwrap();
        }
        if finished {
            break;
        }
    }
    assert!(crashes > 1000, "only {crashes} crashes");
}

#[test]
fn what_was_loaded_after_a_crash_survives_the_next() {
    let states = states();
    let mut disk = MemoryDisk::new();
    let mut store = open(&disk).unwrap();
    store.save(10, digest(10), None, full(&states[0])).unwrap();
    let before = disk.counters().operations;
    store.save(20, digest(20), None, full(&states[1])).unwrap();
    let cost = disk.counters().operations - before;

    // The process dies between the rename and the sync of the directory, which is the last operation.
    disk.stop_after(cost - 1);
    store.save(30, digest(30), None, full(&states[1])).unwrap_err();
    disk.restart();
    assert_eq!(open(&disk).unwrap().load_newest().unwrap(), Some(loaded(30, &states[1])));
    disk.power_cut(|_, _| false);
    assert_eq!(open(&disk).unwrap().load_newest().unwrap(), Some(loaded(30, &states[1])));
}

//! Saving apart from executing: what may happen meanwhile, what has to wait, and what a crash leaves.
#![allow(clippy::unwrap_used)]

use super::super::tests::{Shelf, batch, opened};
use super::*;
use crate::MemoryDisk;
use crate::executor::{Executor, Opened, Performed};
use bytes::Bytes;
use std::collections::BTreeSet;
use synod_kernel::process::{KeyRange, Transfer};
use synod_kernel::{ReplicaId, Report, Task};

type ShelfExecutor = Executor<Shelf, MemoryDisk>;

const OPERATIONS: [&[u8]; 4] = [b"a1", b"b2", b"a3", b"c4"];

fn done(executor: &mut ShelfExecutor, task: Task) -> Option<Report> {
    match executor.perform(task).unwrap() {
        Performed::Done(report) => report,
        Performed::Save(save) => panic!("{save:?}"),
    }
}

fn asked(executor: &mut ShelfExecutor, task: Task) -> Save {
    match executor.perform(task).unwrap() {
        Performed::Save(save) => save,
        Performed::Done(report) => panic!("{report:?}"),
    }
}

fn execution(seq: u64) -> Task {
    let operation = OPERATIONS[usize::try_from(seq).unwrap() - 1];
    Task::Execute { seq: Seq::new(seq), batch: batch(seq, operation) }
}

/// Executes a batch and asks for a checkpoint of it.
fn advance(executor: &mut ShelfExecutor, seq: u64) -> Save {
    assert!(matches!(done(executor, execution(seq)), Some(Report::Executed { .. })));
    let seq = Seq::new(seq);
    assert_eq!(done(executor, Task::Seal { seq }), None);
    asked(executor, Task::Checkpoint { seq })
}

fn piece(executor: &mut ShelfExecutor, seq: u64) -> Option<Bytes> {
    let task = Task::ReadChunk { to: ReplicaId::new(1), seq: Seq::new(seq), range: KeyRange::all() };
    match done(executor, task) {
        Some(Report::ChunkRead { chunk, .. }) => chunk,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_state_is_neither_reported_nor_served_before_it_is_saved() {
    let Opened { mut executor, mut saver, .. } = opened(&MemoryDisk::new());
    let save = advance(&mut executor, 1);
    let expected = executor.service().root();
    (2..=4).for_each(|seq| drop(done(&mut executor, execution(seq))));
    assert_eq!((executor.executed(), piece(&mut executor, 1)), (Seq::new(4), None));
    let report = executor.saved(saver.save(save).unwrap()).unwrap();
    assert_eq!(report, Report::CheckpointTaken { seq: Seq::new(1), state: expected });
    assert!(piece(&mut executor, 1).is_some());
}

/// Asks for three checkpoints at once, then saves them until the disk stops after so many operations. Returns the last
/// that was reported.
fn saved_before(disk: &MemoryDisk, operations: u64) -> u64 {
    let Opened { mut executor, mut saver, .. } = opened(disk);
    disk.stop_after(operations);
    let saves: Vec<Save> = (1..=3).map(|seq| advance(&mut executor, seq)).collect();
    let reports = saves.into_iter().map_while(|save| executor.saved(saver.save(save).ok()?).ok());
    let taken: Vec<u64> = reports
        .map(|report| match report {
            Report::CheckpointTaken { seq, .. } => seq.get(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(taken.iter().copied().eq((1..=3).take(taken.len())), "{taken:?}");
    taken.last().copied().unwrap_or(0)
}

#[test]
fn after_a_crash_at_any_operation_what_was_reported_is_there() {
    let roots: Vec<Digest> = {
        let Opened { mut executor, state, .. } = opened(&MemoryDisk::new());
        let executed = (1..=3).map(|seq| {
            done(&mut executor, execution(seq));
            executor.service().root()
        });
        std::iter::once(state).chain(executed).collect()
    };
    let mut outcomes = BTreeSet::new();
    for operations in 0.. {
        let mut disk = MemoryDisk::new();
        let reported = saved_before(&disk, operations);
        disk.power_cut(|_, _| false);
        let Opened { executed, state, .. } = opened(&disk);
        assert!((reported..=3).contains(&executed.get()), "{reported} was reported, {executed} is there");
        assert_eq!(state, roots[usize::try_from(executed.get()).unwrap()]);
        outcomes.insert(reported);
        if reported == 3 {
            break;
        }
    }
    assert!(outcomes.into_iter().eq(0..=3));
}

#[test]
fn what_replaces_the_state_waits_for_what_is_being_saved() {
    let source_disk = MemoryDisk::new();
    let Opened { executor: mut source, saver: mut source_saver, .. } = opened(&source_disk);
    (1..=2).for_each(|seq| drop(done(&mut source, execution(seq))));
    let save = advance(&mut source, 3);
    let report = source.saved(source_saver.save(save).unwrap()).unwrap();
    let Report::CheckpointTaken { seq, state: root } = report else { panic!("{report:?}") };
    let chunk = piece(&mut source, 3).unwrap();

    let disk = MemoryDisk::new();
    let Opened { mut executor, mut saver, .. } = opened(&disk);
    let save = advance(&mut executor, 1);
    let (from, range, to) = (ReplicaId::new(1), KeyRange::all(), Seq::new(1));
    done(&mut executor, Task::BeginTransfer { seq, root });
    let stored = done(&mut executor, Task::StoreChunk { from, seq, root, range, chunk });
    assert!(matches!(stored, Some(Report::ChunkStored { transfer: Transfer::Complete, .. })));
    let install = Task::Install { seq, root };
    assert!(!executor.can_perform(&install) && !executor.can_perform(&Task::Rollback { to }));
    assert!(executor.can_perform(&execution(2)));
    executor.saved(saver.save(save).unwrap()).unwrap();
    assert!(executor.can_perform(&install) && executor.can_perform(&Task::Rollback { to }));

    let save = asked(&mut executor, install);
    assert!(!executor.can_perform(&execution(2)) && !executor.can_perform(&Task::Release { to: from }));
    assert_eq!(executor.executed(), to);
    let report = executor.saved(saver.save(save).unwrap()).unwrap();
    assert_eq!(report, Report::Installed { seq, state: root });
    assert_eq!((executor.executed(), executor.service().root()), (seq, root));
    done(&mut executor, execution(4));
    drop((executor, saver));
    assert_eq!(opened(&disk).state, root);
}

#[test]
fn a_failed_save_is_final() {
    let disk = MemoryDisk::new();
    let Opened { mut executor, mut saver, .. } = opened(&disk);
    let saves = [1, 2].map(|seq| advance(&mut executor, seq));
    disk.fail_next_sync(".");
    let errors = saves.map(|save| saver.save(save).unwrap_err());
    assert!(matches!(errors[0], ExecutorError::Checkpoint(_)));
    assert_eq!(errors[0], errors[1]);
}

#[test]
#[should_panic(expected = "saved in the order asked")]
fn states_are_not_saved_in_another_order() {
    let Opened { mut executor, mut saver, .. } = opened(&MemoryDisk::new());
    let _first = advance(&mut executor, 1);
    let second = advance(&mut executor, 2);
    drop(executor.saved(saver.save(second).unwrap()));
}

#[test]
#[should_panic(expected = "waits for what is being saved")]
fn a_state_is_not_returned_to_while_one_is_being_saved() {
    let Opened { mut executor, .. } = opened(&MemoryDisk::new());
    let _save = advance(&mut executor, 1);
    drop(executor.perform(Task::Rollback { to: Seq::new(1) }));
}

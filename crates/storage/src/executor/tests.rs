//! The executor over a simulated disk: what it reports durable is there after a crash, what peers send is checked.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::MemoryDisk;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{Batch, ClientId, Domain, Epoch, Faults, Membership, ReplicaId, Request, RequestId, SessionId};
use synod_state::{Context, Space};

/// Puts the operation under its own first byte.
pub(super) struct Shelf;
impl StateMachine for Shelf {
    fn apply(&self, space: &mut Space<'_>, _: &Context, operation: &Bytes) -> Bytes {
        space.insert(&operation[..1], operation).expect("small");
        Bytes::from_static(b"ok")
    }
}

const IDENTITY: Identity = Identity { cluster: [7; 32], replica: 0, incarnation: 0 };

pub(super) fn opened(disk: &MemoryDisk) -> Opened<Shelf, MemoryDisk> {
    Executor::open(disk.clone(), IDENTITY, Arc::new(Shelf)).unwrap()
}

fn open(disk: &MemoryDisk) -> (SerialExecutor<Shelf, MemoryDisk>, Seq, Digest) {
    let Opened { executor, saver, executed, state } = opened(disk);
    (SerialExecutor::new(executor, saver), executed, state)
}

pub(super) fn batch(id: u64, operation: &'static [u8]) -> Batch {
    let members = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let client = ClientId::new([1; 32]);
    let signer = Referee::new(0, members, [client]).signer(Author::Client(client));
    let domain = Domain { cluster: Digest::ZERO, epoch: Epoch::new(0) };
    let operations = vec![Bytes::from_static(operation)];
    Batch::new(vec![Request::sign(SessionId::new(1), RequestId::new(id), operations, &domain, &signer).unwrap()])
}

fn run(executor: &mut SerialExecutor<Shelf, MemoryDisk>, seq: u64, operation: &'static [u8]) {
    let report = executor.perform(Task::Execute { seq: Seq::new(seq), batch: batch(seq, operation) }).unwrap();
    assert!(matches!(report, Some(Report::Executed { outcomes, .. }) if outcomes.len() == 1));
}

fn checkpoint(executor: &mut SerialExecutor<Shelf, MemoryDisk>, seq: u64) -> Digest {
    let seq = Seq::new(seq);
    assert_eq!(executor.perform(Task::Seal { seq }).unwrap(), None);
    match executor.perform(Task::Checkpoint { seq }).unwrap() {
        Some(Report::CheckpointTaken { state, .. }) => state,
        other => panic!("{other:?}"),
    }
}

fn discard(executor: &mut SerialExecutor<Shelf, MemoryDisk>, before: u64) {
    assert_eq!(executor.perform(Task::Discard { before: Seq::new(before) }).unwrap(), None);
}

/// What operations are cut from: each starts with another key.
static VALUES: [u8; 4096] = {
    let (mut values, mut at) = ([b'v'; 4096], 0);
    while at < 16 {
        values[at] = b"abcde"[at % 5];
        at += 1;
    }
    values
};

fn read(executor: &mut SerialExecutor<Shelf, MemoryDisk>, seq: Seq, range: &KeyRange) -> Option<Bytes> {
    let task = Task::ReadChunk { to: ReplicaId::new(1), seq, range: range.clone() };
    match executor.perform(task).unwrap() {
        Some(Report::ChunkRead { chunk, .. }) => chunk,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reported_checkpoint_survives_a_power_cut_and_the_rest_does_not() {
    let mut disk = MemoryDisk::new();
    let (mut executor, at, _) = open(&disk);
    assert_eq!(at, Seq::default());
    run(&mut executor, 1, b"a1");
    let first = checkpoint(&mut executor, 1);
    run(&mut executor, 2, b"b2");
    let second = checkpoint(&mut executor, 2);
    run(&mut executor, 3, b"c3");
    assert_ne!(first, second);
    drop(executor);
    disk.power_cut(|_, _| false);
    disk.restart();
    let (executor, at, state) = open(&disk);
    assert_eq!((at, state), (Seq::new(2), second));
    assert_eq!(executor.service().root(), second);
}

#[test]
fn a_checkpoint_is_of_the_sealed_state_whatever_was_executed_since() {
    let disk = MemoryDisk::new();
    let (mut executor, _, _) = open(&disk);
    run(&mut executor, 1, b"a1");
    let sealed = executor.service().root();
    executor.perform(Task::Seal { seq: Seq::new(1) }).unwrap();
    run(&mut executor, 2, b"a2");
    let report = executor.perform(Task::Checkpoint { seq: Seq::new(1) }).unwrap();
    assert_eq!(report, Some(Report::CheckpointTaken { seq: Seq::new(1), state: sealed }));
    executor.perform(Task::Seal { seq: Seq::new(2) }).unwrap();
    executor.perform(Task::Rollback { to: Seq::new(1) }).unwrap();
    assert_eq!((executor.executed(), executor.service().root()), (Seq::new(1), sealed));
}

#[test]
fn state_moves_piece_by_piece_and_a_bad_piece_changes_nothing() {
    let (source_disk, target_disk) = (MemoryDisk::new(), MemoryDisk::new());
    let (mut source, _, _) = open(&source_disk);
    for seq in 1..=3 {
        run(&mut source, seq, [b"a".as_slice(), b"b", b"c"][usize::try_from(seq).unwrap() - 1]);
    }
    let root = checkpoint(&mut source, 3);
    let (mut target, _, _) = open(&target_disk);
    run(&mut target, 1, b"wrong");
    checkpoint(&mut target, 1);
    let (seq, from, range) = (Seq::new(3), ReplicaId::new(1), KeyRange::all());
    let chunk = read(&mut source, seq, &range).unwrap();
    let mut bad = chunk.to_vec();
    *bad.last_mut().unwrap() ^= 1;
    let begun = Some(Report::TransferBegun { seq, transfer: Transfer::Missing(vec![range.clone()]) });
    assert_eq!(target.perform(Task::BeginTransfer { seq, root }).unwrap(), begun);
    let store = |chunk: Bytes| Task::StoreChunk { from, seq, root, range: range.clone(), chunk };
    let stored = |transfer| Some(Report::ChunkStored { from, seq, range: range.clone(), transfer });
    assert_eq!(target.perform(store(bad.into())).unwrap(), stored(Transfer::Refused));
    assert_eq!(target.perform(store(chunk)).unwrap(), stored(Transfer::Complete));
    let installed = Some(Report::Installed { seq, state: root });
    assert_eq!(target.perform(Task::Install { seq, root }).unwrap(), installed);
    run(&mut target, 4, b"d");
    drop(target);
    let (reopened, at, state) = open(&target_disk);
    assert_eq!((at, state, reopened.service().root()), (seq, root, root));
}

#[test]
fn a_wrong_newer_checkpoint_is_replaced_by_what_is_installed() {
    let (source_disk, target_disk) = (MemoryDisk::new(), MemoryDisk::new());
    let (mut source, _, _) = open(&source_disk);
    run(&mut source, 1, b"right");
    let root = checkpoint(&mut source, 1);
    let (mut target, _, _) = open(&target_disk);
    for seq in 1..=2 {
        run(&mut target, seq, b"wrong");
        checkpoint(&mut target, seq);
    }
    let (seq, from, range) = (Seq::new(1), ReplicaId::new(1), KeyRange::all());
    let chunk = read(&mut source, seq, &range).unwrap();
    target.perform(Task::BeginTransfer { seq, root }).unwrap();
    target.perform(Task::StoreChunk { from, seq, root, range, chunk }).unwrap();
    target.perform(Task::Install { seq, root }).unwrap();
    drop(target);
    assert_eq!(open(&target_disk).1, seq);
}

#[test]
fn a_checkpoint_that_is_not_there_is_not_served() {
    let (mut executor, _, _) = open(&MemoryDisk::new());
    assert_eq!(read(&mut executor, Seq::new(9), &KeyRange::all()), None);
}

#[test]
fn a_checkpoint_that_is_fetched_is_kept_until_the_peer_is_released() {
    let (mut executor, _, _) = open(&MemoryDisk::new());
    let take = |executor: &mut SerialExecutor<Shelf, MemoryDisk>, seq| {
        run(executor, seq, b"x");
        checkpoint(executor, seq);
        discard(executor, seq);
    };
    let is_there =
        |executor: &mut SerialExecutor<Shelf, MemoryDisk>, seq| executor.executor.durable.contains_key(&Seq::new(seq));
    take(&mut executor, 1);
    assert!(read(&mut executor, Seq::new(1), &KeyRange::all()).is_some());
    (2..=6).for_each(|seq| take(&mut executor, seq));
    assert!(is_there(&mut executor, 1) && !is_there(&mut executor, 2) && is_there(&mut executor, 4));
    assert!(read(&mut executor, Seq::new(4), &KeyRange::all()).is_some(), "one for each peer, so the first one goes");
    (7..=9).for_each(|seq| take(&mut executor, seq));
    assert!(!is_there(&mut executor, 1) && is_there(&mut executor, 4));
    assert_eq!(executor.perform(Task::Release { to: ReplicaId::new(1) }).unwrap(), None);
    assert_eq!(executor.executor.durable.keys().copied().collect::<Vec<_>>(), [7, 8, 9].map(Seq::new));
}

#[test]
fn checkpoints_are_kept_through_crashes_until_they_are_discarded() {
    let disk = MemoryDisk::new();
    let (mut executor, _, _) = open(&disk);
    let all = |executor: &SerialExecutor<Shelf, MemoryDisk>| {
        let states = executor.executor.durable.iter();
        states.map(|(seq, state)| (seq.get(), state.root(), state.len())).collect::<Vec<_>>()
    };
    let take = |executor: &mut SerialExecutor<Shelf, MemoryDisk>, seq: u64| {
        // Large changes make that some are saved whole, so that a restart meets one base after another.
        let at = usize::try_from(seq).unwrap();
        run(executor, seq, &VALUES[at..at + if seq.is_multiple_of(3) { 3000 } else { 3 }]);
        checkpoint(executor, seq);
    };
    (1..=9).for_each(|seq| take(&mut executor, seq));
    discard(&mut executor, 4);
    take(&mut executor, 10);
    let before = all(&executor);
    assert_eq!(before.iter().map(|(seq, ..)| *seq).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9, 10]);
    drop(executor);

    let (mut executor, executed, _) = open(&disk);
    assert_eq!(executed, Seq::new(10));
    assert!(all(&executor).ends_with(&before), "{:?}", all(&executor));
    assert!(read(&mut executor, Seq::new(4), &KeyRange::all()).is_some());
    assert_eq!(executor.perform(Task::Release { to: ReplicaId::new(1) }).unwrap(), None);
    discard(&mut executor, 10);
    assert_eq!(all(&executor), before[4..]);
    take(&mut executor, 11);
    drop(executor);
    let kept = all(&open(&disk).0);
    assert!(kept.contains(&before[6]) && kept.len() < 8, "what is not needed is gone from the disk, too: {kept:?}");
}

#[test]
#[should_panic(expected = "in order and without gaps")]
fn a_gap_is_our_own_mistake() {
    let (mut executor, _, _) = open(&MemoryDisk::new());
    run(&mut executor, 2, b"x");
}

//! What a slow, failing or dying disk holds up, and what it does not.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixture::{Counter, soon};
use bytes::Bytes;
use std::sync::{Condvar, Mutex};
use synod_kernel::process::{KeyRange, Transfer};
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{Batch, ClientId, Digest, Domain, Epoch, Faults, Membership, Seq};
use synod_kernel::{ReplicaId, Request, RequestId, SessionId};
use synod_state::{Context, Space};
use synod_storage::{DiskError, Identity, MemoryDisk, MemoryFile, MemoryLock, Opened, SerialExecutor};

const IDENTITY: Identity = Identity { cluster: [1; 32], replica: 0, incarnation: 0 };

/// What becomes of a rename, of which there is one for each state that is saved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Renames {
    Pass,
    Wait,
    Panic,
}

/// A disk on which renames can be held up.
#[derive(Clone)]
struct SlowDisk {
    disk: MemoryDisk,
    /// What becomes of renames, and how many have begun.
    renames: Arc<(Mutex<(Renames, u64)>, Condvar)>,
}

impl SlowDisk {
    fn new(renames: Renames) -> Self {
        Self { disk: MemoryDisk::new(), renames: Arc::new((Mutex::new((renames, 0)), Condvar::new())) }
    }

    fn pass(&self) {
        self.renames.0.lock().unwrap().0 = Renames::Pass;
        self.renames.1.notify_all();
    }

    fn wait_for_a_rename(&self) {
        drop(self.renames.1.wait_while(self.renames.0.lock().unwrap(), |(_, begun)| *begun == 0).unwrap());
    }
}

impl Disk for SlowDisk {
    type File = MemoryFile;
    type Lock = MemoryLock;

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let mut renames = self.renames.0.lock().unwrap();
        renames.1 += 1;
        self.renames.1.notify_all();
        let renames = self.renames.1.wait_while(renames, |(renames, _)| *renames == Renames::Wait).unwrap();
        assert!(renames.0 == Renames::Pass, "as the test wants it");
        self.disk.rename(from, to)
    }
    fn create(&self, name: &str) -> Result<MemoryFile, DiskError> {
        self.disk.create(name)
    }
    fn open(&self, name: &str) -> Result<MemoryFile, DiskError> {
        self.disk.open(name)
    }
    fn remove(&self, name: &str) -> Result<(), DiskError> {
        self.disk.remove(name)
    }
    fn list(&self) -> Result<Vec<String>, DiskError> {
        self.disk.list()
    }
    fn sync_dir(&self) -> Result<(), DiskError> {
        self.disk.sync_dir()
    }
    fn lock(&self, name: &str) -> Result<MemoryLock, DiskError> {
        self.disk.lock(name)
    }
}

/// Cannot stand being asked.
struct Fragile;

impl StateMachine for Fragile {
    fn apply(&self, _: &mut Space<'_>, _: &Context, _: &Bytes) -> Bytes {
        panic!("as the test wants it")
    }
}

fn started_with<M: StateMachine>(disk: &SlowDisk, machine: M) -> (ExecutorThread, Arc<Metrics>) {
    let Opened { executor, saver, .. } = Executor::open(disk.clone(), IDENTITY, Arc::new(machine)).unwrap();
    let metrics = Arc::new(Metrics::default());
    (ExecutorThread::start(executor, saver, "here".into(), metrics.clone()).unwrap(), metrics)
}

fn started(disk: &SlowDisk) -> ExecutorThread {
    started_with(disk, Counter).0
}

fn execution(seq: u64) -> Task {
    let members = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let client = ClientId::new([1; 32]);
    let signer = Referee::new(0, members, [client]).signer(Author::Client(client));
    let domain = Domain { cluster: Digest::ZERO, epoch: Epoch::new(0) };
    let (session, request, operations) = (SessionId::new(1), RequestId::new(seq), vec![Bytes::from_static(b"x")]);
    let batch = Batch::new(vec![Request::sign(session, request, operations, &domain, &signer).unwrap()]);
    Task::Execute { seq: Seq::new(seq), batch }
}

/// Executes a batch and takes a checkpoint.
fn advance(seq: u64) -> [Task; 3] {
    [execution(seq), Task::Seal { seq: Seq::new(seq) }, Task::Checkpoint { seq: Seq::new(seq) }]
}

async fn next(thread: &mut ExecutorThread) -> Report {
    loop {
        if let Some((report, _)) = soon(thread.done()).await.unwrap() {
            return report;
        }
    }
}

async fn executed(thread: &mut ExecutorThread, expected: u64) {
    let report = next(thread).await;
    assert!(matches!(&report, Report::Executed { seq, .. } if seq.get() == expected), "{report:?}");
}

async fn taken(thread: &mut ExecutorThread, expected: u64) {
    let report = next(thread).await;
    assert!(matches!(&report, Report::CheckpointTaken { seq, .. } if seq.get() == expected), "{report:?}");
}

/// How it ends, by itself.
async fn failure(thread: &mut ExecutorThread) -> RunError {
    loop {
        if let Err(error) = soon(thread.done()).await {
            return error;
        }
    }
}

#[tokio::test]
async fn a_slow_disk_holds_up_neither_execution_nor_its_reports() {
    let disk = SlowDisk::new(Renames::Wait);
    let (mut thread, metrics) = started_with(&disk, Counter);
    advance(1).into_iter().chain((2..=50).map(execution)).for_each(|task| thread.ask(task));
    for seq in 1..=50 {
        executed(&mut thread, seq).await;
    }
    assert_eq!(thread.under_way(), 1, "the checkpoint");
    disk.pass();
    taken(&mut thread, 1).await;
    assert_eq!(thread.under_way(), 0);
    assert!(metrics.render().contains("synod_save_checkpoint_seconds_count 1"));
    thread.end().unwrap();
}

#[tokio::test]
async fn several_states_are_saved_in_order() {
    let disk = SlowDisk::new(Renames::Wait);
    let mut thread = started(&disk);
    (1..=3).flat_map(advance).for_each(|task| thread.ask(task));
    for seq in 1..=3 {
        executed(&mut thread, seq).await;
    }
    disk.pass();
    for seq in 1..=3 {
        taken(&mut thread, seq).await;
    }
    thread.end().unwrap();
    assert_eq!(Executor::open(disk, IDENTITY, Arc::new(Counter)).unwrap().executed, Seq::new(3));
}

#[tokio::test]
async fn more_states_than_may_wait_come_through() {
    let disk = SlowDisk::new(Renames::Wait);
    let mut thread = started(&disk);
    (1..=9).flat_map(advance).for_each(|task| thread.ask(task));
    disk.wait_for_a_rename();
    disk.pass();
    let mut reports = Vec::new();
    while thread.under_way() > 0 {
        reports.extend(soon(thread.done()).await.unwrap().map(|(report, _)| report));
    }
    let seqs = |wanted: fn(&Report) -> Option<Seq>| reports.iter().filter_map(wanted).map(Seq::get);
    assert!(seqs(|report| if let Report::Executed { seq, .. } = report { Some(*seq) } else { None }).eq(1..=9));
    assert!(seqs(|report| if let Report::CheckpointTaken { seq, .. } = report { Some(*seq) } else { None }).eq(1..=9));
    thread.end().unwrap();
}

#[tokio::test]
async fn an_installation_waits_for_what_is_being_saved_and_everything_waits_for_it() {
    let Opened { executor, saver, .. } = Executor::open(MemoryDisk::new(), IDENTITY, Arc::new(Counter)).unwrap();
    let mut source = SerialExecutor::new(executor, saver);
    let (seq, from, range) = (Seq::new(3), ReplicaId::new(1), KeyRange::all());
    let root = match (1..=2).map(execution).chain(advance(3)).map(|task| source.perform(task).unwrap()).last() {
        Some(Some(Report::CheckpointTaken { state, .. })) => state,
        other => panic!("{other:?}"),
    };
    let chunk = match source.perform(Task::ReadChunk { to: from, seq, range: range.clone() }).unwrap() {
        Some(Report::ChunkRead { chunk: Some(chunk), .. }) => chunk,
        other => panic!("{other:?}"),
    };

    let disk = SlowDisk::new(Renames::Wait);
    let mut thread = started(&disk);
    advance(1).into_iter().for_each(|task| thread.ask(task));
    thread.ask(Task::BeginTransfer { seq, root });
    thread.ask(Task::StoreChunk { from, seq, root, range, chunk });
    thread.ask(Task::Install { seq, root });
    thread.ask(execution(4));
    executed(&mut thread, 1).await;
    assert!(matches!(next(&mut thread).await, Report::TransferBegun { .. }));
    let stored = next(&mut thread).await;
    assert!(matches!(stored, Report::ChunkStored { transfer: Transfer::Complete, .. }), "{stored:?}");
    assert_eq!(thread.under_way(), 3, "the checkpoint, the installation, and the execution");
    disk.pass();
    taken(&mut thread, 1).await;
    assert_eq!(next(&mut thread).await, Report::Installed { seq, state: root });
    executed(&mut thread, 4).await;
    thread.end().unwrap();
}

#[tokio::test]
async fn a_failed_save_ends_the_replica() {
    let disk = SlowDisk::new(Renames::Pass);
    let mut thread = started(&disk);
    disk.disk.fail_next_sync(".");
    (1..=9).flat_map(advance).for_each(|task| thread.ask(task));
    let error = failure(&mut thread).await;
    assert!(matches!(&error, RunError::Executor { .. }), "{error}");
    assert!(error.to_string().starts_with("here: "), "the folder is named: {error}");
    assert_eq!(error.exit_code(), 74);
    assert!(thread.end().is_ok(), "it has ended already");
}

#[tokio::test]
async fn a_panic_on_either_thread_is_told() {
    let mut thread = started_with(&SlowDisk::new(Renames::Pass), Fragile).0;
    thread.ask(execution(1));
    assert!(matches!(failure(&mut thread).await, RunError::ThreadEnded("executor")));

    let mut thread = started(&SlowDisk::new(Renames::Panic));
    (1..=9).flat_map(advance).for_each(|task| thread.ask(task));
    assert!(matches!(failure(&mut thread).await, RunError::ThreadEnded("checkpoints")));
}

#[test]
fn the_end_waits_for_the_save_under_way_and_for_no_other() {
    for checkpoints in [1, 2, 9] {
        let disk = SlowDisk::new(Renames::Wait);
        let mut thread = started(&disk);
        (1..=checkpoints).flat_map(advance).for_each(|task| thread.ask(task));
        // Reports are taken, so that the executor goes as far as it can.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(executed(&mut thread, 1));
        disk.wait_for_a_rename();
        let stop = thread.stop.clone();
        let ending = thread::spawn(move || thread.end());
        while !stop.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        assert!(!ending.is_finished(), "a save is under way");
        disk.pass();
        ending.join().unwrap().unwrap();
        assert_eq!(Executor::open(disk, IDENTITY, Arc::new(Counter)).unwrap().executed, Seq::new(1));
    }
}

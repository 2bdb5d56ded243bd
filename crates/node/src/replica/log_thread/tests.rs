//! What is reported durable is in the log, and a failing disk ends the replica with the name of the file.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_storage::log::LogOptions;
use synod_storage::{Disk, Identity, MemoryDisk, RealDisk};
use tempfile::TempDir;

const IDENTITY: Identity = Identity { cluster: [1; 32], replica: 0, incarnation: 0 };

fn append(number: u32) -> LogCommand {
    LogCommand::Append(number.to_le_bytes().to_vec())
}

fn started(folder: &TempDir) -> (LogThread, Arc<Metrics>) {
    let disk = RealDisk::open(folder.path()).unwrap();
    let log = Log::create(disk, IDENTITY, LogOptions::default()).unwrap();
    let metrics = Arc::new(Metrics::default());
    (LogThread::start(log, folder.path().to_owned(), metrics.clone()).unwrap(), metrics)
}

fn recovered(folder: &TempDir) -> Vec<Vec<u8>> {
    Log::open(RealDisk::open(folder.path()).unwrap(), IDENTITY, LogOptions::default()).unwrap().1.records
}

async fn wait_for(thread: &mut LogThread, position: u64) {
    while thread.changed().await.unwrap() < position {}
}

#[tokio::test]
async fn commands_become_durable_in_order() {
    let folder = TempDir::new().unwrap();
    let (mut thread, metrics) = started(&folder);
    (0..100).for_each(|number| thread.command(append(number)));
    wait_for(&mut thread, 100).await;
    assert_eq!(metrics.log_records.get(), 100);
    assert!(metrics.log_syncs.get() <= 100);
    thread.end().unwrap();
    let expected: Vec<_> = (0..100_u32).map(|number| number.to_le_bytes().to_vec()).collect();
    assert_eq!(recovered(&folder), expected);
}

#[tokio::test]
async fn a_replacement_supersedes_what_was_appended_before_it() {
    let folder = TempDir::new().unwrap();
    let (mut thread, metrics) = started(&folder);
    thread.command(append(1));
    thread.command(LogCommand::Replace(vec![b"kept".to_vec()]));
    thread.command(append(2));
    wait_for(&mut thread, 3).await;
    thread.end().unwrap();
    assert_eq!(metrics.log_compactions.get(), 1);
    assert_eq!(recovered(&folder), [b"kept".to_vec(), 2_u32.to_le_bytes().to_vec()]);
}

#[tokio::test]
async fn ending_finishes_what_was_commanded() {
    let folder = TempDir::new().unwrap();
    let (mut thread, _) = started(&folder);
    (0..50).for_each(|number| thread.command(append(number)));
    thread.end().unwrap();
    assert_eq!(recovered(&folder).len(), 50);
}

#[tokio::test]
async fn a_failed_sync_ends_the_replica_and_is_never_retried() {
    let disk = MemoryDisk::new();
    let log = Log::create(disk.clone(), IDENTITY, LogOptions::default()).unwrap();
    let segment = disk.list().unwrap().into_iter().find(|name| name.starts_with("log-")).unwrap();
    let mut thread = LogThread::start(log, "here".into(), Arc::new(Metrics::default())).unwrap();
    thread.command(append(1));
    wait_for(&mut thread, 1).await;
    disk.fail_next_sync(&segment);
    (2..10).for_each(|number| thread.command(append(number)));
    let error = loop {
        match thread.changed().await {
            Ok(position) => assert!(position < 9, "what was not synced is not durable"),
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, RunError::Log { .. }), "{error}");
    assert!(error.to_string().contains(&segment), "the file is named: {error}");
    assert_eq!(error.exit_code(), 74);
    assert!(thread.end().is_ok(), "it has ended already");
}

#[tokio::test]
async fn an_almost_full_disk_is_used_to_the_end() {
    let disk = MemoryDisk::new();
    let log = Log::create(disk.clone(), IDENTITY, LogOptions::default()).unwrap();
    // What is there already may be written again, but no spare can be made.
    disk.set_capacity(Some(log.disk_bytes()));
    let mut thread = LogThread::start(log, "here".into(), Arc::new(Metrics::default())).unwrap();
    for number in 1..=20 {
        thread.command(append(number));
        wait_for(&mut thread, u64::from(number)).await;
    }
    thread.end().unwrap();
    disk.set_capacity(None);
    assert_eq!(Log::open(disk, IDENTITY, LogOptions::default()).unwrap().1.records.len(), 20);
}

#[tokio::test]
async fn a_failure_ends_the_replica() {
    let folder = TempDir::new().unwrap();
    let (mut thread, _) = started(&folder);
    // A record beyond the limit of the log is the one failure that a healthy disk gives.
    thread.command(LogCommand::Append(vec![0; synod_storage::log::MAX_RECORD + 1]));
    let error = loop {
        match thread.changed().await {
            Ok(position) => assert_eq!(position, 0),
            Err(error) => break error,
        }
    };
    let RunError::Log { error: cause, .. } = &error else { panic!("{error}") };
    assert!(matches!(**cause, LogError::RecordTooLarge { .. }), "{error}");
    assert_eq!(error.exit_code(), 74);
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
}

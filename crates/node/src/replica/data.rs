//! Opening the data of a replica: marker, log, checkpoints.
//!
//! The rule that everything else serves: an identity that may have voted never starts without its log. The marker
//! outside the data folder is durable before anything can leave, and it is written after the log exists, so a crash in
//! between is a first start that is repeated.

use super::error::RunError;
use crate::files::{self, FileError, FileProblem, ReplicaFolder, has_voted, mark_as_voted};
use bytes::Bytes;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use synod_kernel::codec::decode_own;
use synod_kernel::{Digest, Process, Record, Seq};
use synod_state::StateMachine;
use synod_storage::log::{Log, LogOptions};
use synod_storage::{Executor, Identity, Opened, RealDisk, Saver, SyncCounter};

/// Everything durable, open and locked.
pub(super) struct Data<P: Process, M> {
    pub(super) log: Log<RealDisk>,
    pub(super) records: Vec<Record<P>>,
    pub(super) executor: Executor<M, RealDisk>,
    pub(super) saver: Saver<RealDisk>,
    /// The newest durable checkpoint.
    pub(super) executed: Seq,
    /// The digest of its state.
    pub(super) state: Digest,
    /// Counts what is made durable for the log.
    pub(super) log_syncs: SyncCounter,
    /// Counts what is made durable for checkpoints.
    pub(super) checkpoint_syncs: SyncCounter,
}

/// Opens the data of a folder, and makes it at the first start.
pub(super) fn open<P: Process, M: StateMachine>(
    folder: &ReplicaFolder,
    machine: Arc<M>,
    options: LogOptions,
) -> Result<Data<P, M>, RunError> {
    let (cluster, id, path) = (folder.cluster(), folder.id(), folder.data());
    let voted = has_voted(folder.path(), cluster, id)?;
    let lost = || RunError::VotesLost { path: path.clone() };
    let log_failed = |error| RunError::log(path.clone(), error);
    let executor_failed = |error| RunError::executor(path.clone(), error);
    if !exists(&path)? {
        if voted {
            return Err(lost());
        }
        files::create_folder(&path)?;
    }
    let identity = Identity { cluster: cluster.scope().domain.cluster.0, replica: id.get(), incarnation: 0 };
    let disk = RealDisk::open(&path).map_err(|error| log_failed(error.into()))?;
    let has_log = Log::exists(&disk).map_err(log_failed)?;
    if voted && !has_log {
        return Err(lost());
    }
    let checkpoint_disk = disk.counted_apart();
    let (log_syncs, checkpoint_syncs) = (disk.syncs().clone(), checkpoint_disk.syncs().clone());
    let opened = Executor::open(checkpoint_disk, identity, machine).map_err(executor_failed)?;
    let Opened { executor, saver, executed, state } = opened;
    if !has_log && executed > Seq::default() {
        // A checkpoint is the fruit of votes.
        return Err(lost());
    }
    let (log, recovered) = if has_log {
        let (log, recovered) = Log::open(disk, identity, options).map_err(log_failed)?;
        if recovered.torn_bytes > 0 {
            tracing::info!("{} bytes of an unfinished write were left out of the log", recovered.torn_bytes);
        }
        (log, recovered.records)
    } else {
        (Log::create(disk, identity, options).map_err(log_failed)?, Vec::new())
    };
    let records = recovered.into_iter().enumerate().map(|(number, record)| {
        let record = decode_own(Bytes::from(record), cluster.scope());
        record.map_err(|error| RunError::BadRecord { path: path.clone(), number, error })
    });
    let records = records.collect::<Result<Vec<_>, _>>()?;
    if !voted {
        mark_as_voted(folder.path(), cluster, id)?;
    }
    Ok(Data { log, records, executor, saver, executed, state, log_syncs, checkpoint_syncs })
}

fn exists(path: &Path) -> Result<bool, FileError> {
    fs::exists(path).map_err(|source| {
        let action = "look for it";
        FileError { path: path.to_owned(), problem: FileProblem::System { action, source } }
    })
}

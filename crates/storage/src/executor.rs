//! The application side of a replica: it performs the tasks a protocol asks for, on the service and its checkpoints.
//!
//! The [`Executor`] executes; the [`Saver`] makes states durable, on another thread if there is one, so that neither
//! hashing nor the disk holds up what is executed. A checkpoint is reported and served only when it is durable (C8 of
//! the process contract). What is loaded at a start is not believed until its root is the digest it was saved with.
//! Pieces of state from peers are checked against a certified root before they are kept, and nothing is installed by
//! halves. Checkpoints are kept, through crashes too, until they are discarded; one that a peer fetches, until the peer
//! is released.
//!
//! Tasks are performed in the order asked, and states are saved in that order. Only a checkpoint may be overtaken, by
//! tasks that do not replace the state. The executor knows no protocol; it is the same in the simulator and in a real
//! process.

mod incoming;
mod saver;
mod serial;

use crate::checkpoint::{CheckpointError, CheckpointStore, Replayed};
use crate::{Disk, Identity};
use bytes::Bytes;
use incoming::Incoming;
use saver::Purpose;
pub use saver::{Save, Saved, Saver};
pub use serial::SerialExecutor;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use synod_kernel::process::{KeyRange, Transfer};
use synod_kernel::{Digest, ReplicaId, Report, Seq, Task};
use synod_state::map::{MapError, MerkleMap, Snapshot};
use synod_state::{Service, StateMachine};

/// Bytes of one piece of state for a peer, about. Each is synced where it arrives, which takes as long as a few
/// hundred kilobytes do on the way.
pub const CHUNK_BYTES: usize = 512 << 10;
/// Durable checkpoints kept in memory for peers that fetch them, besides the newest and those that must be kept.
const SERVED_BESIDES: usize = 2;
/// Sealed states that wait to become checkpoints or to be returned to, and those that are being saved, at most. A
/// protocol that moves its window with its own checkpoints keeps far below it.
const SEALED_MAX: usize = 4096;

/// Performs tasks. States that have to be saved are somebody else's work: see [`Performed`].
pub struct Executor<M, D: Disk> {
    service: Service<M>,
    executed: Seq,
    disk: D,
    identity: Identity,
    /// States to checkpoint or to return to.
    sealed: BTreeMap<Seq, Snapshot>,
    /// What is being saved, in the order asked. After an installation nothing else is asked for.
    saving: VecDeque<(Seq, Purpose)>,
    /// Durable checkpoints that peers may fetch: those that must be kept, the newest, [`SERVED_BESIDES`], and one for
    /// each peer that fetches an older one.
    durable: BTreeMap<Seq, Snapshot>,
    /// The first that must be kept.
    keep_from: Seq,
    /// Which checkpoint each peer read of last, until it is released.
    served: BTreeMap<ReplicaId, Seq>,
    /// State being fetched.
    incoming: Option<Incoming<D>>,
    chunk_bytes: usize,
}

/// What a folder holds, open.
#[derive(Debug)]
pub struct Opened<M, D: Disk> {
    /// Performs tasks.
    pub executor: Executor<M, D>,
    /// Saves what the executor asks for.
    pub saver: Saver<D>,
    /// The sequence number of the newest checkpoint, whose state the executor has; 0 without one.
    pub executed: Seq,
    /// The digest of that state.
    pub state: Digest,
}

/// What comes of a task.
#[derive(Debug)]
pub enum Performed {
    /// It is done. Some tasks are not reported.
    Done(Option<Report>),
    /// It is done when this state is durable: it goes to [`Saver::save`], and what comes of that to
    /// [`Executor::saved`].
    Save(Save),
}

/// Why a task could not be performed. Final: the process has to end, and says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutorError {
    /// The checkpoint store failed.
    Checkpoint(CheckpointError),
    /// The newest checkpoint is not the state it was saved as.
    WrongState {
        /// Its sequence number.
        seq: Seq,
        /// The digest it was saved with.
        expected: Digest,
        /// The digest of what was loaded.
        found: Digest,
    },
    /// An entry of the newest checkpoint is beyond the limits of the map.
    BadEntry {
        /// Its sequence number.
        seq: Seq,
    },
}

impl fmt::Display for ExecutorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint(error) => error.fmt(f),
            Self::WrongState { seq, expected, found } => write!(
                f,
                "the checkpoint at {seq} was saved with digest {expected} and its content has {found}: \
                 it is damaged; check the disk, move all checkpoint files elsewhere, leave the log where it is, and \
                 start again: the state is then fetched from the others"
            ),
            Self::BadEntry { seq } => {
                write!(f, "the checkpoint at {seq} holds an entry beyond the limits: it was written by another program")
            }
        }
    }
}

impl std::error::Error for ExecutorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Checkpoint(error) => Some(error),
            Self::WrongState { .. } | Self::BadEntry { .. } => None,
        }
    }
}

impl From<CheckpointError> for ExecutorError {
    fn from(error: CheckpointError) -> Self {
        Self::Checkpoint(error)
    }
}

impl<M: StateMachine, D: Disk> Executor<M, D> {
    /// Opens the checkpoints of a folder, which may be empty, and loads them. The newest is the state.
    ///
    /// # Errors
    /// Whatever is wrong with a checkpoint; an older one is never used instead.
    pub fn open(disk: D, identity: Identity, machine: Arc<M>) -> Result<Opened<M, D>, ExecutorError> {
        let store = CheckpointStore::open(disk.clone(), identity)?;
        let mut executor = Self {
            service: Service::new(machine),
            executed: Seq::default(),
            disk,
            identity,
            sealed: BTreeMap::new(),
            saving: VecDeque::new(),
            durable: BTreeMap::new(),
            keep_from: Seq::default(),
            served: BTreeMap::new(),
            incoming: None,
            chunk_bytes: CHUNK_BYTES,
        };
        let mut map = MerkleMap::new();
        store.replay(|replayed| -> Result<(), ExecutorError> {
            let seq = Seq::new(replayed.sequence);
            let expected = Digest(replayed.digest);
            replay(&mut map, replayed).map_err(|_| ExecutorError::BadEntry { seq })?;
            let state = map.seal();
            if state.root() != expected {
                return Err(ExecutorError::WrongState { seq, expected, found: state.root() });
            }
            executor.durable.insert(seq, state);
            Ok(())
        })?;
        let newest = executor.durable.last_key_value().map(|(&seq, state)| (seq, state.clone()));
        if let Some((seq, _)) = newest {
            executor.return_to(seq, map);
        }
        let (executed, state) = (executor.executed, executor.service.root());
        Ok(Opened { executor, saver: Saver::new(store, newest), executed, state })
    }

    /// Gives peers pieces of about so many bytes, in place of [`CHUNK_BYTES`].
    #[must_use]
    pub fn with_chunk_bytes(self, chunk_bytes: usize) -> Self {
        Self { chunk_bytes, ..self }
    }

    /// Whether a task can be performed now: what replaces the state waits for everything that is being saved, and
    /// everything waits for an installation. [`Executor::saved`] is what changes the answer.
    pub fn can_perform(&self, task: &Task) -> bool {
        match (self.saving.back(), task) {
            (None, _) => true,
            (Some((_, Purpose::Installation)), _)
            | (Some((_, Purpose::Checkpoint)), Task::Install { .. } | Task::Rollback { .. }) => false,
            (Some((_, Purpose::Checkpoint)), _) => true,
        }
    }

    /// Performs a task, or all of it but saving a state.
    ///
    /// # Errors
    /// [`ExecutorError`], which is final.
    ///
    /// # Panics
    /// If the task cannot be performed now. If the protocol asks for what the contract excludes: a batch out of order,
    /// a state sealed that is not the last, a piece stored of what is not being fetched, an installation of what was
    /// not fetched.
    pub fn perform(&mut self, task: Task) -> Result<Performed, ExecutorError> {
        assert!(self.can_perform(&task), "whoever drives the executor waits for what is being saved");
        let report = match task {
            Task::Checkpoint { seq } => return Ok(self.checkpoint(seq)),
            Task::Install { seq, root } => return Ok(self.install(seq, root)),
            Task::Execute { seq, batch } => {
                assert!(seq == self.executed.next(), "batches are executed in order and without gaps");
                let outcomes = self.service.execute(seq, &batch);
                self.executed = seq;
                Some(Report::Executed { seq, outcomes })
            }
            Task::Seal { seq } => {
                assert!(seq == self.executed, "a state is sealed before the next batch is executed");
                let kept = self.sealed.len() + self.saving.len();
                assert!(kept < SEALED_MAX, "sealed states become checkpoints or are dropped");
                self.sealed.insert(seq, self.service.seal());
                None
            }
            Task::Recall { request } => {
                let outcome = self.service.recall(&request);
                Some(Report::Recalled { request, outcome })
            }
            Task::ReadChunk { to, seq, range } => {
                let chunk = self.read_chunk(to, seq, &range);
                Some(Report::ChunkRead { to, seq, range, chunk })
            }
            Task::Discard { before } => {
                self.keep_from = self.keep_from.max(before);
                self.trim();
                None
            }
            Task::Release { to } => {
                self.served.remove(&to);
                self.trim();
                None
            }
            Task::BeginTransfer { seq, root } => {
                let transfer = self.begin_transfer(seq, root)?;
                Some(Report::TransferBegun { seq, transfer })
            }
            Task::StoreChunk { from, seq, root, range, chunk } => {
                let incoming = self.incoming.as_mut().filter(|incoming| incoming.is(seq, &root));
                let transfer = incoming.expect("pieces are stored of what is being fetched").store(&range, chunk)?;
                Some(Report::ChunkStored { from, seq, range, transfer })
            }
            Task::EndTransfer => {
                self.incoming = None;
                incoming::discard_up_to(&self.disk, Seq::new(u64::MAX))?;
                None
            }
            Task::Rollback { to } => {
                let state = self.sealed.get(&to).or_else(|| self.durable.get(&to));
                let map = state.expect("a state to return to is sealed").to_map();
                self.return_to(to, map);
                Some(Report::RolledBack { to })
            }
        };
        Ok(Performed::Done(report))
    }

    /// A state that was to be saved is durable: it can be fetched, older ones go, and the task that asked for it is
    /// done.
    ///
    /// # Errors
    /// [`ExecutorError::Checkpoint`], which is final.
    ///
    /// # Panics
    /// If states are not saved in the order asked.
    pub fn saved(&mut self, saved: Saved) -> Result<Report, ExecutorError> {
        let Saved { seq, state, root, purpose } = saved;
        assert!(self.saving.pop_front() == Some((seq, purpose)), "states are saved in the order asked");
        if purpose == Purpose::Installation {
            // Our own later checkpoints, if there were any, are not on the disk any more either.
            self.durable.retain(|&kept, _| kept < seq);
        }
        self.durable.insert(seq, state.clone());
        self.trim();
        if self.incoming.is_none() {
            // Of a transfer before a restart, perhaps, which is not needed any more.
            incoming::discard_up_to(&self.disk, seq)?;
        }
        Ok(match purpose {
            Purpose::Checkpoint => Report::CheckpointTaken { seq, state: root },
            Purpose::Installation => {
                self.return_to(seq, state.to_map());
                Report::Installed { seq, state: root }
            }
        })
    }

    /// The last batch that was executed.
    pub fn executed(&self) -> Seq {
        self.executed
    }

    /// The service, to look at.
    pub fn service(&self) -> &Service<M> {
        &self.service
    }

    fn checkpoint(&mut self, seq: Seq) -> Performed {
        let Some(state) = self.sealed.remove(&seq) else {
            // Asked before other state was installed or returned to: the sealed one went with it.
            return Performed::Done(None);
        };
        self.sealed = self.sealed.split_off(&seq);
        self.save(seq, state, Purpose::Checkpoint)
    }

    fn save(&mut self, seq: Seq, state: Snapshot, purpose: Purpose) -> Performed {
        self.saving.push_back((seq, purpose));
        // What is installed was proved; so what comes before it can go.
        let keep_from = if purpose == Purpose::Installation { seq } else { self.keep_from.min(seq) };
        Performed::Save(Save { seq, state, purpose, keep_from })
    }

    /// Forgets checkpoints that nobody needs.
    fn trim(&mut self) {
        let newest = self.durable.keys().rev().nth(SERVED_BESIDES).copied().unwrap_or_default();
        let (served, kept) = (&self.served, newest.min(self.keep_from));
        self.durable.retain(|seq, _| *seq >= kept || served.values().any(|served| served == seq));
    }

    fn read_chunk(&mut self, to: ReplicaId, seq: Seq, range: &KeyRange) -> Option<Bytes> {
        let state = self.durable.get(&seq)?;
        let end = range.to().map(AsRef::as_ref);
        // A range whose end is no key of any map is served to wherever the piece reaches.
        let chunk = state.prove_range(range.from(), end, self.chunk_bytes);
        let chunk = chunk.unwrap_or_else(|_| state.chunk(range.from(), self.chunk_bytes)).encode();
        if self.served.insert(to, seq) != Some(seq) {
            self.trim();
        }
        Some(chunk)
    }

    fn begin_transfer(&mut self, seq: Seq, root: Digest) -> Result<Transfer, ExecutorError> {
        if !self.incoming.as_ref().is_some_and(|incoming| incoming.is(seq, &root)) {
            let before = self.incoming.take().map(Incoming::into_partial);
            let newest = self.durable.last_key_value().map(|(_, state)| state.clone());
            let donors = before.into_iter().chain(newest);
            self.incoming = Some(Incoming::begin(&self.disk, self.identity, (seq, root), donors)?);
        }
        Ok(self.incoming.as_ref().expect("just begun").transfer())
    }

    fn install(&mut self, seq: Seq, root: Digest) -> Performed {
        let incoming = self.incoming.take().expect("what is installed was fetched");
        assert!(incoming.is(seq, &root), "what is installed is what was fetched");
        self.save(seq, incoming.finish().seal(), Purpose::Installation)
    }

    fn return_to(&mut self, seq: Seq, map: MerkleMap) {
        self.service = Service::restore(Arc::clone(self.service.machine()), map);
        self.executed = seq;
        self.sealed.retain(|&sealed, _| sealed <= seq);
    }
}

/// Makes the content of one checkpoint that of the next. What is the same in both stays, so that they share it.
fn replay(map: &mut MerkleMap, replayed: Replayed) -> Result<(), MapError> {
    if replayed.is_base {
        let mut kept = replayed.changes.iter().map(|(key, _)| key.as_slice()).peekable();
        let before = map.seal();
        for (key, _) in before.range(&[], None) {
            while kept.next_if(|kept| *kept < key).is_some() {}
            if kept.peek().is_none_or(|kept| *kept != key) {
                map.remove(key);
            }
        }
    }
    for (key, value) in replayed.changes {
        match value {
            Some(value) if map.get(&key).is_some_and(|known| *known == value) => {}
            Some(value) => drop(map.insert(&key, &value)?),
            None => drop(map.remove(&key)),
        }
    }
    Ok(())
}

impl<M, D: Disk> fmt::Debug for Executor<M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("executed", &self.executed).field("service", &self.service).finish()
    }
}

#[cfg(test)]
mod tests;

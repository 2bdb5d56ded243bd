//! The application side of a replica: it performs the tasks a protocol asks for, on the service and its checkpoints.
//!
//! A checkpoint writes what changed since the one before, and is reported only when it is durable (C8 of the process
//! contract). What is loaded at a start is not believed until its root is the digest it was saved with. Pieces of
//! state from peers are checked against a certified root before they are kept, and nothing is installed by halves. A
//! checkpoint that a peer fetches is kept until the peer is released.
//!
//! Tasks are performed in the order asked. The executor knows no protocol; it is the same in the simulator and in a
//! real process.

mod incoming;

use crate::checkpoint::{CheckpointError, CheckpointStore};
use crate::{Disk, Identity};
use bytes::Bytes;
use incoming::Incoming;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use synod_kernel::process::{KeyRange, Transfer};
use synod_kernel::{Digest, ReplicaId, Report, Seq, Task};
use synod_state::map::{MerkleMap, Snapshot};
use synod_state::{Service, StateMachine};

/// Bytes of one piece of state for a peer, about. Each is synced where it arrives, which takes as long as a few
/// hundred kilobytes do on the way.
pub const CHUNK_BYTES: usize = 512 << 10;
/// Durable checkpoints kept for peers that fetch them, besides the newest.
const SERVED_BESIDES: usize = 2;
/// Sealed states that wait to become checkpoints or to be returned to, at most.
const SEALED_MAX: usize = 4096;

/// Performs tasks.
pub struct Executor<M, D: Disk> {
    service: Service<M>,
    executed: Seq,
    store: CheckpointStore<D>,
    disk: D,
    identity: Identity,
    /// States to checkpoint or to return to.
    sealed: BTreeMap<Seq, Snapshot>,
    /// Durable checkpoints that peers may fetch: the newest, which is the parent of the next, [`SERVED_BESIDES`], and
    /// one for each peer that fetches an older one.
    durable: BTreeMap<Seq, Snapshot>,
    /// Which checkpoint each peer read of last, until it is released.
    served: BTreeMap<ReplicaId, Seq>,
    /// State being fetched.
    incoming: Option<Incoming<D>>,
    chunk_bytes: usize,
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
    /// Opens the checkpoints of a folder, which may be empty, and loads the newest. Returns its sequence number and
    /// the digest of its state too: what `Start` wants to know.
    ///
    /// # Errors
    /// Whatever is wrong with the newest checkpoint; an older one is never used instead.
    pub fn open(disk: D, identity: Identity, machine: Arc<M>) -> Result<(Self, Seq, Digest), ExecutorError> {
        let store = CheckpointStore::open(disk.clone(), identity)?;
        let mut executor = Self {
            service: Service::new(machine),
            executed: Seq::default(),
            store,
            disk,
            identity,
            sealed: BTreeMap::new(),
            durable: BTreeMap::new(),
            served: BTreeMap::new(),
            incoming: None,
            chunk_bytes: CHUNK_BYTES,
        };
        let Some(loaded) = executor.store.load_newest()? else {
            let root = executor.service.root();
            return Ok((executor, Seq::default(), root));
        };
        let seq = Seq::new(loaded.sequence);
        let mut map = MerkleMap::new();
        for (key, value) in &loaded.entries {
            map.insert(key, value).map_err(|_| ExecutorError::BadEntry { seq })?;
        }
        let (expected, found) = (Digest(loaded.digest), map.root());
        if expected != found {
            return Err(ExecutorError::WrongState { seq, expected, found });
        }
        executor.durable.insert(seq, map.seal());
        executor.service = Service::restore(Arc::clone(executor.service.machine()), map);
        executor.executed = seq;
        Ok((executor, seq, found))
    }

    /// Gives peers pieces of about so many bytes, in place of [`CHUNK_BYTES`].
    #[must_use]
    pub fn with_chunk_bytes(self, chunk_bytes: usize) -> Self {
        Self { chunk_bytes, ..self }
    }

    /// Performs a task. Some are not reported.
    ///
    /// # Errors
    /// [`ExecutorError`], which is final.
    ///
    /// # Panics
    /// If the protocol asks for what the contract excludes: a batch out of order, a state sealed that is not the last,
    /// a piece stored of what is not being fetched, an installation of what was not fetched.
    pub fn perform(&mut self, task: Task) -> Result<Option<Report>, ExecutorError> {
        match task {
            Task::Execute { seq, batch } => {
                assert!(seq == self.executed.next(), "batches are executed in order and without gaps");
                let outcomes = self.service.execute(seq, &batch);
                self.executed = seq;
                Ok(Some(Report::Executed { seq, outcomes }))
            }
            Task::Seal { seq } => {
                assert!(seq == self.executed, "a state is sealed before the next batch is executed");
                assert!(self.sealed.len() < SEALED_MAX, "sealed states become checkpoints or are dropped");
                self.sealed.insert(seq, self.service.seal());
                Ok(None)
            }
            Task::Checkpoint { seq } => self.checkpoint(seq),
            Task::Recall { request } => {
                let outcome = self.service.recall(&request);
                Ok(Some(Report::Recalled { request, outcome }))
            }
            Task::ReadChunk { to, seq, range } => {
                let chunk = self.read_chunk(to, seq, &range);
                Ok(Some(Report::ChunkRead { to, seq, range, chunk }))
            }
            Task::Release { to } => {
                self.served.remove(&to);
                self.trim();
                Ok(None)
            }
            Task::BeginTransfer { seq, root } => {
                let transfer = self.begin_transfer(seq, root)?;
                Ok(Some(Report::TransferBegun { seq, transfer }))
            }
            Task::StoreChunk { from, seq, root, range, chunk } => {
                let incoming = self.incoming.as_mut().filter(|incoming| incoming.is(seq, &root));
                let transfer = incoming.expect("pieces are stored of what is being fetched").store(&range, chunk)?;
                Ok(Some(Report::ChunkStored { from, seq, range, transfer }))
            }
            Task::EndTransfer => {
                self.incoming = None;
                incoming::discard_up_to(&self.disk, Seq::new(u64::MAX))?;
                Ok(None)
            }
            Task::Install { seq, root } => self.install(seq, root),
            Task::Rollback { to } => {
                let state = self.sealed.get(&to).or_else(|| self.durable.get(&to));
                let map = state.expect("a state to return to is sealed").to_map();
                self.return_to(to, map);
                Ok(Some(Report::RolledBack { to }))
            }
        }
    }

    /// The last batch that was executed.
    pub fn executed(&self) -> Seq {
        self.executed
    }

    /// The service, to look at.
    pub fn service(&self) -> &Service<M> {
        &self.service
    }

    fn checkpoint(&mut self, seq: Seq) -> Result<Option<Report>, ExecutorError> {
        let Some(state) = self.sealed.remove(&seq) else {
            // Asked before other state was installed or returned to: the sealed one went with it.
            return Ok(None);
        };
        self.sealed = self.sealed.split_off(&seq);
        let parent = self.durable.last_key_value().filter(|_| !self.store.should_rebase());
        match parent {
            Some((parent, before)) => {
                let changes = before.diff(&state);
                self.store.save(seq.get(), state.root().0, Some(parent.get()), changes)?;
            }
            None => self.save_base(seq, &state)?,
        }
        Ok(Some(self.keep(seq, state)?))
    }

    fn save_base(&mut self, seq: Seq, state: &Snapshot) -> Result<(), ExecutorError> {
        let entries = state.range(&[], None).map(|(key, value)| (key, Some(value)));
        Ok(self.store.save(seq.get(), state.root().0, None, entries)?)
    }

    /// A state is durable: it can be fetched, and older ones go.
    fn keep(&mut self, seq: Seq, state: Snapshot) -> Result<Report, ExecutorError> {
        let root = state.root();
        self.durable.insert(seq, state);
        self.trim();
        // Files are for a restart only, which needs the newest; what is served is in memory.
        self.store.prune(seq.get())?;
        if self.incoming.is_none() {
            // Of a transfer before a restart, perhaps, which is not needed any more.
            incoming::discard_up_to(&self.disk, seq)?;
        }
        Ok(Report::CheckpointTaken { seq, state: root })
    }

    /// Forgets checkpoints that nobody needs.
    fn trim(&mut self) {
        let newest = self.durable.keys().rev().nth(SERVED_BESIDES).copied().unwrap_or_default();
        let served = &self.served;
        self.durable.retain(|seq, _| *seq >= newest || served.values().any(|served| served == seq));
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

    fn install(&mut self, seq: Seq, root: Digest) -> Result<Option<Report>, ExecutorError> {
        let incoming = self.incoming.take().expect("what is installed was fetched");
        assert!(incoming.is(seq, &root), "what is installed is what was fetched");
        let map = incoming.finish();
        let state = map.seal();
        // Our own later checkpoints, if there are any, are what this one replaces: they were wrong.
        self.store.discard_from(seq.get())?;
        self.durable.retain(|&kept, _| kept < seq);
        self.save_base(seq, &state)?;
        self.keep(seq, state)?;
        self.return_to(seq, map);
        Ok(Some(Report::Installed { seq, state: root }))
    }

    fn return_to(&mut self, seq: Seq, map: MerkleMap) {
        self.service = Service::restore(Arc::clone(self.service.machine()), map);
        self.executed = seq;
        self.sealed.retain(|&sealed, _| sealed <= seq);
    }
}

impl<M, D: Disk> fmt::Debug for Executor<M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("executed", &self.executed).field("service", &self.service).finish()
    }
}

#[cfg(test)]
mod tests;

//! What a world is built from: a protocol, a service, a model of that service, and an adversary.
//!
//! The world knows none of them. Whoever runs a protocol says here how its replicas, its service and its operations
//! are made; everything else about the run is in its [`Options`].

use crate::judge::Model;
use crate::options::Options;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use synod_kernel::adversary::Adversary;
use synod_kernel::chooser::Chooser;
use synod_kernel::process::{Binding, Process, Proof, Question, Report, Shown, Task};
use synod_kernel::{ClientId, Digest, ReplicaId, Scope, Seq, Signer};
use synod_storage::checkpoint::CheckpointError;
use synod_storage::{DiskError, ExecutorError, Failure, Identity, MemoryDisk};

/// What everybody in a world knows.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The cluster and its members.
    pub scope: Scope,
    /// The registered clients.
    pub clients: Vec<ClientId>,
    /// What was drawn for this run.
    pub options: Options,
}

/// How the parts of a world are made. Everything here is a pure function of its arguments.
pub trait Scenario {
    /// A replica.
    type Process: Process;
    /// Who owns the corrupted ones.
    type Adversary: Adversary<Self::Process>;
    /// The service behind a replica.
    type Engine: Engine;
    /// An independent implementation of what the service does.
    type Model: Model;

    /// A replica that has not started.
    fn process(&self, setting: &Setting, id: ReplicaId, signer: Arc<dyn Signer>) -> Self::Process;

    /// The service of a replica, as this disk has it.
    ///
    /// # Errors
    /// If the disk fails, or is refused.
    fn engine(&self, setting: &Setting, id: ReplicaId, disk: MemoryDisk) -> Result<Booted<Self::Engine>, EngineError>;

    /// The adversary.
    fn adversary(&self, setting: &Setting) -> Self::Adversary;

    /// The model, before anything was executed.
    fn model(&self, setting: &Setting) -> Self::Model;

    /// The certificates in what a replica says or keeps.
    fn proofs(&self, shown: Shown<'_, Self::Process>) -> Vec<Proof>;

    /// The answers that a replica gives when it vows something.
    fn promises(&self, vow: &<Self::Process as Process>::Vow) -> Vec<(Question, Digest)> {
        vec![(vow.question(), vow.answer())]
    }

    /// Whether what a replica says or keeps is what its protocol lets follow from its parts, worked out anew.
    ///
    /// # Errors
    /// With what is wrong, as the end of a sentence.
    fn check(&self, _: &Setting, _: Shown<'_, Self::Process>) -> Result<(), String> {
        Ok(())
    }

    /// What a replica may weigh at most: bytes that tell its state from every other, all of its collections as full as
    /// they can be in this setting when clients have asked so many requests. A formula of its own, not the replica's.
    fn weight_max(&self, setting: &Setting, asked: u64) -> u64;

    /// Views that may go by in a row, once everything is healed, without anything new being executed: as many as can
    /// have a corrupted primary, one more, and as many as it takes until patience suits the machines.
    fn views_max(&self, setting: &Setting) -> u64;

    /// The `number`-th operation of a client.
    fn operation(&self, client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes;

    /// An operation in words, for whoever reads what happened.
    fn describe(&self, operation: &Bytes) -> String {
        format!("{operation:?}")
    }
}

/// A service that was opened, and the newest durable checkpoint that it came from.
#[derive(Clone, Debug)]
pub struct Booted<E> {
    /// The service, in the state of the checkpoint.
    pub engine: E,
    /// The place of the checkpoint; zero without one.
    pub executed: Seq,
    /// The digest of its state.
    pub state: Digest,
}

/// A service and its checkpoint store, performing tasks.
pub trait Engine {
    /// Performs a task, or all of it but saving a state. Not every task has a report.
    ///
    /// # Errors
    /// If the disk fails.
    fn perform(&mut self, task: Task) -> Result<Option<Report>, EngineError>;

    /// Whether a task can be performed before anything else is saved.
    fn can_perform(&self, _: &Task) -> bool {
        true
    }

    /// Whether a state waits to be saved.
    fn is_saving(&self) -> bool {
        false
    }

    /// Saves the state that has waited longest, and reports the task that asked for it.
    ///
    /// # Errors
    /// If the disk fails.
    fn save(&mut self) -> Result<Option<Report>, EngineError> {
        Ok(None)
    }
}

/// Why an engine stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// The simulated machine was switched off in the middle of something.
    PowerOff,
    /// Anything else, in the words of whoever noticed.
    Broken(String),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerOff => write!(f, "the power went off"),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for EngineError {}

impl From<DiskError> for EngineError {
    fn from(error: DiskError) -> Self {
        if error.failure == Failure::PowerOff { Self::PowerOff } else { Self::Broken(error.to_string()) }
    }
}

impl From<ExecutorError> for EngineError {
    fn from(error: ExecutorError) -> Self {
        match error {
            ExecutorError::Checkpoint(CheckpointError::Disk(error)) => error.into(),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl Setting {
    /// To whom the files of a replica belong.
    pub fn identity(&self, id: ReplicaId) -> Identity {
        Identity { cluster: self.scope.domain.cluster.0, replica: id.get(), incarnation: 1 }
    }
}

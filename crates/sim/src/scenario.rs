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
use synod_kernel::process::{Process, Report, Task};
use synod_kernel::{ClientId, Digest, ReplicaId, Scope, Seq, Signer};
use synod_storage::{DiskError, Failure, MemoryDisk};

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
    fn engine(&self, setting: &Setting, id: ReplicaId, disk: MemoryDisk) -> Result<Self::Engine, EngineError>;

    /// The adversary.
    fn adversary(&self, setting: &Setting) -> Self::Adversary;

    /// The model, before anything was executed.
    fn model(&self, setting: &Setting) -> Self::Model;

    /// The `number`-th operation of a client.
    fn operation(&self, client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes;
}

/// A service and its checkpoint store, performing tasks.
pub trait Engine {
    /// The newest durable checkpoint: its place and the digest of its state; zeros without one.
    fn checkpoint(&self) -> (Seq, Digest);

    /// Performs a task. Not every task has a report.
    ///
    /// # Errors
    /// If the disk fails.
    fn perform(&mut self, task: Task) -> Result<Option<Report>, EngineError>;
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

//! What a replica's place in the world consists of.

use crate::scenario::{EngineError, Scenario, Setting};
use std::collections::{BTreeMap, VecDeque};
use synod_kernel::codec::decode_own;
use synod_kernel::gate::Gate;
use synod_kernel::process::{Process, Proof, Record, Report, Task};
use synod_kernel::{Batch, ReplicaId, View};
use synod_storage::log::{Log, LogError, LogOptions};
use synod_storage::{Failure, MemoryDisk};

/// Small, so that segments change often, and creating one is cheap.
const LOG: LogOptions = LogOptions { segment_bytes: 16 << 10, spares_max: 2 };

/// A replica's place.
pub(crate) enum Seat<S: Scenario> {
    /// Follows the protocol.
    Honest(Box<Honest<S>>),
    /// Does what the adversary wants. Has no log, since its promises bind nobody, and never crashes.
    Puppet(Body<S>),
}

/// A replica that follows the protocol, up or down.
pub(crate) struct Honest<S: Scenario> {
    pub(crate) disk: MemoryDisk,
    pub(crate) running: Option<Running<S>>,
    /// Grows with every crash.
    pub(crate) life: u64,
    /// Effects until it crashes, if it is to crash.
    pub(crate) fuse: Option<u64>,
    /// Whether its disk will stop in the middle of something.
    pub(crate) disk_armed: bool,
    /// What its disk was like some time ago, if it is frail.
    pub(crate) kept: Option<MemoryDisk>,
    /// How many failures of its disk it has stopped for.
    pub(crate) failures: u64,
    /// The highest view it was seen in.
    pub(crate) view: View,
}

/// A replica that is up.
pub(crate) struct Running<S: Scenario> {
    pub(crate) process: S::Process,
    pub(crate) gate: Gate<S::Process>,
    pub(crate) log: Log<MemoryDisk>,
    pub(crate) body: Body<S>,
    /// Whether a sync is planned.
    pub(crate) syncing: bool,
    /// What is proved in records that are not durable yet. If they are lost, nobody ever saw it.
    pub(crate) written: Vec<Proof>,
    /// What the service did, and was asked for while there were such records.
    pub(crate) executed: Vec<(Option<Batch>, Report)>,
}

/// Timers and service: what honest replicas and puppets have in common.
pub(crate) struct Body<S: Scenario> {
    pub(crate) engine: S::Engine,
    /// The arming of each timer that counts.
    pub(crate) timers: BTreeMap<<S::Process as Process>::Timer, u64>,
    /// With how many log commands had been given when each was asked for.
    pub(crate) tasks: VecDeque<(u64, Task)>,
    /// Whether the next task is planned.
    pub(crate) working: bool,
    /// Whether the next save is.
    pub(crate) saving: bool,
}

impl<S: Scenario> Honest<S> {
    pub(crate) fn new(disk: MemoryDisk) -> Self {
        Self {
            disk,
            running: None,
            life: 0,
            fuse: None,
            disk_armed: false,
            kept: None,
            failures: 0,
            view: View::default(),
        }
    }
}

impl<S: Scenario> Body<S> {
    pub(crate) fn new(engine: S::Engine) -> Self {
        Self { engine, timers: BTreeMap::new(), tasks: VecDeque::new(), working: false, saving: false }
    }
}

impl<S: Scenario> Seat<S> {
    /// Timers and service, unless the replica is down.
    pub(crate) fn body(&mut self) -> Option<&mut Body<S>> {
        match self {
            Self::Honest(honest) => honest.running.as_mut().map(|running| &mut running.body),
            Self::Puppet(body) => Some(body),
        }
    }

    /// The honest replica here, if there is one and it is up.
    pub(crate) fn running(&mut self) -> Option<&mut Running<S>> {
        match self {
            Self::Honest(honest) => honest.running.as_mut(),
            Self::Puppet(_) => None,
        }
    }

    /// Which life this is. Puppets have one.
    pub(crate) fn life(&self) -> u64 {
        match self {
            Self::Honest(honest) => honest.life,
            Self::Puppet(_) => 0,
        }
    }
}

/// A log that was opened, with what was in it.
pub(crate) struct OpenLog<P: Process> {
    pub(crate) log: Log<MemoryDisk>,
    pub(crate) raw: Vec<Vec<u8>>,
    pub(crate) records: Vec<Record<P>>,
    pub(crate) torn: bool,
}

/// What a failed log means for its replica.
pub(crate) fn log_error(error: &LogError) -> EngineError {
    match error {
        LogError::Disk(disk) if disk.failure == Failure::PowerOff => EngineError::PowerOff,
        other => EngineError::Broken(other.to_string()),
    }
}

/// Opens the log on this disk, or makes a new one on an empty disk.
pub(crate) fn open_log<P: Process>(
    setting: &Setting,
    id: ReplicaId,
    disk: &MemoryDisk,
) -> Result<OpenLog<P>, EngineError> {
    let owner = setting.identity(id);
    if !Log::exists(disk).map_err(|error| log_error(&error))? {
        let log = Log::create(disk.clone(), owner, LOG).map_err(|error| log_error(&error))?;
        return Ok(OpenLog { log, raw: Vec::new(), records: Vec::new(), torn: false });
    }
    let (log, recovered) = Log::open(disk.clone(), owner, LOG).map_err(|error| log_error(&error))?;
    let torn = recovered.torn_bytes > 0;
    let raw = recovered.records;
    let decode = |bytes: &Vec<u8>| decode_own(bytes.clone().into(), &setting.scope);
    let records = raw.iter().map(decode).collect::<Result<Vec<Record<P>>, _>>();
    let records = records.map_err(|error| EngineError::Broken(format!("a record of its own log: {error}")))?;
    Ok(OpenLog { log, raw, records, torn })
}

/// What would be in the log if the power of the whole machine failed now and nothing unsynced survived.
pub(crate) fn durable_records(setting: &Setting, id: ReplicaId, disk: &MemoryDisk) -> Result<Vec<Vec<u8>>, LogError> {
    let mut copy = disk.fork();
    copy.power_cut(|_, _| false);
    Log::open(copy, setting.identity(id), LOG).map(|(_, recovered)| recovered.records)
}

//! The answer to a status query, and its encoding.

use synod_kernel::membership::MAX_REPLICAS;
use synod_kernel::{Decode, Encode, Malformed, Reader, ReplicaId, Status, Writer};

/// The whole answer of one replica.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeStatus {
    /// What the protocol says of itself.
    pub protocol: Status,
    /// What its process says of itself.
    pub usage: Usage,
}

/// What a process uses, and what it has done since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Usage {
    /// Processor time of the process, user and system together, in microseconds; none where the system does not tell.
    pub cpu_microseconds: Option<u64>,
    /// Memory of the process that is resident, in bytes; none where the system does not tell.
    pub resident_bytes: Option<u64>,
    /// How long the replica has been running, in microseconds.
    pub uptime_microseconds: u64,
    /// How often something was made durable.
    pub syncs: Syncs,
    /// What was executed.
    pub executed: Work,
    /// What waits.
    pub queues: Queues,
    /// Frames that did not decode or had a bad signature.
    pub rejected_frames: u64,
    /// Connections of clients that are up.
    pub client_connections: u64,
    /// The links to every other replica, ascending: at most n-1.
    pub peers: Vec<PeerLink>,
}

/// Calls of `fdatasync` and `fsync` on the data folder, each counted once. The few by which a first start makes its
/// folder and its marker are not among them: they are over before the replica runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Syncs {
    /// By which a group of records became durable.
    pub log: u64,
    /// For the log's upkeep: new segments, replacing the log by what is still needed, recovery at the start.
    pub log_upkeep: u64,
    /// For checkpoints.
    pub checkpoints: u64,
}

impl Syncs {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.log.saturating_add(self.log_upkeep).saturating_add(self.checkpoints)
    }
}

/// What was executed. Requests and operations that a batch merely repeats are not counted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Work {
    /// Batches.
    pub batches: u64,
    /// Requests in them.
    pub requests: u64,
    /// Operations in those.
    pub operations: u64,
}

/// What waits inside a process, stage by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Queues {
    /// Effects that wait for the log.
    pub held_effects: u64,
    /// Log commands that are not yet durable.
    pub log: u64,
    /// Tasks of the service that are not yet done.
    pub tasks: u64,
    /// Verified inputs that wait for the protocol.
    pub inputs: u64,
}

/// The two connections between a replica and one other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerLink {
    /// The other.
    pub replica: ReplicaId,
    /// Whether it is connected to us.
    pub inbound: bool,
    /// Whether we are connected to it.
    pub outbound: bool,
}

/// Encodes the fields of a struct one after the other, in the order given, and reads them back.
macro_rules! fields {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl Encode for $name {
            fn encode(&self, writer: &mut Writer) {
                $(self.$field.encode(writer);)+
            }
        }
        impl Decode for $name {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(Self { $($field: Decode::decode(reader)?),+ })
            }
        }
    };
}
fields!(NodeStatus { protocol, usage });
fields!(Syncs { log, log_upkeep, checkpoints });
fields!(Work { batches, requests, operations });
fields!(Queues { held_effects, log, tasks, inputs });
fields!(PeerLink { replica, inbound, outbound });

impl Encode for Usage {
    fn encode(&self, writer: &mut Writer) {
        self.cpu_microseconds.encode(writer);
        self.resident_bytes.encode(writer);
        self.uptime_microseconds.encode(writer);
        self.syncs.encode(writer);
        self.executed.encode(writer);
        self.queues.encode(writer);
        self.rejected_frames.encode(writer);
        self.client_connections.encode(writer);
        writer.list(self.peers.iter());
    }
}

impl Decode for Usage {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let usage = Self {
            cpu_microseconds: Decode::decode(reader)?,
            resident_bytes: Decode::decode(reader)?,
            uptime_microseconds: Decode::decode(reader)?,
            syncs: Decode::decode(reader)?,
            executed: Decode::decode(reader)?,
            queues: Decode::decode(reader)?,
            rejected_frames: Decode::decode(reader)?,
            client_connections: Decode::decode(reader)?,
            peers: reader.list("peers", usize::from(MAX_REPLICAS))?,
        };
        let ascend = usage.peers.is_sorted_by(|one, next| one.replica < next.replica);
        if ascend { Ok(usage) } else { Err(Malformed::OutOfOrder { what: "peers" }) }
    }
}

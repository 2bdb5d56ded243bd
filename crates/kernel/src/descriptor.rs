//! The cluster descriptor: members, keys, addresses and parameters, signed by every operator.
//!
//! It is the one file everybody starts from; its digest is the cluster's name. Operator keys sign the descriptor
//! and are kept offline; voting keys sign protocol statements; transport keys authenticate channels. No key
//! serves two purposes or two owners, and small-order or non-canonical keys are refused. Reading and writing the
//! file is the node's business; this module says what a descriptor is and when it is good.

use crate::codec::{Encode, Scope, Writer};
use crate::digest::Digest;
use crate::ed25519::{BadKey, Ed25519Verifier, PublicKey, SecretKey};
use crate::frame::MAX_REPLICA_FRAME;
use crate::id::Epoch;
use crate::membership::{Faults, Membership, MembershipError};
use crate::request::MAX_REQUEST_BYTES;
use crate::signature::Signature;
use crate::statement::Domain;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The widest window there may be.
pub const MAX_WINDOW: u64 = 4096;
/// Operators, replicas or clients in one descriptor, at most.
pub const MAX_ENTRIES: usize = 10_000;

/// Bytes of a piece of state on the wire, at most.
const MAX_PIECE: usize = 8 << 20;
/// Bytes that a frame may have besides its largest part: keys, signatures, certificates, the frames of operations.
const FRAME_MARGIN: usize = 1 << 20;

/// What all replicas must agree on, so it is in the signed descriptor and never in a local file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// A checkpoint is taken every this many batches. [PBFT-OSDI99 §4.3], K.
    pub checkpoint_interval: u64,
    /// Sequence numbers run at most this far ahead of the last stable checkpoint. [PBFT-OSDI99 §4.2], L.
    pub window: u64,
    /// Batches the primary has under way at once.
    pub pipeline: u64,
    /// Bytes of one batch, at most.
    pub batch_bytes: u32,
    /// How long a backup waits for a request it knows of before it asks for another primary; doubles with every
    /// view change that brings nothing. Milliseconds.
    pub view_timeout_ms: u32,
    /// How often a replica tells the others how far it is, so that they can send what it lacks. Milliseconds.
    pub status_interval_ms: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            checkpoint_interval: 128,
            window: 256,
            pipeline: 8,
            batch_bytes: 1 << 20,
            view_timeout_ms: 1_000,
            status_interval_ms: 250,
        }
    }
}

/// A party that runs replicas and signs descriptors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorEntry {
    /// What people call it.
    pub name: String,
    /// Signs descriptors. Kept offline.
    pub key: [u8; 32],
}

/// One replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaEntry {
    /// Position of its operator.
    pub operator: u16,
    /// Signs its protocol statements.
    pub voting_key: [u8; 32],
    /// Authenticates its channels.
    pub transport_key: [u8; 32],
    /// Where replicas and clients reach it, `host:port`.
    pub address: String,
    /// Where its operator reaches it, `host:port`; not for strangers.
    pub admin: String,
}

/// One registered client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientEntry {
    /// What people call it.
    pub name: String,
    /// Signs its requests; this key is its identity.
    pub key: [u8; 32],
    /// Authenticates its channels.
    pub transport_key: [u8; 32],
}

/// The unsigned content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Made by one person for trying things out; enables what production must not have.
    pub dev: bool,
    /// The configuration's number; 0 is the first.
    pub epoch: u64,
    /// f: how many replicas may lie.
    pub faults: u16,
    /// What all replicas agree on.
    pub parameters: Parameters,
    /// Who signs.
    pub operators: Vec<OperatorEntry>,
    /// Who votes, by position.
    pub replicas: Vec<ReplicaEntry>,
    /// Who may ask.
    pub clients: Vec<ClientEntry>,
}

/// A descriptor that was checked: the only form in which anything else sees one.
#[derive(Clone, Debug)]
pub struct Cluster {
    descriptor: Descriptor,
    scope: Scope,
    verifier: Ed25519Verifier,
}

/// Why a descriptor is no good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DescriptorError {
    /// The replicas and faults do not fit.
    Membership(MembershipError),
    /// A key is not usable. Says whose.
    BadKey(String, BadKey),
    /// Two entries have the same key. Says which.
    SharedKey(String, String),
    /// A replica names an operator that is not there.
    NoSuchOperator {
        /// The replica's position.
        replica: usize,
        /// The operator it names.
        operator: u16,
    },
    /// A parameter is out of its range. Says which and why.
    Parameter(&'static str),
    /// More entries than anyone needs.
    TooManyEntries,
    /// An operator has not signed. Says who.
    MissingSignature(String),
    /// A signature is not the operator's, or the content was changed after it was made. Says whose.
    BadSignature(String),
}

impl fmt::Display for DescriptorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Membership(error) => error.fmt(f),
            Self::BadKey(whose, error) => write!(f, "the {whose}: {error}"),
            Self::SharedKey(one, other) => write!(f, "the {one} and the {other} are the same key"),
            Self::NoSuchOperator { replica, operator } => {
                write!(f, "replica {replica} belongs to operator {operator}, and there is none")
            }
            Self::Parameter(why) => write!(f, "parameters: {why}"),
            Self::TooManyEntries => write!(f, "more than {MAX_ENTRIES} entries"),
            Self::MissingSignature(who) => write!(f, "operator {who} has not signed it"),
            Self::BadSignature(who) => {
                write!(
                    f,
                    "the signature of operator {who} does not fit: it was changed after signing, or is not theirs"
                )
            }
        }
    }
}

impl core::error::Error for DescriptorError {}

impl Encode for Descriptor {
    fn encode(&self, writer: &mut Writer) {
        self.dev.encode(writer);
        self.epoch.encode(writer);
        self.faults.encode(writer);
        let Parameters { checkpoint_interval, window, pipeline, batch_bytes, view_timeout_ms, status_interval_ms } =
            self.parameters;
        [checkpoint_interval, window, pipeline].iter().for_each(|value| value.encode(writer));
        [batch_bytes, view_timeout_ms, status_interval_ms].iter().for_each(|value| value.encode(writer));
        writer.count(self.operators.len());
        for OperatorEntry { name, key } in &self.operators {
            writer.bytes(name.as_bytes());
            writer.raw(key);
        }
        writer.count(self.replicas.len());
        for ReplicaEntry { operator, voting_key, transport_key, address, admin } in &self.replicas {
            operator.encode(writer);
            writer.raw(voting_key);
            writer.raw(transport_key);
            writer.bytes(address.as_bytes());
            writer.bytes(admin.as_bytes());
        }
        writer.count(self.clients.len());
        for ClientEntry { name, key, transport_key } in &self.clients {
            writer.bytes(name.as_bytes());
            writer.raw(key);
            writer.raw(transport_key);
        }
    }
}

impl Descriptor {
    /// What operators sign, and the cluster's name.
    pub fn digest(&self) -> Digest {
        Digest::of("synod descriptor v1", &self.to_bytes())
    }

    /// Signs as one operator.
    pub fn sign(&self, operator: &SecretKey) -> Signature {
        operator.sign(&self.digest())
    }

    /// Checks everything: counts, keys, parameters, and the signature of every operator, in their order.
    pub fn verify(self, signatures: &[Option<Signature>]) -> Result<Cluster, DescriptorError> {
        let entries = [self.operators.len(), self.replicas.len(), self.clients.len()];
        if entries.iter().any(|&count| count > MAX_ENTRIES) {
            return Err(DescriptorError::TooManyEntries);
        }
        let replicas = u16::try_from(self.replicas.len()).map_err(|_| DescriptorError::TooManyEntries)?;
        let membership =
            Membership::new(replicas, Faults::Byzantine(self.faults)).map_err(DescriptorError::Membership)?;
        self.parameters.check(&membership)?;
        let keys = self.parse_keys()?;
        let digest = self.digest();
        for (position, operator) in self.operators.iter().enumerate() {
            let signature = signatures.get(position).copied().flatten();
            let signature = signature.ok_or_else(|| DescriptorError::MissingSignature(operator.name.clone()))?;
            if !keys.operators[position].verifies(&digest, &signature) {
                return Err(DescriptorError::BadSignature(operator.name.clone()));
            }
        }
        let domain = Domain { cluster: digest, epoch: Epoch::new(self.epoch) };
        let scope = Scope { domain, membership, window: self.parameters.window };
        let verifier = Ed25519Verifier::new(keys.replicas, keys.clients);
        Ok(Cluster { descriptor: self, scope, verifier })
    }

    fn parse_keys(&self) -> Result<Keys, DescriptorError> {
        let mut seen = BTreeMap::new();
        let mut parse = |owner: String, bytes: [u8; 32]| {
            let key = PublicKey::parse(bytes).map_err(|error| DescriptorError::BadKey(owner.clone(), error))?;
            match seen.insert(bytes, owner.clone()) {
                Some(other) => Err(DescriptorError::SharedKey(other, owner)),
                None => Ok(key),
            }
        };
        let mut keys = Keys::default();
        for operator in &self.operators {
            keys.operators.push(parse(alloc::format!("key of operator {}", operator.name), operator.key)?);
        }
        for (position, replica) in self.replicas.iter().enumerate() {
            if usize::from(replica.operator) >= self.operators.len() {
                return Err(DescriptorError::NoSuchOperator { replica: position, operator: replica.operator });
            }
            keys.replicas.push(parse(alloc::format!("voting key of replica {position}"), replica.voting_key)?);
            parse(alloc::format!("transport key of replica {position}"), replica.transport_key)?;
        }
        for client in &self.clients {
            keys.clients.push(parse(alloc::format!("key of client {}", client.name), client.key)?);
            parse(alloc::format!("transport key of client {}", client.name), client.transport_key)?;
        }
        Ok(keys)
    }
}

#[derive(Default)]
struct Keys {
    operators: Vec<PublicKey>,
    replicas: Vec<PublicKey>,
    clients: Vec<PublicKey>,
}

impl Parameters {
    /// The default for such a cluster: the larger it is, the narrower its window, so that its messages fit their
    /// frames.
    pub fn suited_to(membership: &Membership) -> Self {
        let mut parameters = Self::default();
        while parameters.checkpoint_interval > 1 && parameters.check(membership).is_err() {
            parameters.checkpoint_interval /= 2;
            parameters.window = 2 * parameters.checkpoint_interval;
            parameters.pipeline = parameters.pipeline.min(parameters.window);
        }
        parameters
    }

    /// Bytes of a NEW-VIEW, about: it carries up to n VIEW-CHANGEs, each with up to `window` certificates of up to n
    /// signers, and proposals for up to three windows.
    fn new_view_bytes(&self, membership: &Membership) -> u64 {
        let (size, window) = (u64::from(membership.size()), self.window);
        let certificate = size * 66 + 64;
        let view_change = window.saturating_mul(certificate).saturating_add(certificate + 256);
        size.saturating_mul(view_change).saturating_add(window.saturating_mul(3 * 128))
    }

    /// Bytes of one frame between replicas of such a cluster, at most: a piece of state, a batch with what proves it,
    /// or a NEW-VIEW with room to spare. Never more than [`MAX_REPLICA_FRAME`].
    pub fn frame_max(&self, membership: &Membership) -> usize {
        let batch = (self.batch_bytes as usize).max(MAX_REQUEST_BYTES) + FRAME_MARGIN;
        let new_view = usize::try_from(self.new_view_bytes(membership).saturating_mul(4)).unwrap_or(usize::MAX);
        batch.max(MAX_PIECE).max(new_view).saturating_add(FRAME_MARGIN).min(MAX_REPLICA_FRAME)
    }

    /// Whether a cluster of this size can work with them.
    ///
    /// # Errors
    /// The first rule that they break.
    pub fn check(&self, membership: &Membership) -> Result<(), DescriptorError> {
        let new_view = self.new_view_bytes(membership);
        let rules = [
            (self.checkpoint_interval >= 1, "checkpoint_interval must be at least 1"),
            (
                self.window >= self.checkpoint_interval.saturating_mul(2),
                "window must be at least twice checkpoint_interval",
            ),
            (self.window <= MAX_WINDOW, "window must be at most 4096"),
            ((1..=self.window).contains(&self.pipeline), "pipeline must be between 1 and window"),
            (self.batch_bytes >= 1 << 11, "batch_bytes must be at least 2048"),
            (self.batch_bytes <= 16 << 20, "batch_bytes must be at most 16 MiB"),
            ((10..=600_000).contains(&self.view_timeout_ms), "view_timeout_ms must be between 10 and 600000"),
            ((5..=60_000).contains(&self.status_interval_ms), "status_interval_ms must be between 5 and 60000"),
            (new_view < MAX_REPLICA_FRAME as u64, "window is too large for this many replicas"),
        ];
        match rules.iter().find(|(holds, _)| !holds) {
            Some((_, why)) => Err(DescriptorError::Parameter(why)),
            None => Ok(()),
        }
    }
}

impl Cluster {
    /// What it says.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// What signatures are separated by, and who the members are.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Knows everybody's signing keys.
    pub fn verifier(&self) -> &Ed25519Verifier {
        &self.verifier
    }
}

#[cfg(test)]
mod tests;

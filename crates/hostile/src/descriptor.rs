//! The descriptor: read, checked, and the name of the cluster computed from it.

use crate::codec::Out;
use crate::digest::{Domain, digest};
use ed25519_zebra::{Signature, VerificationKey};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Descriptor {
    dev: bool,
    epoch: u64,
    pub(crate) faults: u16,
    parameters: Parameters,
    operator: Vec<Operator>,
    pub(crate) replica: Vec<Replica>,
    pub(crate) client: Vec<ClientEntry>,
    signature: Vec<SignatureEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    checkpoint_interval: u64,
    window: u64,
    pipeline: u64,
    batch_bytes: u32,
    view_timeout_ms: u32,
    status_interval_ms: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operator {
    name: String,
    key: Key,
}

/// One replica.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replica {
    operator: u16,
    pub(crate) voting_key: Key,
    pub(crate) transport_key: Key,
    pub(crate) address: String,
    pub(crate) admin: String,
}

/// One client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientEntry {
    name: String,
    pub(crate) key: Key,
    pub(crate) transport_key: Key,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureEntry {
    operator: u16,
    signature: String,
}

/// 32 bytes in hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Key(pub(crate) [u8; 32]);

impl TryFrom<String> for Key {
    type Error = &'static str;

    fn try_from(digits: String) -> Result<Self, Self::Error> {
        from_hexadecimal(&digits).map(Self).ok_or("64 lowercase hexadecimal digits are a key")
    }
}

/// The bytes that lowercase digits stand for.
pub(crate) fn from_hexadecimal<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() != 2 * N || !digits.bytes().all(is_digit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, position) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[position..position + 2], 16).ok()?;
    }
    Some(bytes)
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("descriptor: {why}"))
}

impl Descriptor {
    /// Reads a descriptor and checks what the document says is to be checked.
    pub(crate) fn parse(text: &str) -> io::Result<Self> {
        let descriptor: Self = toml::from_str(text).map_err(|error| bad(&error.to_string()))?;
        descriptor.check()?;
        Ok(descriptor)
    }

    fn check(&self) -> io::Result<()> {
        let (n, f) = (self.replica.len(), usize::from(self.faults));
        if n > 100 || n < 3 * f + 1 {
            return Err(bad("so many replicas cannot tolerate so many faults"));
        }
        let name = self.name();
        for (position, operator) in self.operator.iter().enumerate() {
            let signature = self.signature.iter().find(|signature| usize::from(signature.operator) == position);
            let signature = signature.ok_or_else(|| bad("an operator has not signed"))?;
            let signature = from_hexadecimal::<64>(&signature.signature).ok_or_else(|| bad("not a signature"))?;
            verify(&operator.key, &name, &signature).map_err(|_| bad("an operator's signature is not good"))?;
        }
        let operators = self.operator.iter().map(|operator| operator.key);
        let replicas = self.replica.iter().flat_map(|replica| [replica.voting_key, replica.transport_key]);
        let clients = self.client.iter().flat_map(|client| [client.key, client.transport_key]);
        let mut seen = BTreeSet::new();
        if operators.chain(replicas).chain(clients).all(|key| seen.insert(key)) {
            Ok(())
        } else {
            Err(bad("a key occurs twice"))
        }
    }

    /// Refuses all but development clusters, as whoever signs a descriptor for others does not ask for attacks.
    pub(crate) fn check_that_it_may_be_attacked(&self) -> io::Result<()> {
        let refused =
            || io::Error::other("this is no development cluster's descriptor: nobody attacks what others use");
        if self.dev { Ok(()) } else { Err(refused()) }
    }

    /// The content as it is signed.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let Parameters { checkpoint_interval, window, pipeline, batch_bytes, view_timeout_ms, status_interval_ms } =
            self.parameters;
        Out::default()
            .bool(self.dev)
            .u64(self.epoch)
            .u16(self.faults)
            .u64(checkpoint_interval)
            .u64(window)
            .u64(pipeline)
            .u32(batch_bytes)
            .u32(view_timeout_ms)
            .u32(status_interval_ms)
            .list(&self.operator, |out, operator| out.bytes(operator.name.as_bytes()).raw(&operator.key.0))
            .list(&self.replica, |out, replica| {
                let out = out.u16(replica.operator).raw(&replica.voting_key.0).raw(&replica.transport_key.0);
                out.bytes(replica.address.as_bytes()).bytes(replica.admin.as_bytes())
            })
            .list(&self.client, |out, client| {
                out.bytes(client.name.as_bytes()).raw(&client.key.0).raw(&client.transport_key.0)
            })
            .done()
    }

    /// The cluster's name.
    pub(crate) fn name(&self) -> [u8; 32] {
        digest("synod descriptor v1", &self.encode())
    }

    /// What separates its statements from those of others.
    pub(crate) fn domain(&self) -> Domain {
        Domain { cluster: self.name(), epoch: self.epoch }
    }
}

/// Whether this key made this signature over a digest.
pub(crate) fn verify(key: &Key, digest: &[u8; 32], signature: &[u8; 64]) -> io::Result<()> {
    let bad = |_| io::Error::new(io::ErrorKind::InvalidData, "a signature is not good");
    let key = VerificationKey::try_from(key.0).map_err(bad)?;
    key.verify(&Signature::from(*signature), digest).map_err(bad)
}

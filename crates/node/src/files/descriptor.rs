//! The descriptor as a file that people can read: TOML, keys and signatures in hexadecimal digits.
//!
//! Unknown and missing fields are refused, so that a typing error is never silently a default. Reading gives what the
//! file says; only [`DescriptorFile::verify`] says that it is good. What is signed is the kernel's encoding, not this
//! text: comments and layout may differ between copies.

use super::error::{FileError, FileProblem};
use super::{durable, hex};
use serde::{Deserialize, Serialize};
use std::path::Path;
use synod_kernel::Signature;
use synod_kernel::descriptor::{
    ClientEntry, Cluster, Descriptor, DescriptorError, OperatorEntry, Parameters, ReplicaEntry,
};

/// A file of more bytes is no descriptor. Enough for every entry the kernel admits.
const MAX_BYTES: u64 = 16 << 20;
const WHAT: &str = "the cluster descriptor";

/// One operator's signature under a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorSignature {
    /// The operator's position.
    pub operator: u16,
    /// Made with the operator's key over the descriptor's digest.
    pub signature: Signature,
}

/// A descriptor and the signatures that stand under it. Not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptorFile {
    /// The content.
    pub descriptor: Descriptor,
    /// The signatures, in any order, at most one for each operator.
    pub signatures: Vec<OperatorSignature>,
}

impl DescriptorFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If it is missing, too large, or not a descriptor's text.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text = durable::read_text(&mut durable::open(path, WHAT)?, path, WHAT, MAX_BYTES)?;
        Self::parse(&text).map_err(|problem| FileError::new(path, problem))
    }

    /// Reads a descriptor's text.
    ///
    /// # Errors
    /// If it is not one.
    pub fn parse(text: &str) -> Result<Self, FileProblem> {
        let document: Document =
            toml::from_str(text).map_err(|error| FileProblem::Syntax { message: error.to_string() })?;
        document.into_file()
    }

    /// Its text.
    ///
    /// # Errors
    /// If a number is beyond what TOML can say, which is 2^63 - 1.
    pub fn render(&self) -> Result<String, FileProblem> {
        let body = toml::to_string(&Document::from_file(self));
        let body = body.map_err(|error| FileProblem::Syntax { message: error.to_string() })?;
        Ok(format!(
            "# The descriptor of a synod cluster. Every operator signs its content; change nothing after signing.\n\
             # The cluster's name is the digest {}.\n\n{body}",
            hex::encode(self.descriptor.digest().as_bytes())
        ))
    }

    /// Writes it as a new file, durably.
    ///
    /// # Errors
    /// If there is already a file of that name, or the system refuses.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let text = self.render().map_err(|problem| FileError::new(path, problem))?;
        durable::write_new(path, 0o644, &text)
    }

    /// Checks everything that a descriptor promises, the signature of every operator included.
    ///
    /// # Errors
    /// If it does not hold.
    pub fn verify(self) -> Result<Cluster, DescriptorError> {
        let mut signatures = vec![None; self.descriptor.operators.len()];
        for OperatorSignature { operator, signature } in self.signatures {
            if let Some(place) = signatures.get_mut(usize::from(operator)) {
                *place = Some(signature);
            }
        }
        self.descriptor.verify(&signatures)
    }

    /// Reads and verifies the file at `path`.
    ///
    /// # Errors
    /// If it cannot be read or does not verify.
    pub fn open(path: &Path) -> Result<Cluster, FileError> {
        let verified = Self::read(path)?.verify();
        verified.map_err(|error| FileError::new(path, FileProblem::Descriptor(error)))
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    dev: bool,
    epoch: u64,
    faults: u16,
    parameters: ParametersTable,
    #[serde(default)]
    operator: Vec<OperatorTable>,
    #[serde(default)]
    replica: Vec<ReplicaTable>,
    #[serde(default)]
    client: Vec<ClientTable>,
    #[serde(default)]
    signature: Vec<SignatureTable>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ParametersTable {
    checkpoint_interval: u64,
    window: u64,
    pipeline: u64,
    batch_bytes: u32,
    view_timeout_ms: u32,
    status_interval_ms: u32,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct OperatorTable {
    name: String,
    key: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ReplicaTable {
    operator: u16,
    voting_key: String,
    transport_key: String,
    address: String,
    admin: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ClientTable {
    name: String,
    key: String,
    transport_key: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SignatureTable {
    operator: u16,
    signature: String,
}

fn key(digits: &str, place: impl FnOnce() -> String) -> Result<[u8; 32], FileProblem> {
    let why = "a key is 64 lowercase hexadecimal digits";
    hex::decode(digits).ok_or_else(|| FileProblem::Value { place: place(), why })
}

impl Document {
    fn from_file(file: &DescriptorFile) -> Self {
        let Descriptor { dev, epoch, faults, parameters, operators, replicas, clients } = file.descriptor.clone();
        let operator = operators.into_iter().map(|OperatorEntry { name, key }| {
            let key = hex::encode(&key);
            OperatorTable { name, key }
        });
        let replica = replicas.into_iter().map(|entry| {
            let ReplicaEntry { operator, voting_key, transport_key, address, admin } = entry;
            let (voting_key, transport_key) = (hex::encode(&voting_key), hex::encode(&transport_key));
            ReplicaTable { operator, voting_key, transport_key, address, admin }
        });
        let client = clients.into_iter().map(|ClientEntry { name, key, transport_key }| {
            let (key, transport_key) = (hex::encode(&key), hex::encode(&transport_key));
            ClientTable { name, key, transport_key }
        });
        let signature = file.signatures.iter().map(|OperatorSignature { operator, signature }| {
            let signature = hex::encode(&signature.0);
            SignatureTable { operator: *operator, signature }
        });
        Self {
            dev,
            epoch,
            faults,
            parameters: ParametersTable::from_parameters(parameters),
            operator: operator.collect(),
            replica: replica.collect(),
            client: client.collect(),
            signature: signature.collect(),
        }
    }

    fn into_file(self) -> Result<DescriptorFile, FileProblem> {
        let mut descriptor = Descriptor {
            dev: self.dev,
            epoch: self.epoch,
            faults: self.faults,
            parameters: self.parameters.into_parameters(),
            operators: Vec::new(),
            replicas: Vec::new(),
            clients: Vec::new(),
        };
        for OperatorTable { name, key: digits } in self.operator {
            let key = key(&digits, || format!("key of operator {name}"))?;
            descriptor.operators.push(OperatorEntry { name, key });
        }
        for (position, table) in self.replica.into_iter().enumerate() {
            let ReplicaTable { operator, voting_key, transport_key, address, admin } = table;
            let voting_key = key(&voting_key, || format!("voting_key of replica {position}"))?;
            let transport_key = key(&transport_key, || format!("transport_key of replica {position}"))?;
            descriptor.replicas.push(ReplicaEntry { operator, voting_key, transport_key, address, admin });
        }
        for ClientTable { name, key: digits, transport_key } in self.client {
            let transport_key = key(&transport_key, || format!("transport_key of client {name}"))?;
            let key = key(&digits, || format!("key of client {name}"))?;
            descriptor.clients.push(ClientEntry { name, key, transport_key });
        }
        let signatures = signatures(self.signature, descriptor.operators.len())?;
        Ok(DescriptorFile { descriptor, signatures })
    }
}

fn signatures(tables: Vec<SignatureTable>, operators: usize) -> Result<Vec<OperatorSignature>, FileProblem> {
    let mut signatures: Vec<OperatorSignature> = Vec::new();
    for SignatureTable { operator, signature } in tables {
        let refuse = |why| FileProblem::Value { place: format!("signature of operator {operator}"), why };
        if usize::from(operator) >= operators {
            return Err(refuse("there is no operator at this position, counted from 0"));
        }
        if signatures.iter().any(|other| other.operator == operator) {
            return Err(refuse("it stands there twice; keep one"));
        }
        let signature = hex::decode(&signature).map(Signature);
        let signature = signature.ok_or_else(|| refuse("a signature is 128 lowercase hexadecimal digits"))?;
        signatures.push(OperatorSignature { operator, signature });
    }
    Ok(signatures)
}

impl ParametersTable {
    fn from_parameters(parameters: Parameters) -> Self {
        let Parameters { checkpoint_interval, window, pipeline, batch_bytes, view_timeout_ms, status_interval_ms } =
            parameters;
        Self { checkpoint_interval, window, pipeline, batch_bytes, view_timeout_ms, status_interval_ms }
    }

    fn into_parameters(self) -> Parameters {
        let Self { checkpoint_interval, window, pipeline, batch_bytes, view_timeout_ms, status_interval_ms } = self;
        Parameters { checkpoint_interval, window, pipeline, batch_bytes, view_timeout_ms, status_interval_ms }
    }
}

#[cfg(test)]
mod tests;

//! Making a cluster out of nothing.
//!
//! [`dev`] makes all keys of all parties on one machine, which is for trying things out: its descriptor says so, for
//! good. In production each operator makes its own keys with [`new_seed`] on its own machine and signs the descriptor
//! there, so that no one ever holds the keys of more than its own replicas.

use crate::files::{
    self, DESCRIPTOR_FILE, DescriptorFile, FileError, OperatorSignature, ReplicaSettings, SecretSeed, create_folder,
};
use std::path::{Path, PathBuf};
use synod_kernel::descriptor::{
    ClientEntry, Cluster, Descriptor, DescriptorError, OperatorEntry, Parameters, ReplicaEntry,
};
use synod_kernel::ed25519::SecretKey;
use synod_kernel::{Faults, Membership};
use zeroize::Zeroizing;

/// Where one replica is reached, as `host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// By replicas and clients.
    pub address: String,
    /// By its operator.
    pub admin: String,
}

/// What a development cluster is to be like.
#[derive(Clone, Debug)]
pub struct DevOptions {
    /// How many replicas may lie.
    pub faults: u16,
    /// One entry for each replica.
    pub endpoints: Vec<Endpoints>,
    /// What all replicas agree on.
    pub parameters: Parameters,
    /// How many clients are registered; at least one is.
    pub clients: u16,
}

impl DevOptions {
    /// Replica i listens on `port + i` of this machine, and for its operator on `admin_port + i`. There is one client.
    ///
    /// # Errors
    /// If the ports run out or overlap, or so many replicas cannot tolerate so many faults.
    pub fn local(replicas: u16, faults: u16, port: u16, admin_port: u16) -> Result<Self, GenesisError> {
        for first in [port, admin_port] {
            if first.checked_add(replicas.saturating_sub(1)).is_none() {
                return Err(GenesisError::Ports { replicas, port: first });
            }
        }
        if port.abs_diff(admin_port) < replicas {
            return Err(GenesisError::SamePorts { replicas });
        }
        let endpoints = (0..replicas).map(|position| Endpoints {
            address: format!("127.0.0.1:{}", port + position),
            admin: format!("127.0.0.1:{}", admin_port + position),
        });
        let membership = Membership::new(replicas, Faults::Byzantine(faults)).map_err(DescriptorError::Membership)?;
        Ok(Self { faults, endpoints: endpoints.collect(), parameters: Parameters::suited_to(&membership), clients: 1 })
    }
}

/// What was made.
#[derive(Clone, Debug)]
pub struct DevCluster {
    /// The verified descriptor.
    pub cluster: Cluster,
    /// A folder for each replica.
    pub replicas: Vec<PathBuf>,
    /// The folder of the first client.
    pub client: PathBuf,
    /// A folder for each client, the first included.
    pub clients: Vec<PathBuf>,
    /// The folder with the operator's key.
    pub operator: PathBuf,
}

/// Why no cluster was made.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// The system has no randomness to give.
    #[error("the operating system gives no randomness ({0}); keys cannot be made on this machine")]
    NoRandomness(getrandom::Error),
    /// The options make no descriptor.
    #[error("these options make no cluster: {0}")]
    Options(#[from] DescriptorError),
    /// The ports run out.
    #[error("{replicas} replicas from port {port} on go beyond port 65535; choose a lower port")]
    Ports {
        /// How many replicas.
        replicas: u16,
        /// The first port.
        port: u16,
    },
    /// The two ranges of ports meet.
    #[error("the ports of the replicas and of their admin pages overlap; choose ports at least {replicas} apart")]
    SamePorts {
        /// How many replicas.
        replicas: u16,
    },
    /// A folder or file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A seed from the operating system's randomness.
///
/// # Errors
/// If the system has none to give.
pub fn new_seed() -> Result<SecretSeed, GenesisError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(GenesisError::NoRandomness)?;
    Ok(seed)
}

struct PairOfKeys {
    signing: SecretSeed,
    transport: SecretSeed,
}

impl PairOfKeys {
    fn new() -> Result<Self, GenesisError> {
        Ok(Self { signing: new_seed()?, transport: new_seed()? })
    }
}

fn public(seed: &SecretSeed) -> [u8; 32] {
    SecretKey::from_seed(seed).public().to_bytes()
}

/// Makes every key, the signed descriptor, and in `folder` the folders `replica-0` … `replica-(n-1)`, `client`,
/// `client-2` … for as many clients as are wanted, and `operator`.
///
/// # Errors
/// If the options make no cluster, `folder` is there and not empty, or the system refuses.
pub fn dev(folder: &Path, options: &DevOptions) -> Result<DevCluster, GenesisError> {
    let operator = new_seed()?;
    let clients = (0..options.clients.max(1)).map(|_| PairOfKeys::new()).collect::<Result<Vec<_>, _>>()?;
    let replicas = options.endpoints.iter().map(|_| PairOfKeys::new()).collect::<Result<Vec<_>, _>>()?;
    let descriptor = describe(options, &operator, &replicas, &clients);
    let signature = descriptor.sign(&SecretKey::from_seed(&operator));
    let file = DescriptorFile { descriptor, signatures: vec![OperatorSignature { operator: 0, signature }] };
    let cluster = file.clone().verify()?;

    create_folder(folder)?;
    let mut replica_folders = Vec::new();
    for (position, keys) in (0..).zip(&replicas) {
        let settings = ReplicaSettings { position, ..ReplicaSettings::default() };
        let path = folder.join(format!("replica-{position}"));
        files::write_replica_folder(&path, &file, &settings, &keys.signing, &keys.transport)?;
        replica_folders.push(path);
    }
    let mut client_folders = Vec::new();
    for (number, keys) in (1..).zip(&clients) {
        let path = folder.join(numbered("client", number));
        files::write_client_folder(&path, &file, &keys.signing, &keys.transport)?;
        client_folders.push(path);
    }
    let operator_folder = folder.join("operator");
    create_folder(&operator_folder)?;
    files::write_key(&operator_folder.join("operator.key"), "key of the operator dev", &operator)?;
    file.write(&operator_folder.join(DESCRIPTOR_FILE))?;
    let client = client_folders[0].clone();
    let (replicas, clients, operator) = (replica_folders, client_folders, operator_folder);
    Ok(DevCluster { cluster, replicas, client, clients, operator })
}

/// The first has the plain name, the others are numbered from 2.
fn numbered(name: &str, number: u16) -> String {
    if number == 1 { name.to_owned() } else { format!("{name}-{number}") }
}

fn describe(
    options: &DevOptions,
    operator: &SecretSeed,
    replicas: &[PairOfKeys],
    clients: &[PairOfKeys],
) -> Descriptor {
    let replica = |(endpoints, keys): (&Endpoints, &PairOfKeys)| ReplicaEntry {
        operator: 0,
        voting_key: public(&keys.signing),
        transport_key: public(&keys.transport),
        address: endpoints.address.clone(),
        admin: endpoints.admin.clone(),
    };
    let client = |(number, keys): (u16, &PairOfKeys)| ClientEntry {
        name: numbered("dev", number),
        key: public(&keys.signing),
        transport_key: public(&keys.transport),
    };
    Descriptor {
        dev: true,
        epoch: 0,
        faults: options.faults,
        parameters: options.parameters,
        operators: vec![OperatorEntry { name: "dev".to_owned(), key: public(operator) }],
        replicas: options.endpoints.iter().zip(replicas).map(replica).collect(),
        clients: (1..).zip(clients).map(client).collect(),
    }
}

#[cfg(test)]
mod tests;

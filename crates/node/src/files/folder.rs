//! The folder of a replica and the folder of a client.
//!
//! ```text
//! replica:  descriptor.toml  replica.toml  voting.key  transport.key  data/  (and `voted`, once it has)
//! client:   descriptor.toml  client.key  transport.key
//! ```
//! An open folder is one whose descriptor is verified and whose keys are the ones the descriptor names.

use super::descriptor::DescriptorFile;
use super::durable::{self, create_folder};
use super::error::{FileError, FileProblem};
use super::key::{SecretSeed, read_key, write_key};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use synod_kernel::descriptor::Cluster;
use synod_kernel::ed25519::{Ed25519Signer, SecretKey};
use synod_kernel::{ClientId, ReplicaId, Signer};

/// The name of the descriptor in every folder.
pub const DESCRIPTOR_FILE: &str = "descriptor.toml";
/// The name of the folder with the log and the checkpoints.
pub const DATA_FOLDER: &str = "data";

const SETTINGS_FILE: &str = "replica.toml";
const VOTING_KEY: &str = "voting.key";
const TRANSPORT_KEY: &str = "transport.key";
const CLIENT_KEY: &str = "client.key";
const MAX_SETTINGS_BYTES: u64 = 64 << 10;

/// What is this replica's own business: the content of `replica.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReplicaSettings {
    /// Which replica of the descriptor this is, counted from 0.
    pub position: u16,
    /// The `host:port` to listen on, if it is not the address in the descriptor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// The `host:port` of the admin pages, if it is not the one in the descriptor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
    /// The address of this machine from which to reach the other replicas, if it has several and the system's choice
    /// will not do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outgoing: Option<IpAddr>,
}

/// A replica's folder, read and found good.
pub struct ReplicaFolder {
    path: PathBuf,
    cluster: Arc<Cluster>,
    id: ReplicaId,
    settings: ReplicaSettings,
    signer: Arc<dyn Signer>,
    transport: SecretSeed,
}

/// A client's folder, read and found good.
pub struct ClientFolder {
    path: PathBuf,
    cluster: Arc<Cluster>,
    id: ClientId,
    signer: Arc<dyn Signer>,
    transport: SecretSeed,
}

impl ReplicaFolder {
    /// Reads and checks everything in it but the data.
    ///
    /// # Errors
    /// If a file is missing, malformed, exposed, or does not belong with the others.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let cluster = Arc::new(DescriptorFile::open(&path.join(DESCRIPTOR_FILE))?);
        let settings = read_settings(&path.join(SETTINGS_FILE))?;
        let replicas = &cluster.descriptor().replicas;
        let Some(entry) = replicas.get(usize::from(settings.position)) else {
            let problem = FileProblem::NoSuchReplica { position: settings.position, replicas: replicas.len() };
            return Err(FileError::new(&path.join(SETTINGS_FILE), problem));
        };
        let id = ReplicaId::new(settings.position);
        let expect = |name, public, whose: &str| expect_key(&path.join(name), public, format!("{whose} {id}"));
        let voting = expect(VOTING_KEY, entry.voting_key, "voting key of replica")?;
        let transport = expect(TRANSPORT_KEY, entry.transport_key, "transport key of replica")?;
        let signer = Arc::new(Ed25519Signer::replica(id, SecretKey::from_seed(&voting)));
        Ok(Self { path: path.to_owned(), cluster, id, settings, signer, transport })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the log and the checkpoints are.
    pub fn data(&self) -> PathBuf {
        self.path.join(DATA_FOLDER)
    }

    /// The cluster it is part of.
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Which replica it is of.
    pub fn id(&self) -> ReplicaId {
        self.id
    }

    /// Signs with the voting key.
    pub fn signer(&self) -> &Arc<dyn Signer> {
        &self.signer
    }

    /// Makes the transport key.
    pub fn transport(&self) -> &SecretSeed {
        &self.transport
    }

    /// The `host:port` to listen on for replicas and clients.
    pub fn listen_address(&self) -> &str {
        let advertised = &self.cluster.descriptor().replicas[self.id.index()].address;
        self.settings.listen.as_deref().unwrap_or(advertised)
    }

    /// The `host:port` to listen on for the operator.
    pub fn admin_address(&self) -> &str {
        let advertised = &self.cluster.descriptor().replicas[self.id.index()].admin;
        self.settings.admin.as_deref().unwrap_or(advertised)
    }

    /// The address from which to reach the other replicas; none leaves the choice to the system.
    pub fn outgoing_address(&self) -> Option<IpAddr> {
        self.settings.outgoing
    }
}

impl ClientFolder {
    /// Reads and checks everything in it.
    ///
    /// # Errors
    /// If a file is missing, malformed, exposed, or does not belong with the others.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let cluster = Arc::new(DescriptorFile::open(&path.join(DESCRIPTOR_FILE))?);
        let key_path = path.join(CLIENT_KEY);
        let key = SecretKey::from_seed(&read_key(&key_path)?);
        let public = key.public().to_bytes();
        let Some(entry) = cluster.descriptor().clients.iter().find(|entry| entry.key == public) else {
            let problem = FileProblem::ForeignKey { whose: "key of any client".to_owned() };
            return Err(FileError::new(&key_path, problem));
        };
        let whose = format!("transport key of client {}", entry.name);
        let transport = expect_key(&path.join(TRANSPORT_KEY), entry.transport_key, whose)?;
        let signer = Arc::new(Ed25519Signer::client(key));
        Ok(Self { path: path.to_owned(), cluster, id: ClientId::new(public), signer, transport })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The cluster it is registered in.
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Which client it is of.
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// Signs with the client's key.
    pub fn signer(&self) -> &Arc<dyn Signer> {
        &self.signer
    }

    /// Makes the transport key.
    pub fn transport(&self) -> &SecretSeed {
        &self.transport
    }
}

/// Writes a new replica folder. It is not checked that the keys are those of the descriptor: opening does that.
///
/// # Errors
/// If the folder is there and not empty, or the system refuses.
pub fn write_replica_folder(
    path: &Path,
    descriptor: &DescriptorFile,
    settings: &ReplicaSettings,
    voting: &SecretSeed,
    transport: &SecretSeed,
) -> Result<(), FileError> {
    create_folder(path)?;
    let position = settings.position;
    write_key(&path.join(VOTING_KEY), &format!("voting key of replica {position}"), voting)?;
    write_key(&path.join(TRANSPORT_KEY), &format!("transport key of replica {position}"), transport)?;
    let settings_path = path.join(SETTINGS_FILE);
    let body = toml::to_string(settings).expect("a small number and two strings are always TOML");
    let text = format!("# What is this replica's own business; everything shared is in {DESCRIPTOR_FILE}.\n{body}");
    durable::write_new(&settings_path, 0o644, &text)?;
    descriptor.write(&path.join(DESCRIPTOR_FILE))
}

/// Writes a new client folder. It is not checked that the keys are those of the descriptor: opening does that.
///
/// # Errors
/// If the folder is there and not empty, or the system refuses.
pub fn write_client_folder(
    path: &Path,
    descriptor: &DescriptorFile,
    key: &SecretSeed,
    transport: &SecretSeed,
) -> Result<(), FileError> {
    create_folder(path)?;
    write_key(&path.join(CLIENT_KEY), "key of a client", key)?;
    write_key(&path.join(TRANSPORT_KEY), "transport key of a client", transport)?;
    descriptor.write(&path.join(DESCRIPTOR_FILE))
}

fn read_settings(path: &Path) -> Result<ReplicaSettings, FileError> {
    const WHAT: &str = "the file with the settings of a replica";
    let text = durable::read_text(&mut durable::open(path, WHAT)?, path, WHAT, MAX_SETTINGS_BYTES)?;
    toml::from_str(&text).map_err(|error| {
        let message = error.to_string();
        FileError::new(path, FileProblem::Syntax { message })
    })
}

fn expect_key(path: &Path, public: [u8; 32], whose: String) -> Result<SecretSeed, FileError> {
    let seed = read_key(path)?;
    if SecretKey::from_seed(&seed).public().to_bytes() == public {
        Ok(seed)
    } else {
        Err(FileError::new(path, FileProblem::ForeignKey { whose }))
    }
}

#[cfg(test)]
mod tests;

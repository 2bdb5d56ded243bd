//! A client's folder: the descriptor and two keys.

use crate::descriptor::{Descriptor, Key, from_hexadecimal};
use crate::digest::Domain;
use ed25519_zebra::{SigningKey, VerificationKey};
use std::fs;
use std::io;
use std::path::Path;

/// Who we are, and whom we talk to.
pub(crate) struct Folder {
    pub(crate) descriptor: Descriptor,
    pub(crate) domain: Domain,
    pub(crate) key: SigningKey,
    pub(crate) identity: [u8; 32],
    /// The seed of the transport key.
    pub(crate) transport: [u8; 32],
}

impl Folder {
    /// Reads a folder.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path.join("descriptor.toml"))?;
        Self::new(&text, seed(&path.join("client.key"))?, seed(&path.join("transport.key"))?)
    }

    /// A client with these seeds.
    pub(crate) fn new(descriptor: &str, key: [u8; 32], transport: [u8; 32]) -> io::Result<Self> {
        let descriptor = Descriptor::parse(descriptor)?;
        let identity = public(&key);
        let entry = descriptor.client.iter().find(|client| client.key == Key(identity));
        let entry = entry.ok_or_else(|| io::Error::other("the descriptor does not have this client"))?;
        if entry.transport_key != Key(public(&transport)) {
            return Err(io::Error::other("the transport key is another client's"));
        }
        let domain = descriptor.domain();
        Ok(Self { domain, descriptor, key: SigningKey::from(key), identity, transport })
    }

    /// n.
    pub(crate) fn replicas(&self) -> usize {
        self.descriptor.replica.len()
    }

    /// f+1: among so many there is a correct one.
    pub(crate) fn enough(&self) -> usize {
        usize::from(self.descriptor.faults) + 1
    }
}

/// The public half of a seed.
pub(crate) fn public(seed: &[u8; 32]) -> [u8; 32] {
    VerificationKey::from(&SigningKey::from(*seed)).into()
}

fn seed(path: &Path) -> io::Result<[u8; 32]> {
    let text = fs::read_to_string(path)?;
    let line = text.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty());
    let seed = line.and_then(|line| from_hexadecimal(line.trim()));
    seed.ok_or_else(|| io::Error::other(format!("{}: not a key", path.display())))
}

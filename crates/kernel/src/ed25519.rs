//! Real signatures: Ed25519, verified by the ZIP-215 rules.
//!
//! ZIP-215 fixes the verdict on every encoding, so that single and batch verification, and all replicas, agree on
//! which signatures are good; other verifiers must never judge protocol messages. Public keys are parsed strictly:
//! small-order and non-canonical ones are refused, so that an identity has one encoding and a secret behind it.

use crate::digest::Digest;
use crate::id::ClientId;
use crate::signature::{Author, Check, Invalid, Signature, Signer, Verifier};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_zebra::{SigningKey, VerificationKey};
use zeroize::Zeroizing;

/// A strictly parsed public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerificationKey);

/// Why 32 bytes are no public key of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadKey {
    /// Not the encoding of a point.
    NotAPoint,
    /// Another encoding of a point that has a canonical one.
    NotCanonical,
    /// A point of small order: signatures under it prove nothing.
    SmallOrder,
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAPoint => "not an Ed25519 public key",
            Self::NotCanonical => "not the canonical encoding of an Ed25519 public key",
            Self::SmallOrder => "a small-order key, which anyone can sign for",
        })
    }
}

impl core::error::Error for BadKey {}

impl PublicKey {
    /// Parses a key.
    pub fn parse(bytes: [u8; 32]) -> Result<Self, BadKey> {
        let point = CompressedEdwardsY(bytes).decompress().ok_or(BadKey::NotAPoint)?;
        if point.compress().0 != bytes {
            return Err(BadKey::NotCanonical);
        }
        if point.is_small_order() {
            return Err(BadKey::SmallOrder);
        }
        VerificationKey::try_from(bytes).map(Self).map_err(|_| BadKey::NotAPoint)
    }

    /// Its encoding.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.into()
    }

    /// Whether this key made this signature.
    pub fn verifies(&self, digest: &Digest, signature: &Signature) -> bool {
        self.0.verify(&ed25519_zebra::Signature::from(signature.0), digest.as_bytes()).is_ok()
    }

    /// The key as the verification library has it, for verifiers that work on many signatures at once.
    pub fn inner(&self) -> VerificationKey {
        self.0
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes()[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A secret key. Wiped from memory when dropped: the library's own type is `Copy` and would stay behind.
pub struct SecretKey(Zeroizing<SigningKey>);

impl SecretKey {
    /// The key with this seed, which has to come from a source of real randomness.
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>) -> Self {
        Self(Zeroizing::new(SigningKey::from(**seed)))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(VerificationKey::from(&*self.0))
    }

    /// Signs a digest.
    pub fn sign(&self, digest: &Digest) -> Signature {
        Signature(self.0.sign(digest.as_bytes()).into())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public())
    }
}

/// Signs as one author.
#[derive(Debug)]
pub struct Ed25519Signer {
    author: Author,
    key: SecretKey,
}

impl Ed25519Signer {
    /// A replica's signer, over its voting key.
    pub fn replica(id: crate::ReplicaId, key: SecretKey) -> Self {
        Self { author: Author::Replica(id), key }
    }

    /// A client's signer; the client is its public key.
    pub fn client(key: SecretKey) -> Self {
        Self { author: Author::Client(ClientId::new(key.public().to_bytes())), key }
    }
}

impl Signer for Ed25519Signer {
    fn author(&self) -> Author {
        self.author
    }
    fn sign(&self, digest: &Digest) -> Signature {
        self.key.sign(digest)
    }
}

/// Knows the voting keys of the replicas, by position, and the registered clients.
#[derive(Clone, Debug)]
pub struct Ed25519Verifier {
    replicas: Vec<PublicKey>,
    clients: BTreeMap<ClientId, PublicKey>,
}

impl Ed25519Verifier {
    /// A verifier for these replicas, in the order of the descriptor, and these clients.
    pub fn new(replicas: Vec<PublicKey>, clients: impl IntoIterator<Item = PublicKey>) -> Self {
        let clients = clients.into_iter().map(|key| (ClientId::new(key.to_bytes()), key)).collect();
        Self { replicas, clients }
    }

    /// The key of an author, if it is known.
    pub fn key(&self, author: Author) -> Option<&PublicKey> {
        match author {
            Author::Replica(id) => self.replicas.get(id.index()),
            Author::Client(id) => self.clients.get(&id),
        }
    }
}

impl Verifier for Ed25519Verifier {
    fn verify(&self, checks: &[Check]) -> Result<(), Invalid> {
        for check in checks {
            let key = self.key(check.author).ok_or(Invalid::UnknownAuthor(check.author))?;
            if !key.verifies(&check.digest, &check.signature) {
                return Err(Invalid::BadSignature(check.author));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

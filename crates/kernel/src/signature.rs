//! Signatures, who can make them and who can check them.
//!
//! A signature is over the digest of a statement ([`Domain::digest`](crate::statement::Domain::digest)), so that
//! the bytes are hashed once, where they arrived. It is bound to the key that verified it, never to an id inside
//! the message: a [`Check`] names an [`Author`], and the verifier alone knows that author's key.
//!
//! Two schemes exist: real Ed25519 in [`ed25519`](crate::ed25519), and a symbolic one for simulation in
//! [`symbolic`](crate::symbolic). Neither lets anyone sign for another.

use crate::codec::{Decode, Encode, Malformed, Reader, Writer};
use crate::digest::Digest;
use crate::id::{ClientId, ReplicaId};
use core::fmt;

/// 64 bytes of whichever scheme is in use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Encode for Signature {
    fn encode(&self, writer: &mut Writer) {
        writer.raw(&self.0);
    }
}

impl Decode for Signature {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self(reader.array()?))
    }
}

/// Who can put a name to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Author {
    /// A replica, with its voting key.
    Replica(ReplicaId),
    /// A client, with the key that is its identity.
    Client(ClientId),
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replica(id) => write!(f, "replica {id}"),
            Self::Client(id) => write!(f, "client {id}"),
        }
    }
}

/// Holds one secret key. Deterministic: the same digest gives the same signature, so signing is a pure function.
pub trait Signer: Send + Sync {
    /// Whose key this is.
    fn author(&self) -> Author;
    /// Signs a statement's digest.
    fn sign(&self, digest: &Digest) -> Signature;
}

/// A claim that has to be checked before it may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// Who is said to have signed.
    pub author: Author,
    /// What.
    pub digest: Digest,
    /// The evidence.
    pub signature: Signature,
}

/// Knows everybody's public key.
pub trait Verifier: Send + Sync {
    /// Succeeds only if every check holds. The verdict on a signature is the same at every correct replica.
    fn verify(&self, checks: &[Check]) -> Result<(), Invalid>;
}

/// Why a claim was not believed. A peer's fault, never fatal to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// Nobody registered this client or replica.
    UnknownAuthor(Author),
    /// The author's key did not make this signature.
    BadSignature(Author),
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAuthor(author) => write!(f, "{author} is not registered in this cluster"),
            Self::BadSignature(author) => write!(f, "the signature is not one of {author}"),
        }
    }
}

impl core::error::Error for Invalid {}

#[cfg(test)]
mod tests;

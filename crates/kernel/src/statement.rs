//! Statements: what a replica can put its name to, so that anyone can be shown it did.
//!
//! Every statement's digest is separated by cluster, epoch, protocol and kind: what was signed as a PREPARE of
//! one cluster is nothing anywhere else. A [`Signed`] value is made by signing with one's own key or by
//! verification; there is no third way.

use crate::codec::{Decode, Encode, Malformed, Reader, Writer};
use crate::digest::{Digest, Hasher};
use crate::id::{Epoch, ReplicaId};
use crate::signature::{Author, Signature, Signer};
use core::fmt;

/// What separates our signatures from everybody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain {
    /// The cluster: the digest of its first descriptor.
    pub cluster: Digest,
    /// The configuration of members.
    pub epoch: Epoch,
}

/// Which statement of which protocol. Numbers are part of the wire format and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    /// The protocol: 0 is common to all, 1 is PBFT.
    pub protocol: u8,
    /// The statement within it.
    pub statement: u8,
}

impl Domain {
    /// What is signed for a statement of `kind` with this encoding.
    pub fn digest(&self, kind: Kind, encoding: &[u8]) -> Digest {
        let mut hasher = Hasher::new("synod statement v1");
        hasher.update(self.cluster.as_bytes());
        hasher.update(&self.epoch.get().to_le_bytes());
        hasher.update(&[kind.protocol, kind.statement]);
        hasher.update(encoding);
        hasher.finish()
    }
}

/// Something a replica can put its name to.
pub trait Statement: Clone + Ord + fmt::Debug + core::hash::Hash + Encode + Decode {
    /// Which statement this is.
    const KIND: Kind;

    /// Whether nobody who follows the protocol makes both. Symmetric, and false of equal statements. Two different
    /// statements contradict each other by default, which is right only for a type that answers one question: a
    /// statement that names its view or sequence number has to compare those first, or an honest replica could be
    /// accused of voting twice for having voted on two things.
    fn contradicts(&self, other: &Self) -> bool {
        self != other
    }
}

/// A statement whose author can be proved to anyone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signed<S> {
    statement: S,
    signer: ReplicaId,
    signature: Signature,
}

impl<S: Statement> Signed<S> {
    /// Signs with one's own voting key.
    ///
    /// # Panics
    /// If the key is a client's: handing it over is our own mistake.
    pub fn sign(statement: S, domain: &Domain, signer: &dyn Signer) -> Self {
        let Author::Replica(id) = signer.author() else { panic!("statements are signed with a replica's voting key") };
        let signature = signer.sign(&domain.digest(S::KIND, &statement.to_bytes()));
        Self { statement, signer: id, signature }
    }

    /// What was said.
    pub fn statement(&self) -> &S {
        &self.statement
    }

    /// By whom.
    pub fn signer(&self) -> ReplicaId {
        self.signer
    }

    /// The proof.
    pub fn signature(&self) -> Signature {
        self.signature
    }
}

impl<S: fmt::Debug> fmt::Debug for Signed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}", self.statement, self.signer)
    }
}

impl<S: Encode> Encode for Signed<S> {
    fn encode(&self, writer: &mut Writer) {
        self.statement.encode(writer);
        self.signer.encode(writer);
        self.signature.encode(writer);
    }
}

impl<S: Statement> Decode for Signed<S> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mark = reader.mark();
        let statement = S::decode(reader)?;
        let digest = reader.digest_since(mark, S::KIND);
        let signer = ReplicaId::decode(reader)?;
        let signature = Signature::decode(reader)?;
        reader.expect(Author::Replica(signer), digest, signature);
        Ok(Self { statement, signer, signature })
    }
}

//! Signatures for simulation: a keyed hash whose keys only a signer and the referee hold.
//!
//! They are about a hundred times cheaper than Ed25519 and just as impossible to forge for whoever is inside the
//! simulation: a [`SymbolicSigner`] signs for its own author, nothing in the protocol can make one for another,
//! and the referee that verifies never signs. They are worth nothing outside a simulation, where the referee's
//! secret would have to be shared, so no configuration of a real node can select them.

use crate::digest::Digest;
use crate::id::ClientId;
use crate::membership::Membership;
use crate::signature::{Author, Check, Invalid, Signature, Signer, Verifier};
use alloc::collections::BTreeSet;

/// Makes signers, and verifies what they signed.
#[derive(Clone, Debug)]
pub struct Referee {
    secret: [u8; 32],
    membership: Membership,
    clients: BTreeSet<ClientId>,
}

/// Signs as one author.
#[derive(Clone)]
pub struct SymbolicSigner {
    author: Author,
    key: [u8; 32],
}

fn tag(key: &[u8; 32], digest: &Digest) -> Signature {
    let mut signature = [0; 64];
    let half = blake3::keyed_hash(key, digest.as_bytes());
    signature[..32].copy_from_slice(half.as_bytes());
    Signature(signature)
}

impl Referee {
    /// A referee for these members and clients. Different seeds give unrelated keys.
    pub fn new(seed: u64, membership: Membership, clients: impl IntoIterator<Item = ClientId>) -> Self {
        let secret = Digest::of("synod symbolic secret", &seed.to_le_bytes()).0;
        Self { secret, membership, clients: clients.into_iter().collect() }
    }

    fn key(&self, author: Author) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        match author {
            Author::Replica(id) => hasher.update(&[0]).update(&id.get().to_le_bytes()),
            Author::Client(id) => hasher.update(&[1]).update(id.as_bytes()),
        };
        *hasher.finalize().as_bytes()
    }

    /// The signer of one author, for the world to hand out once.
    pub fn signer(&self, author: Author) -> SymbolicSigner {
        SymbolicSigner { author, key: self.key(author) }
    }

    fn knows(&self, author: Author) -> bool {
        match author {
            Author::Replica(id) => self.membership.contains(id),
            Author::Client(id) => self.clients.contains(&id),
        }
    }
}

impl Signer for SymbolicSigner {
    fn author(&self) -> Author {
        self.author
    }
    fn sign(&self, digest: &Digest) -> Signature {
        tag(&self.key, digest)
    }
}

impl Verifier for Referee {
    fn verify(&self, checks: &[Check]) -> Result<(), Invalid> {
        for check in checks {
            if !self.knows(check.author) {
                return Err(Invalid::UnknownAuthor(check.author));
            }
            if tag(&self.key(check.author), &check.digest) != check.signature {
                return Err(Invalid::BadSignature(check.author));
            }
        }
        Ok(())
    }
}

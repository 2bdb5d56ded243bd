//! From votes to proof: tallies, certificates, and the evidence that falls out when somebody votes twice.
//!
//! The threshold is part of the type, so a proof by f+1 cannot be passed where a strong quorum is due; signers
//! are the keys of a map, so they are distinct by construction. A tally answers a question ("is there proof by
//! now?") rather than firing an event: an event that comes before its listener is ready is lost, and with it the
//! liveness of the slot.

use crate::codec::{Decode, Encode, Malformed, Reader, Writer};
use crate::id::ReplicaId;
use crate::membership::{MAX_REPLICAS, Membership};
use crate::signature::{Author, Signature};
use crate::statement::{Signed, Statement};
use alloc::collections::BTreeMap;
use core::fmt;
use core::marker::PhantomData;

/// How many distinct signers make a proof.
pub trait Threshold: Clone + fmt::Debug + Ord + core::hash::Hash {
    /// That many, of these members.
    fn size(members: &Membership) -> usize;
}

/// Any two strong quorums share a correct replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strong {}

/// A weak quorum holds a correct replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weak {}

impl Threshold for Strong {
    fn size(members: &Membership) -> usize {
        members.strong()
    }
}

impl Threshold for Weak {
    fn size(members: &Membership) -> usize {
        members.weak()
    }
}

/// Proof that a threshold of distinct replicas made the same statement.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Certificate<S, T = Strong> {
    statement: S,
    signatures: BTreeMap<ReplicaId, Signature>,
    threshold: PhantomData<T>,
}

impl<S, T> Certificate<S, T> {
    /// What is proved.
    pub fn statement(&self) -> &S {
        &self.statement
    }

    /// Who vouches for it, ascending.
    pub fn signers(&self) -> impl ExactSizeIterator<Item = ReplicaId> + '_ {
        self.signatures.keys().copied()
    }

    /// Whether this replica vouches for it.
    pub fn has_signer(&self, id: ReplicaId) -> bool {
        self.signatures.contains_key(&id)
    }
}

impl<S: fmt::Debug, T> fmt::Debug for Certificate<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@", self.statement)?;
        f.debug_set().entries(self.signatures.keys().map(|id| id.get())).finish()
    }
}

impl<S: Encode, T> Encode for Certificate<S, T> {
    fn encode(&self, writer: &mut Writer) {
        self.statement.encode(writer);
        writer.count(self.signatures.len());
        for (signer, signature) in &self.signatures {
            signer.encode(writer);
            signature.encode(writer);
        }
    }
}

impl<S: Statement, T: Threshold> Decode for Certificate<S, T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mark = reader.mark();
        let statement = S::decode(reader)?;
        let digest = reader.digest_since(mark, S::KIND);
        let present = reader.count("signers", usize::from(MAX_REPLICAS))?;
        let needed = T::size(&reader.scope().membership);
        if present < needed {
            return Err(Malformed::TooFewSigners { present, needed });
        }
        let mut signatures = BTreeMap::new();
        for _ in 0..present {
            let signer = ReplicaId::decode(reader)?;
            if signatures.last_key_value().is_some_and(|(&last, _)| last >= signer) {
                return Err(Malformed::OutOfOrder { what: "signers" });
            }
            let signature = Signature::decode(reader)?;
            reader.expect(Author::Replica(signer), digest, signature);
            signatures.insert(signer, signature);
        }
        Ok(Self { statement, signatures, threshold: PhantomData })
    }
}

/// Two statements that one replica may never both make: evidence that stands by itself. It names a key, not an
/// intent, and compares statements, never signature bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Equivocation<S> {
    /// What it said first, as far as we heard.
    pub first: Signed<S>,
    /// What it said besides.
    pub second: Signed<S>,
}

impl<S: Statement> Equivocation<S> {
    /// The replica whose key signed both.
    pub fn culprit(&self) -> ReplicaId {
        self.first.signer()
    }
}

impl<S: Encode> Encode for Equivocation<S> {
    fn encode(&self, writer: &mut Writer) {
        self.first.encode(writer);
        self.second.encode(writer);
    }
}

impl<S: Statement> Decode for Equivocation<S> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (first, second) = (Signed::<S>::decode(reader)?, Signed::<S>::decode(reader)?);
        if first.signer() != second.signer() || !first.statement().contradicts(second.statement()) {
            return Err(Malformed::Inconsistent("an equivocation is two contradictory statements of one signer"));
        }
        Ok(Self { first, second })
    }
}

/// Votes on one question. Keeps the first vote of each replica, so its size is at most n.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tally<S, T = Strong> {
    first: BTreeMap<ReplicaId, Signed<S>>,
    threshold: PhantomData<T>,
}

impl<S, T> Default for Tally<S, T> {
    fn default() -> Self {
        Self { first: BTreeMap::new(), threshold: PhantomData }
    }
}

impl<S: Statement, T: Threshold> Tally<S, T> {
    /// Counts the first vote of each replica; a second one that contradicts it is evidence, not a vote. Repeating
    /// oneself is neither.
    #[allow(clippy::result_large_err, reason = "evidence is rare, and kept as it is where it is found")]
    pub fn cast(&mut self, vote: Signed<S>) -> Result<(), Equivocation<S>> {
        match self.first.get(&vote.signer()) {
            Some(first) if first.statement().contradicts(vote.statement()) => {
                Err(Equivocation { first: first.clone(), second: vote })
            }
            Some(_) => Ok(()),
            None => {
                self.first.insert(vote.signer(), vote);
                Ok(())
            }
        }
    }

    /// The proof of `statement`, if there is one by now.
    pub fn certificate(&self, statement: &S, members: &Membership) -> Option<Certificate<S, T>> {
        let agreeing = || self.first.values().filter(|vote| vote.statement() == statement);
        if agreeing().count() < T::size(members) {
            return None;
        }
        let signatures = agreeing().map(|vote| (vote.signer(), vote.signature())).collect();
        Some(Certificate { statement: statement.clone(), signatures, threshold: PhantomData })
    }

    /// What this replica voted, if it did.
    pub fn vote_of(&self, id: ReplicaId) -> Option<&Signed<S>> {
        self.first.get(&id)
    }

    /// Every vote, by signer.
    pub fn votes(&self) -> impl ExactSizeIterator<Item = &Signed<S>> + '_ {
        self.first.values()
    }
}

#[cfg(test)]
mod tests;

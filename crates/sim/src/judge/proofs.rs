//! Certificates are unique: while no more lie than are tolerated, no two quorums proved different answers to one
//! question, wherever an honest replica shows what it holds, and each quorum is one.

use super::{Rule, Violation};
use std::collections::{BTreeMap, BTreeSet};
use synod_kernel::process::{Proof, Question};
use synod_kernel::{Digest, Membership, ReplicaId};

/// What was proved so far.
#[derive(Clone, Debug)]
pub struct Proofs {
    members: u16,
    quorum: usize,
    known: BTreeMap<Question, (Digest, ReplicaId)>,
}

impl Proofs {
    /// Before anything was proved to these members.
    pub fn new(membership: &Membership) -> Self {
        let (members, liars) = (membership.size(), membership.tolerated());
        // Two sets of more than (n + f) / 2 members have more than f in common.
        let quorum = usize::from((members + liars) / 2 + 1);
        Self { members, quorum, known: BTreeMap::new() }
    }

    /// An honest replica says or keeps something in which these are.
    ///
    /// # Errors
    /// If one of them proves something else than another one did before, or is signed by too few.
    pub fn shown(&mut self, by: ReplicaId, proofs: &[Proof]) -> Result<(), Violation> {
        proofs.iter().try_for_each(|proof| self.one(by, proof))
    }

    fn one(&mut self, by: ReplicaId, proof: &Proof) -> Result<(), Violation> {
        let Proof { question, answer, signers } = proof;
        let condemn = |sentence| Err(Violation::of(Rule::UniqueCertificates, sentence));
        let distinct = signers.iter().filter(|signer| signer.get() < self.members).collect::<BTreeSet<_>>().len();
        if distinct < self.quorum {
            let needed = self.quorum;
            return condemn(format!(
                "replica {by} shows {answer} as proved for {question:?}, by {distinct} of {needed}"
            ));
        }
        let (known, first) = *self.known.entry(*question).or_insert((*answer, by));
        if known == *answer {
            return Ok(());
        }
        condemn(format!(
            "replica {by} shows {answer} as proved for {question:?} by {signers:?}, and replica {first} showed {known}"
        ))
    }
}

#[cfg(test)]
mod tests;

//! Certificates are unique: while no more lie than are tolerated, no two quorums proved different answers to one
//! question, wherever an honest replica shows what it holds, and each quorum is one. And they are genuine: nobody
//! honest is named in one for what it never promised.

use super::{Rule, Violation};
use std::collections::{BTreeMap, BTreeSet};
use synod_kernel::process::{Proof, Question, Quorum};
use synod_kernel::{Digest, Membership, ReplicaId};

/// What was proved so far.
#[derive(Clone, Debug)]
pub struct Proofs {
    members: u16,
    strong: usize,
    weak: usize,
    known: BTreeMap<Question, (Digest, ReplicaId)>,
    promised: BTreeSet<(ReplicaId, Question, Digest)>,
}

impl Proofs {
    /// Before anything was proved to these members.
    pub fn new(membership: &Membership) -> Self {
        let (members, liars) = (membership.size(), membership.tolerated());
        // Two sets of more than (n + f) / 2 members have more than f in common.
        let strong = usize::from((members + liars) / 2 + 1);
        Self { members, strong, weak: usize::from(liars) + 1, known: BTreeMap::new(), promised: BTreeSet::new() }
    }

    /// An honest replica writes down a promise. It may be lost in a crash, and the question be answered anew.
    pub fn promised(&mut self, by: ReplicaId, question: Question, answer: Digest) {
        self.promised.insert((by, question, answer));
    }

    /// An honest replica says or keeps something in which these are.
    ///
    /// # Errors
    /// If one of them proves something else than another one did before, is signed by too few, or by somebody honest
    /// who never said so.
    pub fn shown(
        &mut self,
        by: ReplicaId,
        proofs: &[Proof],
        is_honest: impl Fn(ReplicaId) -> bool,
    ) -> Result<(), Violation> {
        proofs.iter().try_for_each(|proof| {
            self.unique(by, proof)?;
            self.genuine(by, proof, &is_honest)
        })
    }

    fn genuine(&self, by: ReplicaId, proof: &Proof, is_honest: impl Fn(ReplicaId) -> bool) -> Result<(), Violation> {
        let Some(promised) = proof.promised else { return Ok(()) };
        let never =
            |signer: &&ReplicaId| is_honest(**signer) && !self.promised.contains(&(**signer, promised, proof.answer));
        let Some(victim) = proof.signers.iter().find(never) else { return Ok(()) };
        let sentence = format!(
            "replica {by} shows a proof in which replica {victim} answers {promised:?} with {}, and it never did",
            proof.answer
        );
        Err(Violation::of(Rule::GenuineCertificates, sentence))
    }

    fn unique(&mut self, by: ReplicaId, proof: &Proof) -> Result<(), Violation> {
        let Proof { question, answer, signers, quorum, promised: _ } = proof;
        let condemn = |sentence| Err(Violation::of(Rule::UniqueCertificates, sentence));
        let distinct = signers.iter().filter(|signer| signer.get() < self.members).collect::<BTreeSet<_>>().len();
        let needed = match quorum {
            Quorum::Weak => self.weak,
            Quorum::Strong => self.strong,
        };
        if distinct < needed {
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

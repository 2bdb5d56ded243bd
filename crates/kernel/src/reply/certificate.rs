//! Proof of an answer: the signatures of f+1 distinct replicas under it, each in the tree it was signed in.

use super::{Answer, Reply, Voucher, result_digest};
use crate::certificate::{Threshold, Weak};
use crate::codec::{Decode, Encode, Malformed, Reader, Writer};
use crate::id::ReplicaId;
use crate::membership::{MAX_REPLICAS, Membership};
use crate::signature::{Check, Invalid, Verifier};
use crate::statement::Domain;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Proof that f+1 distinct replicas, hence a correct one, gave the same answer. It is as large as its signers and
/// their paths, of at most ten digests each.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnswerCertificate {
    answer: Answer,
    vouchers: BTreeMap<ReplicaId, Arc<Voucher>>,
}

impl AnswerCertificate {
    /// The proof of `answer` that is in these replies, if enough members gave it. Others are passed over.
    pub fn gather<'a>(
        answer: &Answer,
        replies: impl IntoIterator<Item = &'a Reply>,
        members: &Membership,
    ) -> Option<Self> {
        let agreeing = replies.into_iter().filter(|reply| reply.answer == *answer && members.contains(reply.signer));
        let vouchers: BTreeMap<_, _> = agreeing.map(|reply| (reply.signer, reply.voucher.clone())).collect();
        (vouchers.len() >= Weak::size(members)).then_some(Self { answer: *answer, vouchers })
    }

    /// What is proved.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// Who vouches for it, ascending.
    pub fn signers(&self) -> impl ExactSizeIterator<Item = ReplicaId> + '_ {
        self.vouchers.keys().copied()
    }

    /// Whether this is the result that is proved.
    pub fn proves(&self, result: &[u8]) -> bool {
        self.answer.result == result_digest(result)
    }

    /// Checks every signature, for somebody who did not read the certificate from a stranger's bytes. (Reading ends in
    /// [`Unverified`](crate::Unverified), which checks them.)
    ///
    /// # Errors
    /// [`Invalid`], if one is not good.
    pub fn verify(&self, domain: &Domain, verifier: &dyn Verifier) -> Result<(), Invalid> {
        verifier.verify(&self.checks(domain))
    }

    fn checks(&self, domain: &Domain) -> Vec<Check> {
        self.vouchers.iter().map(|(&signer, voucher)| voucher.check(signer, &self.answer, domain)).collect()
    }
}

impl fmt::Debug for AnswerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@", self.answer)?;
        f.debug_set().entries(self.vouchers.keys().map(|id| id.get())).finish()
    }
}

impl Encode for AnswerCertificate {
    fn encode(&self, writer: &mut Writer) {
        self.answer.encode(writer);
        writer.count(self.vouchers.len());
        for (signer, voucher) in &self.vouchers {
            signer.encode(writer);
            voucher.encode(writer);
        }
    }
}

impl Decode for AnswerCertificate {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let answer = Answer::decode(reader)?;
        let present = reader.count("signers", usize::from(MAX_REPLICAS))?;
        let needed = Weak::size(&reader.scope().membership);
        if present < needed {
            return Err(Malformed::TooFewSigners { present, needed });
        }
        let mut vouchers = BTreeMap::new();
        for _ in 0..present {
            let signer = ReplicaId::decode(reader)?;
            if vouchers.last_key_value().is_some_and(|(&last, _)| last >= signer) {
                return Err(Malformed::OutOfOrder { what: "signers" });
            }
            vouchers.insert(signer, Arc::new(Voucher::decode(reader)?));
        }
        let certificate = Self { answer, vouchers };
        for Check { author, digest, signature } in certificate.checks(&reader.scope().domain) {
            reader.expect(author, digest, signature);
        }
        Ok(certificate)
    }
}

#[cfg(test)]
mod tests;

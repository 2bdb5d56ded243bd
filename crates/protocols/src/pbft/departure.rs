//! A view-change message and the reason for it. (decision 0007)

use super::statement::{Suspect, ViewChange};
use synod_kernel::certificate::Weak;
use synod_kernel::{Certificate, Decode, Encode, Malformed, Reader, Signed, View, Writer};

/// A view-change message, with the proof that a correct replica suspected the primary of the view before. Whoever sees
/// it leaves that view as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Departure {
    vote: Signed<ViewChange>,
    proof: Certificate<Suspect, Weak>,
}

impl Departure {
    /// Joins what a replica reports to the reason why it left.
    ///
    /// # Errors
    /// If that is about another view than the one before.
    pub fn new(vote: Signed<ViewChange>, proof: Certificate<Suspect, Weak>) -> Result<Self, Malformed> {
        // Nothing comes after the last view, and what it is compared to may be any number a peer thinks of.
        if proof.statement().view.get().checked_add(1) != Some(vote.statement().view().get()) {
            return Err(Malformed::Inconsistent("a view is left because of another one"));
        }
        Ok(Self { vote, proof })
    }
    /// The signed part.
    pub fn vote(&self) -> &Signed<ViewChange> {
        &self.vote
    }
    /// Why it was said.
    pub fn proof(&self) -> &Certificate<Suspect, Weak> {
        &self.proof
    }
    /// The view asked for.
    pub fn view(&self) -> View {
        self.vote.statement().view()
    }
}

impl Encode for Departure {
    fn encode(&self, writer: &mut Writer) {
        self.vote.encode(writer);
        self.proof.encode(writer);
    }
}

impl Decode for Departure {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (vote, proof) = (Decode::decode(reader)?, Decode::decode(reader)?);
        Self::new(vote, proof)
    }
}

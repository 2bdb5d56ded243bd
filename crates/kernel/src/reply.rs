//! What replicas answer; the same for every protocol. [PBFT-OSDI99 §4.1] [PBFT-TOCS02 "digest replies"]
//!
//! An [`Answer`] says where a request was executed and which result that had, by digest. A replica that executed a
//! batch signs all its answers at once: it puts its name to the root of a hash tree over them, and each client gets its
//! own answer with the path that leads from it to the root. So a signature costs a batch what it would cost a request.
//! An answer that is given again is signed alone, as a tree of one.
//!
//! The same [`Answer`] under f+1 distinct signatures is a certificate that anyone can check, whatever trees it stood
//! in. The result itself need not be trusted to anyone, as the answer names its digest, so one replica sends it and the
//! others do without.
//!
//! What keeps a path from showing what was never signed: answers and pairs of digests are hashed for different
//! purposes, so neither passes for the other; the number of answers is signed with the root, and together with an
//! index it determines how long the path is and on which side of each step it stands. A reader is not told the root:
//! it computes it, and what it computes is what must have been signed.

use crate::codec::{Decode, Encode, Malformed, Reader, Writer};
use crate::digest::Digest;
use crate::id::{ReplicaId, Seq, View};
use crate::request::{MAX_BATCH_REQUESTS, MAX_RESULT_BYTES, RequestKey};
use crate::signature::{Author, Check, Signature, Signer};
use crate::statement::{Domain, Kind, Signed, Statement};
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::Bytes;

mod certificate;
mod tree;

pub use certificate::AnswerCertificate;
use tree::Tree;

/// Bytes of a result that is answered in full by everyone. A result stands in the place of its digest of 32 bytes, so
/// at this size a reply grows by a quarter at most, and the client need not wait for one certain replica. The results
/// of a write, and all refusals, are below it.
pub const INLINE_RESULT_BYTES: usize = 64;

/// The digest by which answers name a result.
pub fn result_digest(result: &[u8]) -> Digest {
    Digest::of("synod result v1", result)
}

/// What a replica says about one request: its place in the order, and the digest of its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Answer {
    /// The request that is answered.
    pub request: RequestKey,
    /// Where it was executed, or refused, in the agreed order.
    pub seq: Seq,
    /// The digest of the result.
    pub result: Digest,
}

impl Encode for Answer {
    fn encode(&self, writer: &mut Writer) {
        self.request.encode(writer);
        self.seq.encode(writer);
        self.result.encode(writer);
    }
}

impl Decode for Answer {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { request: Decode::decode(reader)?, seq: Decode::decode(reader)?, result: Decode::decode(reader)? })
    }
}

/// What a replica puts its name to: so many answers, in this tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnswerRoot {
    /// How many.
    pub count: u16,
    /// The root of the tree over them.
    pub root: Digest,
}

impl Statement for AnswerRoot {
    const KIND: Kind = Kind { protocol: 0, statement: 3 };

    /// Never: answers are given again, alone or with others, and a refusal is one each time at another place.
    fn contradicts(&self, _: &Self) -> bool {
        false
    }
}

impl Encode for AnswerRoot {
    fn encode(&self, writer: &mut Writer) {
        self.count.encode(writer);
        self.root.encode(writer);
    }
}

impl Decode for AnswerRoot {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { count: Decode::decode(reader)?, root: Decode::decode(reader)? })
    }
}

/// One replica's signature under an answer: the place of the answer among those that were signed together, the path
/// from there to the root, and the signature of the root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Voucher {
    index: u16,
    /// At least one more than the index, at most [`MAX_BATCH_REQUESTS`].
    count: u16,
    /// As long as index and count say.
    path: Vec<Digest>,
    signature: Signature,
}

impl Voucher {
    /// What must have been signed, if this is a voucher for `answer`.
    fn check(&self, signer: ReplicaId, answer: &Answer, domain: &Domain) -> Check {
        let root = tree::root(answer, self.index.into(), self.count.into(), &self.path);
        let statement = AnswerRoot { count: self.count, root };
        let digest = domain.digest(AnswerRoot::KIND, &statement.to_bytes());
        Check { author: Author::Replica(signer), digest, signature: self.signature }
    }
}

impl Encode for Voucher {
    fn encode(&self, writer: &mut Writer) {
        self.index.encode(writer);
        self.count.encode(writer);
        self.path.iter().for_each(|digest| digest.encode(writer));
        self.signature.encode(writer);
    }
}

impl Decode for Voucher {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (index, count) = (u16::decode(reader)?, u16::decode(reader)?);
        if usize::from(count) > MAX_BATCH_REQUESTS {
            let (length, maximum) = (count.into(), MAX_BATCH_REQUESTS as u64);
            return Err(Malformed::TooLong { what: "answers signed together", length, maximum });
        }
        if index >= count {
            return Err(Malformed::Inconsistent("an answer beyond those that were signed"));
        }
        let steps = tree::siblings(index.into(), count.into());
        let path = steps.map(|_| Digest::decode(reader)).collect::<Result<_, _>>()?;
        Ok(Self { index, count, path, signature: Decode::decode(reader)? })
    }
}

/// One replica's answer. The view is a hint about where to send the next request; it proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reply {
    view: View,
    answer: Answer,
    result: Option<Bytes>,
    signer: ReplicaId,
    /// Shared, because replies are kept as well as sent.
    voucher: Arc<Voucher>,
}

impl Reply {
    /// Signs one answer.
    ///
    /// # Panics
    /// As [`Reply::sign_all`] does.
    pub fn sign(
        view: View,
        request: RequestKey,
        seq: Seq,
        result: Bytes,
        domain: &Domain,
        signer: &dyn Signer,
    ) -> Self {
        let mut replies = Self::sign_all(view, [(request, seq, result)], domain, signer);
        replies.pop().expect("one reply for one answer")
    }

    /// Signs answers with one signature. The replies, in the same order; none for none.
    ///
    /// # Panics
    /// If there are more than [`MAX_BATCH_REQUESTS`], or the key is a client's: both are our own mistakes.
    pub fn sign_all(
        view: View,
        answers: impl IntoIterator<Item = (RequestKey, Seq, Bytes)>,
        domain: &Domain,
        signer: &dyn Signer,
    ) -> Vec<Self> {
        let answer = |(request, seq, result): (RequestKey, Seq, Bytes)| {
            (Answer { request, seq, result: result_digest(&result) }, result)
        };
        let answers: Vec<(Answer, Bytes)> = answers.into_iter().map(answer).collect();
        if answers.is_empty() {
            return Vec::new();
        }
        assert!(answers.len() <= MAX_BATCH_REQUESTS, "more answers than a batch has requests");
        let count = u16::try_from(answers.len()).expect("a batch has fewer than u16::MAX requests");
        let tree = Tree::new(answers.iter().map(|(answer, _)| answer));
        let signed = Signed::sign(AnswerRoot { count, root: tree.root() }, domain, signer);
        let reply = |(index, (answer, result)): (u16, (Answer, Bytes))| {
            let voucher = Voucher { index, count, path: tree.path(index.into()), signature: signed.signature() };
            Self { view, answer, result: Some(result), signer: signed.signer(), voucher: Arc::new(voucher) }
        };
        (0..count).zip(answers).map(reply).collect()
    }

    /// The same without the result, unless that is no larger than [`INLINE_RESULT_BYTES`].
    #[must_use]
    pub fn abridged(mut self) -> Self {
        self.result = self.result.filter(|result| result.len() <= INLINE_RESULT_BYTES);
        self
    }

    /// The same, said in another view.
    #[must_use]
    pub fn in_view(self, view: View) -> Self {
        Self { view, ..self }
    }

    /// The view the replica was in.
    pub fn view(&self) -> View {
        self.view
    }

    /// What is vouched for.
    pub fn answer(&self) -> &Answer {
        &self.answer
    }

    /// By whom.
    pub fn signer(&self) -> ReplicaId {
        self.signer
    }

    /// The signature, which other answers may share.
    pub fn signature(&self) -> Signature {
        self.voucher.signature
    }

    /// The result, if it came along: the one that the answer names by digest.
    pub fn result(&self) -> Option<&Bytes> {
        self.result.as_ref()
    }
}

const BY_DIGEST: u8 = 0;
const IN_FULL: u8 = 1;

impl Encode for Reply {
    fn encode(&self, writer: &mut Writer) {
        self.view.encode(writer);
        self.answer.request.encode(writer);
        self.answer.seq.encode(writer);
        match &self.result {
            // It stands for its digest, so the two cannot differ.
            Some(result) => {
                IN_FULL.encode(writer);
                writer.bytes(result);
            }
            None => {
                BY_DIGEST.encode(writer);
                self.answer.result.encode(writer);
            }
        }
        self.signer.encode(writer);
        self.voucher.encode(writer);
    }
}

impl Decode for Reply {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (view, request, seq) = (View::decode(reader)?, RequestKey::decode(reader)?, Seq::decode(reader)?);
        let (digest, result) = match u8::decode(reader)? {
            BY_DIGEST => (Digest::decode(reader)?, None),
            IN_FULL => {
                let result = reader.bytes("result", MAX_RESULT_BYTES)?;
                (result_digest(&result), Some(result))
            }
            tag => return Err(Malformed::UnknownTag { what: "result", tag }),
        };
        let (answer, signer) = (Answer { request, seq, result: digest }, ReplicaId::decode(reader)?);
        let voucher = Voucher::decode(reader)?;
        let Check { author, digest, signature } = voucher.check(signer, &answer, &reader.scope().domain);
        reader.expect(author, digest, signature);
        Ok(Self { view, answer, result, signer, voucher: Arc::new(voucher) })
    }
}

#[cfg(test)]
mod tests;

//! The vocabulary of the protocol: what binds, what is remembered, what is merely said.

use super::departure::Departure;
use super::statement::{Checkpoint, Commit, NewView, Prepare, Suspect, ViewChange};
use bytes::Bytes;
use synod_kernel::process::{Binding, KeyRange, Question};
use synod_kernel::{
    Batch, Certificate, Decode, Digest, Encode, Equivocation, Malformed, Reader, ReplicaId, Seq, Signed, Statement,
    View, Writer,
};

/// Bytes of one piece of state, at most.
pub(super) const CHUNK_MAX: usize = 8 << 20;

/// `<<PRE-PREPARE, v, n, d>, m>`: the primary's vote with the batch it names. [PBFT-OSDI99 §4.2]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrePrepare {
    vote: Signed<Prepare>,
    batch: Batch,
}

impl PrePrepare {
    /// Joins a vote to the batch it names.
    ///
    /// # Panics
    /// If it names another: whoever proposes has computed the digest.
    pub fn new(vote: Signed<Prepare>, batch: Batch) -> Self {
        assert!(vote.statement().digest == batch.digest(), "a proposal names its batch");
        Self { vote, batch }
    }
    /// The signed part.
    pub fn vote(&self) -> &Signed<Prepare> {
        &self.vote
    }
    /// m
    pub fn batch(&self) -> &Batch {
        &self.batch
    }
}

/// What a replica may never contradict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vow {
    /// The primary's proposal.
    PrePrepare(PrePrepare),
    /// A backup's vote for it.
    Prepare(Signed<Prepare>),
    /// "I hold a prepared certificate, durably."
    Commit(Signed<Commit>),
    /// "This is my state, durably."
    Checkpoint(Signed<Checkpoint>),
    /// "I left every view below this one, and this is what prepared."
    ViewChange(Departure),
    /// "The view starts with these."
    NewView(Signed<NewView>),
}

/// What a replica must not forget.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::large_enum_variant, reason = "evidence is rare, and facts are not kept in numbers")]
pub enum Fact {
    /// A batch that votes name.
    Body(Batch),
    /// What the primary of the view proposed.
    Proposal(Signed<Prepare>),
    /// prepared(m, v, n)
    Prepared(Certificate<Prepare>),
    /// A stable checkpoint whose state is durable here.
    Stable(Certificate<Checkpoint>),
    /// The proof of the view this replica is in.
    NewView(Signed<NewView>),
    /// Somebody lied.
    Evidence(Evidence),
    /// committed-local(m, v, n) of a batch that is part of a durable checkpoint: others may need the proof.
    Decided(Certificate<Commit>),
}

/// Two statements one replica may never both make, by kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Two proposals or prepares for one place in one view.
    Prepare(Equivocation<Prepare>),
    /// Two commits.
    Commit(Equivocation<Commit>),
    /// Two states after one batch.
    Checkpoint(Equivocation<Checkpoint>),
    /// Two reports when leaving for one view.
    ViewChange(Equivocation<ViewChange>),
}

impl Evidence {
    /// Whose key signed both.
    pub fn culprit(&self) -> ReplicaId {
        match self {
            Self::Prepare(pair) => pair.culprit(),
            Self::Commit(pair) => pair.culprit(),
            Self::Checkpoint(pair) => pair.culprit(),
            Self::ViewChange(pair) => pair.culprit(),
        }
    }
}

/// What costs only time if it is lost. Nothing here is believed because of who says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hint {
    /// How far the sender is; others send what it lacks. [PBFT-TOCS02]
    Progress(Progress),
    /// What the primary signed, shown to somebody who voted for something else.
    Proposal(Signed<Prepare>),
    /// Asks for a batch.
    Fetch(Digest),
    /// A batch.
    Body(Batch),
    /// Proof that a batch committed, and the batch.
    Decided {
        /// The proof.
        certificate: Certificate<Commit>,
        /// The batch it names.
        batch: Batch,
        /// The sender has more and stopped here: ask again.
        more: bool,
    },
    /// Proof of a stable checkpoint.
    Stable(Certificate<Checkpoint>),
    /// Proof of the sender's view.
    NewView(Signed<NewView>),
    /// The sender suspects the primary of its view.
    Suspect(Signed<Suspect>),
    /// Asks for a piece of the state at a checkpoint.
    FetchChunk {
        /// The checkpoint.
        seq: Seq,
        /// The keys wanted.
        range: KeyRange,
    },
    /// A piece of state; none if the sender does not have that checkpoint.
    Chunk {
        /// The checkpoint.
        seq: Seq,
        /// The keys that were asked for: the piece begins with the first, and need not reach the last.
        range: KeyRange,
        /// The piece, which proves itself against the certified root.
        chunk: Option<Bytes>,
    },
}

/// How far a replica is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Progress {
    /// The view it is in or wants to be in.
    pub view: View,
    /// Whether it is in it.
    pub active: bool,
    /// Its stable checkpoint.
    pub stable: Seq,
    /// What it has ordered without gaps.
    pub ordered: Seq,
    /// It got no further since it last said so: whoever has more may help.
    pub stuck: bool,
}

impl Binding for Vow {
    fn question(&self) -> Question {
        let (statement, view, seq) = match self {
            Self::PrePrepare(PrePrepare { vote, .. }) | Self::Prepare(vote) => {
                (Prepare::KIND, Some(vote.statement().view), Some(vote.statement().seq))
            }
            Self::Commit(vote) => (Commit::KIND, Some(vote.statement().view), Some(vote.statement().seq)),
            Self::Checkpoint(vote) => (Checkpoint::KIND, None, Some(vote.statement().seq)),
            Self::ViewChange(departure) => (ViewChange::KIND, Some(departure.view()), None),
            Self::NewView(message) => (NewView::KIND, Some(message.statement().view()), None),
        };
        Question { statement: statement.statement, view, seq }
    }

    fn answer(&self) -> Digest {
        match self {
            Self::PrePrepare(PrePrepare { vote, .. }) | Self::Prepare(vote) => vote.statement().digest,
            Self::Commit(vote) => vote.statement().digest,
            Self::Checkpoint(vote) => vote.statement().state,
            Self::ViewChange(departure) => Digest::of("synod answer", &departure.vote().statement().to_bytes()),
            Self::NewView(message) => Digest::of("synod answer", &message.statement().to_bytes()),
        }
    }

    fn leaves(&self) -> Option<View> {
        match self {
            Self::ViewChange(departure) => Some(departure.view()),
            Self::NewView(message) => Some(message.statement().view()),
            Self::PrePrepare(_) | Self::Prepare(_) | Self::Commit(_) | Self::Checkpoint(_) => None,
        }
    }
}

impl Vow {
    /// Whose statement this is.
    pub fn signer(&self) -> ReplicaId {
        match self {
            Self::PrePrepare(PrePrepare { vote, .. }) | Self::Prepare(vote) => vote.signer(),
            Self::Commit(vote) => vote.signer(),
            Self::Checkpoint(vote) => vote.signer(),
            Self::ViewChange(departure) => departure.vote().signer(),
            Self::NewView(message) => message.signer(),
        }
    }

    /// The view that it belongs to, if it is a vote of one of the three phases.
    pub(super) fn vote_view(&self) -> Option<View> {
        match self {
            Self::PrePrepare(PrePrepare { vote, .. }) | Self::Prepare(vote) => Some(vote.statement().view),
            Self::Commit(vote) => Some(vote.statement().view),
            Self::Checkpoint(_) | Self::ViewChange(_) | Self::NewView(_) => None,
        }
    }
}

impl Encode for PrePrepare {
    fn encode(&self, writer: &mut Writer) {
        self.vote.encode(writer);
        self.batch.encode(writer);
    }
}

impl Decode for PrePrepare {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (vote, batch) = (Signed::<Prepare>::decode(reader)?, Batch::decode(reader)?);
        if vote.statement().digest != batch.digest() {
            return Err(Malformed::Inconsistent("a proposal that names another batch"));
        }
        Ok(Self { vote, batch })
    }
}

macro_rules! tagged {
    ($name:ident, $what:literal, { $($tag:literal => $variant:ident),+ }) => {
        impl Encode for $name {
            fn encode(&self, writer: &mut Writer) {
                match self {
                    $(Self::$variant(content) => {
                        writer.raw(&[$tag]);
                        content.encode(writer);
                    })+
                }
            }
        }
        impl Decode for $name {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
                match u8::decode(reader)? {
                    $($tag => Ok(Self::$variant(Decode::decode(reader)?)),)+
                    tag => Err(Malformed::UnknownTag { what: $what, tag }),
                }
            }
        }
    };
}
tagged!(Vow, "vow", { 1 => PrePrepare, 2 => Prepare, 3 => Commit, 4 => Checkpoint, 5 => ViewChange, 6 => NewView });
tagged!(Fact, "fact", {
    1 => Body, 2 => Proposal, 3 => Prepared, 4 => Stable, 5 => NewView, 6 => Evidence, 7 => Decided
});
tagged!(Evidence, "evidence", { 1 => Prepare, 2 => Commit, 3 => Checkpoint, 4 => ViewChange });

impl Encode for Progress {
    fn encode(&self, writer: &mut Writer) {
        self.view.encode(writer);
        self.active.encode(writer);
        self.stable.encode(writer);
        self.ordered.encode(writer);
        self.stuck.encode(writer);
    }
}

impl Decode for Progress {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            view: Decode::decode(reader)?,
            active: Decode::decode(reader)?,
            stable: Decode::decode(reader)?,
            ordered: Decode::decode(reader)?,
            stuck: Decode::decode(reader)?,
        })
    }
}

impl Encode for Hint {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Progress(progress) => {
                writer.raw(&[1]);
                progress.encode(writer);
            }
            Self::Proposal(vote) => {
                writer.raw(&[2]);
                vote.encode(writer);
            }
            Self::Fetch(digest) => {
                writer.raw(&[3]);
                digest.encode(writer);
            }
            Self::Body(batch) => {
                writer.raw(&[4]);
                batch.encode(writer);
            }
            Self::Decided { certificate, batch, more } => {
                writer.raw(&[5]);
                certificate.encode(writer);
                batch.encode(writer);
                more.encode(writer);
            }
            Self::Stable(certificate) => {
                writer.raw(&[6]);
                certificate.encode(writer);
            }
            Self::NewView(message) => {
                writer.raw(&[7]);
                message.encode(writer);
            }
            Self::Suspect(vote) => {
                writer.raw(&[10]);
                vote.encode(writer);
            }
            Self::FetchChunk { seq, range } => {
                writer.raw(&[8]);
                seq.encode(writer);
                range.encode(writer);
            }
            Self::Chunk { seq, range, chunk } => {
                writer.raw(&[9]);
                seq.encode(writer);
                range.encode(writer);
                chunk.is_some().encode(writer);
                if let Some(chunk) = chunk {
                    writer.bytes(chunk);
                }
            }
        }
    }
}

impl Decode for Hint {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(match u8::decode(reader)? {
            1 => Self::Progress(Decode::decode(reader)?),
            2 => Self::Proposal(Decode::decode(reader)?),
            3 => Self::Fetch(Decode::decode(reader)?),
            4 => Self::Body(Decode::decode(reader)?),
            5 => decode_decided(reader)?,
            6 => Self::Stable(Decode::decode(reader)?),
            7 => Self::NewView(Decode::decode(reader)?),
            8 => Self::FetchChunk { seq: Decode::decode(reader)?, range: Decode::decode(reader)? },
            9 => Self::Chunk {
                seq: Decode::decode(reader)?,
                range: Decode::decode(reader)?,
                chunk: if bool::decode(reader)? { Some(reader.bytes("chunk", CHUNK_MAX)?) } else { None },
            },
            10 => Self::Suspect(Decode::decode(reader)?),
            tag => return Err(Malformed::UnknownTag { what: "hint", tag }),
        })
    }
}

fn decode_decided(reader: &mut Reader<'_>) -> Result<Hint, Malformed> {
    let (certificate, batch) = (Certificate::<Commit>::decode(reader)?, Batch::decode(reader)?);
    if certificate.statement().digest != batch.digest() {
        return Err(Malformed::Inconsistent("a decision that names another batch"));
    }
    Ok(Hint::Decided { certificate, batch, more: bool::decode(reader)? })
}

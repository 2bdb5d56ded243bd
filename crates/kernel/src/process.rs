//! The contract between a protocol and whatever drives it: a process is a value, a step is a function, effects
//! are an ordered list.
//!
//! What a process says is of two kinds, and what it must remember of two:
//! a **vow** is a statement it may never contradict, on disk before on the wire; a **fact** was learned and must
//! survive a crash; a **hint** may be lost or forgotten at the cost of time, never of safety.
//!
//! * **C1 Order.** Effects take effect in the order written. Local ones (timers, tasks that stay inside) need not
//!   wait for outward ones that C2 holds back; within each of the two kinds the order is kept. Tasks keep
//!   their order among themselves too, except that a checkpoint of a sealed state may be overtaken.
//! * **C2 Output commit.** Nothing leaves the process (`Send`, `Reply`), and no checkpoint or installation becomes
//!   durable, before every earlier `Persist` is durable. Implemented once, in [`Gate`](crate::gate::Gate).
//!   Repeating a vow is `vow` again: the gate elides the second record.
//! * **C3 Crash.** A process may die between any two effects; it is rebuilt by `Start` from a prefix of its records
//!   that includes all that were durable, and from the newest durable checkpoint.
//! * **C4 Timers.** One per name; arming replaces. A firing the process no longer expects is ignored.
//! * **C5 Network.** Messages may be lost, duplicated, delayed, reordered; `from` never lies; contents were
//!   verified before `step` sees them, and may still be lies. A driver may itself lose, before it has verified it,
//!   what the process says it does not need ([`Process::is_needless`]).
//! * **C6 Determinism.** Same state and input, same state and effects. No clock, no randomness, no I/O.
//! * **C7 Robustness.** No input that a peer can cause makes `step` panic. Asserts are about our own state only.
//! * **C8 Checkpoints.** `CheckpointTaken` and `Installed` are reported only when that state is durable; a process
//!   emits `Compact` only after it, and with the strong certificate among the records kept. The store never gets
//!   ahead of the durable log. What is durable can be read, also after a crash, until `Discard`, which waits for the
//!   log as well.

use crate::codec::{Decode, Encode};
use crate::digest::Digest;
use crate::id::{Address, ClientId, ReplicaId, Seq, View};
use crate::reply::Reply;
use crate::request::{Batch, Request};
use alloc::vec::Vec;
use bytes::Bytes;
use core::{fmt::Debug, hash::Hash, time::Duration};

mod note;
mod outbox;
mod outcome;
mod proof;
mod range;
mod status;
mod vocabulary;

pub use note::{Chapter, Note};
pub use outbox::Outbox;
pub use outcome::{Executed, Fate, Recalled};
pub use proof::{Proof, Quorum, Shown};
pub use range::{KeyRange, RANGE_KEY_MAX};
pub use status::Status;

/// What crosses the wire or reaches the log.
pub trait Wire: Clone + Debug + Hash + Ord + Encode + Decode + Send + Sync + 'static {}
impl<T: Clone + Debug + Hash + Ord + Encode + Decode + Send + Sync + 'static> Wire for T {}

/// The question a vow answers. One process never gives two answers to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// Which statement of the protocol.
    pub statement: u8,
    /// The view it is about, if it is about one.
    pub view: Option<View>,
    /// The sequence number it is about, if it is about one.
    pub seq: Option<Seq>,
}

/// What judges and evidence ask of a vow. The rules that are judged never call this.
pub trait Binding: Wire {
    /// What it answers.
    fn question(&self) -> Question;
    /// With what.
    fn answer(&self) -> Digest;
    /// The view below which its author promises never to answer a question again, if that is what it promises.
    fn leaves(&self) -> Option<View>;
}

/// A replica as a deterministic state machine. `Clone` and `Hash` are what let one implementation be simulated,
/// model-checked, forked (twins) and rewound (amnesia).
pub trait Process: Clone + Debug + Hash + Send + 'static {
    /// A statement this process may never contradict, even after a crash.
    type Vow: Binding;
    /// Something learned that must survive a crash: a certificate, a batch, evidence.
    type Fact: Wire;
    /// Anything else it says.
    type Hint: Wire;
    /// What can wake it. Carries its view where it has one, so that a stale firing is recognisably stale.
    type Timer: Copy + Debug + Hash + Ord + Send + 'static;
    /// The rules of the paper, by name; reported when applied.
    type Rule: Copy + Debug + Hash + Ord + Send + 'static;
    /// What needs no more votes, in a form that other threads can ask. Small: it is made anew after every step.
    type Settled: Clone + Debug + Default + PartialEq + Send + Sync + 'static;

    /// Takes one input and writes what follows from it.
    fn step(&mut self, input: Input<Self>, out: &mut Outbox<Self>);

    /// What an operator wants to know of it.
    fn status(&self) -> Status;

    /// What needs no more votes by now. Nothing, unless a process knows better.
    fn settled(&self) -> Self::Settled {
        Self::Settled::default()
    }

    /// Whether a message is of no use to a process that has said this is settled, now or at any time before.
    ///
    /// A driver may ask before it has checked any signature, and drop what is needless: to the process that is the
    /// same as if the network had lost it (C5), so it is always safe, whoever wrote the message and whatever is forged
    /// in it. For the rest the process answers: it says yes only to what it can do without for good. That is nothing
    /// that it could still have to count or to show to others, and nothing that contradicts what is settled, because
    /// that is evidence against its author.
    fn is_needless(_message: &Message<Self>, _settled: &Self::Settled) -> bool {
        false
    }
}

/// What one replica says to another.
#[derive(Clone, Debug, Hash)]
#[allow(clippy::derived_hash_with_manual_eq, reason = "both go by content alone; only their bounds differ")]
pub enum Message<P: Process> {
    /// Binding.
    Vow(P::Vow),
    /// Not binding.
    Hint(P::Hint),
}

/// What a process has in its log.
#[derive(Clone, Debug, Hash)]
#[allow(clippy::derived_hash_with_manual_eq, reason = "both go by content alone; only their bounds differ")]
pub enum Record<P: Process> {
    /// What it promised.
    Vow(P::Vow),
    /// What it learned.
    Fact(P::Fact),
}

/// What can happen to a process.
#[derive(Clone, Debug, Hash)]
pub enum Input<P: Process> {
    /// Always first. After a reboot, with everything that was durable.
    Start {
        /// The log.
        records: Vec<Record<P>>,
        /// The sequence number of the newest durable checkpoint, whose state the service has; 0 without one.
        executed: Seq,
        /// The digest of that state.
        state: Digest,
    },
    /// From a peer. `from` is certain: the driver authenticated it.
    Deliver {
        /// The peer.
        from: ReplicaId,
        /// What it said.
        message: Message<P>,
    },
    /// From a client, whose signature was verified; `from` is who handed it over.
    Request {
        /// The other end of the channel.
        from: Address,
        /// The request.
        request: Request,
    },
    /// A timer that was armed.
    Timeout(P::Timer),
    /// A task is done.
    Done(Report),
}

/// What a process asks the service behind it. Tasks are done in the order asked; only a checkpoint that C2 holds back
/// is overtaken by later ones, which is why the state is sealed first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    /// Execute a batch. Sequence numbers come without gaps.
    Execute {
        /// Its place in the order.
        seq: Seq,
        /// What to execute.
        batch: Batch,
    },
    /// Keep the state after the batch executed last, which is this one, to checkpoint it or to return to it.
    /// Not reported.
    Seal {
        /// That batch's place.
        seq: Seq,
    },
    /// Make a sealed state durable and say what it is. Later batches may have been executed by then. It can be read
    /// from then on, also after a crash, until it is discarded.
    Checkpoint {
        /// The sealed state's place.
        seq: Seq,
    },
    /// Look up what became of a request that may have been executed or refused before. Every one is reported.
    Recall {
        /// The request.
        request: Request,
    },
    /// Checkpoints before this one need not be kept any more. Not reported.
    Discard {
        /// The first that must be.
        before: Seq,
    },
    /// Read a piece of a checkpoint for a peer. From then on that checkpoint is kept for it, until it reads of another
    /// one or is released.
    ReadChunk {
        /// The peer.
        to: ReplicaId,
        /// Which checkpoint.
        seq: Seq,
        /// The keys wanted: as many entries as a piece holds.
        range: KeyRange,
    },
    /// Keep no checkpoint for this peer any more. Not reported.
    Release {
        /// The peer.
        to: ReplicaId,
    },
    /// Get ready to fetch a checkpoint. What is here already of a transfer of it, before a crash perhaps, counts.
    BeginTransfer {
        /// Which checkpoint.
        seq: Seq,
        /// Its root, which a certificate vouches for.
        root: Digest,
    },
    /// Check a piece of the checkpoint being fetched against its root and keep it, durably.
    StoreChunk {
        /// Who sent it.
        from: ReplicaId,
        /// Which checkpoint.
        seq: Seq,
        /// Its root.
        root: Digest,
        /// The keys that were asked for.
        range: KeyRange,
        /// As it came from the peer: not believed.
        chunk: Bytes,
    },
    /// Forget what was fetched: it is not needed any more. Not reported.
    EndTransfer,
    /// Make the checkpoint whose pieces are complete the state, durably.
    Install {
        /// Which checkpoint.
        seq: Seq,
        /// Its root.
        root: Digest,
    },
    /// Return to a sealed state at or after the last checkpoint. (Speculative execution.)
    Rollback {
        /// The sealed state's place.
        to: Seq,
    },
}

impl Task {
    /// Whether it changes what states are durable, so that C2 holds it back like a message.
    pub fn is_outward(&self) -> bool {
        match self {
            Self::Checkpoint { .. } | Self::Discard { .. } | Self::Install { .. } => true,
            Self::Execute { .. }
            | Self::Seal { .. }
            | Self::Recall { .. }
            | Self::ReadChunk { .. }
            | Self::Release { .. }
            | Self::BeginTransfer { .. }
            | Self::StoreChunk { .. }
            | Self::EndTransfer
            | Self::Rollback { .. } => false,
        }
    }
}

/// How far a transfer has come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transfer {
    /// These ranges are missing, in key order: the first of them, if there are very many. They do not overlap. A piece
    /// that is stored may change any of them: what it brings is taken out, and large ranges are cut so that others can
    /// send parts of them.
    Missing(Vec<KeyRange>),
    /// Nothing is missing: the whole state stands ready to be installed.
    Complete,
    /// The piece does not verify: its sender is at fault.
    Refused,
}

/// The answer to a [`Task`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Report {
    /// A batch was executed.
    Executed {
        /// Its place.
        seq: Seq,
        /// An entry per request, in the batch's order.
        outcomes: Vec<Executed>,
    },
    /// What became of a request, after all batches that were handed over before the question.
    Recalled {
        /// The request.
        request: Request,
        /// What is remembered of it.
        outcome: Recalled,
    },
    /// The state after this batch is durable.
    CheckpointTaken {
        /// Its place.
        seq: Seq,
        /// The digest of the state.
        state: Digest,
    },
    /// A piece for a peer; none if the checkpoint is no longer (or not) here.
    ChunkRead {
        /// The peer.
        to: ReplicaId,
        /// Which checkpoint.
        seq: Seq,
        /// The keys wanted.
        range: KeyRange,
        /// The piece.
        chunk: Option<Bytes>,
    },
    /// The service is ready for pieces.
    TransferBegun {
        /// Of which checkpoint.
        seq: Seq,
        /// What is missing.
        transfer: Transfer,
    },
    /// A piece from a peer was checked.
    ChunkStored {
        /// Who sent it.
        from: ReplicaId,
        /// Which checkpoint.
        seq: Seq,
        /// The keys that were asked for.
        range: KeyRange,
        /// What follows.
        transfer: Transfer,
    },
    /// The state is now this checkpoint's, durably.
    Installed {
        /// Which checkpoint.
        seq: Seq,
        /// Its root.
        state: Digest,
    },
    /// The state is again the one after this batch.
    RolledBack {
        /// That batch's place.
        to: Seq,
    },
}

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// One replica.
    One(ReplicaId),
    /// Every replica but this one.
    Others,
}

/// What a step does to the world, in order.
#[derive(Clone, Debug, Hash)]
#[allow(clippy::derived_hash_with_manual_eq, reason = "both go by content alone; only their bounds differ")]
pub enum Effect<P: Process> {
    /// Append to the log.
    Persist(Record<P>),
    /// Replace the whole log by these records, atomically, once everything before is durable.
    Compact(Vec<Record<P>>),
    /// Say something to other replicas.
    Send {
        /// To whom.
        to: Target,
        /// What.
        message: Message<P>,
    },
    /// Hand a client's request to another replica.
    Forward {
        /// To whom.
        to: ReplicaId,
        /// Which.
        request: Request,
    },
    /// Answer a client.
    Reply {
        /// Whom.
        to: ClientId,
        /// With what.
        reply: Reply,
    },
    /// Wake me after this long.
    Arm {
        /// Under this name.
        timer: P::Timer,
        /// From now.
        after: Duration,
    },
    /// Do not wake me.
    Disarm(P::Timer),
    /// Have the service do something.
    Ask(Task),
    /// A rule was applied. For transcripts, coverage and counters; changes nothing.
    Applied(P::Rule),
    /// Something for the operator to read. Changes nothing.
    Note(Note),
}

#[cfg(test)]
mod tests;

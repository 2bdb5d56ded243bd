//! The rules of the paper by name, and the timers. A driver reports rules as they are applied; transcripts,
//! counters and coverage are made of them.

use synod_kernel::{ReplicaId, RequestKey, Seq, View};

/// A rule that was applied. `Ignore…` is normal asynchrony or a peer's nonsense; nothing was changed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A client's request is new and waits to be executed. [PBFT-OSDI99 §4.1]
    AcceptRequest,
    /// A request was answered before: the answer is repeated. [PBFT-OSDI99 §4.1]
    RepeatReply,
    /// A client that is given an answer again has used up its share: it gets it later, or when it asks again.
    DeferReply,
    /// A request that was executed, or never will be any more, came from somebody other than its client.
    IgnoreSettled,
    /// A client has more requests waiting than it may, or all clients together have.
    IgnoreFlood,
    /// A request has the key of another one that waits.
    IgnoreDifferentBody,
    /// The primary gives a batch a sequence number. [PBFT-OSDI99 §4.2]
    Propose,
    /// A backup accepts a pre-prepare. [PBFT-OSDI99 §4.2]
    AcceptPrePrepare,
    /// prepared(m, v, n, i) holds. [PBFT-OSDI99 §4.2]
    Prepared,
    /// committed-local(m, v, n, i) holds. [PBFT-OSDI99 §4.2]
    Committed,
    /// A peer proved that a batch committed. [PBFT-TOCS02]
    LearnDecision,
    /// A batch was executed, in order. [PBFT-OSDI99 §4.2]
    Execute,
    /// A null request was executed: it changed nothing. [PBFT-OSDI99 §4.4]
    ExecuteNull,
    /// An earlier promise forbids this vote. It was perhaps made before a crash.
    KeepEarlierVow,
    /// A piece of state came after its time, and is taken all the same.
    TakeLatePiece,
    /// What is decided here forbids this vote, whatever the primary of the view proposes.
    KeepDecision,
    /// One replica made two statements that exclude each other: evidence.
    Accuse,
    /// A vote that differs from the proposal: its sender is shown what the primary signed.
    ShowProposal,
    /// A vote for a view this replica is not in.
    IgnoreOtherView,
    /// A vote outside the window. [PBFT-OSDI99 §4.2]
    IgnoreOutsideWindow,
    /// A binding statement that came from somebody other than its author.
    IgnoreRelayed,
    /// A pre-prepare that is not the primary's.
    IgnoreNotPrimary,
    /// A pre-prepare for a place that has one.
    IgnoreConflict,
    /// A pre-prepare whose batch is empty or larger than agreed.
    IgnoreBadBatch,
    /// A vote for a later view, kept until that view is entered.
    KeepEarlyVote,
    /// A vote for a later view that could not be accepted there, or from a replica whose share of the buffer is full.
    IgnoreEarlyVote,
    /// A checkpoint became stable. [PBFT-OSDI99 §4.3]
    StableCheckpoint,
    /// A strong quorum has another state than this replica: its own is wrong.
    Diverged,
    /// A request waited too long, or the new view did: say so, and go on. [PBFT-OSDI99 §4.4]
    Suspect,
    /// f+1 suspect the primary: ask for the next view. [PBFT-OSDI99 §4.4, §4.5.2]
    LeaveView,
    /// A request waits long, but the primary has worked as hard as it can: it is given more time.
    GrantTime,
    /// Another replica left and showed that f+1 suspected the primary: leave as well. [PBFT-OSDI99 §4.5.2]
    JoinViewChange,
    /// The new primary proves the new view. [PBFT-OSDI99 §4.4]
    SendNewView,
    /// A view was entered. [PBFT-OSDI99 §4.4]
    EnterView,
    /// A view-change message of a view left behind.
    IgnoreOldView,
    /// State is fetched from a peer. [PBFT-TOCS02]
    StartTransfer,
    /// A peer's piece of state does not verify, or it has none: ask another.
    LeavePeer,
    /// A peer has used up its share of help, or waits for a piece already: it is answered later.
    DeferHelp,
    /// Fetched state was installed.
    FinishTransfer,
    /// A timer fired that nobody waits for any more.
    IgnoreStaleTimer,
    /// Something asked for that this replica does not have or need.
    IgnoreUnwanted,
}

/// What can wake a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// A request has waited too long in this view.
    Request(RequestKey, View),
    /// The new view has not come although a strong quorum asked for it.
    NewView(View),
    /// Time to tell the others how far we are.
    Status,
    /// A peer has not sent a piece of this checkpoint.
    Piece(Seq, ReplicaId),
    /// Nobody had a piece of this checkpoint: time to ask again.
    Transfer(Seq),
}

//! What a client is told and what it says: inputs, effects, outcomes.

use crate::reply::Refusal;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use core::time::Duration;
use synod_kernel::reply::AnswerCertificate;
use synod_kernel::request::RequestError;
use synod_kernel::{ReplicaId, Reply, Request, Seq};

/// Names a submission, for as long as the client lives. (The request's own key may change, see [`Client`].)
///
/// [`Client`]: super::Client
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

impl Ticket {
    /// Its number; the first is 1.
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(super) const fn next(self) -> Self {
        Self(self.0.checked_add(1).expect("counting submissions one by one never reaches u64::MAX"))
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whom a request is sent to first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// The presumed primary, and everyone after [`Patience::widen`]: the fewest messages.
    #[default]
    Primary,
    /// Everyone at once: the least delay if the primary is slow or silent.
    All,
}

/// How long a client waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Patience {
    /// From the first sending to the second, which goes to everyone. Doubles from each sending to the next.
    pub widen: Duration,
    /// From f+1 replicas vouching for a result to asking all of them for it, if the one that was to send it is silent.
    pub result: Duration,
    /// Between two sendings, at most.
    pub widest: Duration,
    /// From a submission, or a retry, to its outcome.
    pub deadline: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            widen: Duration::from_millis(300),
            result: Duration::from_millis(50),
            widest: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
        }
    }
}

/// What can wake a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientTimer {
    /// Time to send a request again.
    Retransmit(Ticket),
    /// Time to say that the outcome is not known.
    Deadline(Ticket),
}

/// What can happen to a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientInput {
    /// A reply whose signature was verified.
    Reply {
        /// The other end of the channel, as authenticated by the transport.
        from: ReplicaId,
        /// What it said.
        reply: Reply,
    },
    /// One [`ClientEffect::Send`] with this ticket came to nothing: no byte of the request left this machine. If in
    /// doubt, the driver says nothing.
    Unreachable {
        /// Which submission's.
        ticket: Ticket,
    },
    /// A timer that was armed.
    Timeout(ClientTimer),
}

/// What a client does to the world, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientEffect {
    /// Send a request to a replica.
    Send {
        /// Which submission's; to be named in [`ClientInput::Unreachable`].
        ticket: Ticket,
        /// To whom.
        to: ReplicaId,
        /// Which.
        request: Request,
    },
    /// Wake me after this long. Replaces a timer of the same name.
    Arm {
        /// Under this name.
        timer: ClientTimer,
        /// From now.
        after: Duration,
    },
    /// Do not wake me.
    Disarm(ClientTimer),
    /// What became of a submission.
    Done {
        /// Which.
        ticket: Ticket,
        /// What.
        outcome: Outcome,
    },
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was executed, once.
    Committed {
        /// Where in the agreed order.
        seq: Seq,
        /// A result for each operation, in order.
        results: Vec<Bytes>,
        /// The proof, for anyone: f+1 replicas signed the digest of the encoded [`Resolution`](crate::Resolution).
        certificate: AnswerCertificate,
    },
    /// f+1 replicas vouch for this refusal, which says what it means for the request.
    Rejected(Refusal),
    /// It was not executed and will not be: it never left this machine.
    Unavailable,
    /// It may have been executed, may be yet, or may never be. The client keeps the request until it is told to
    /// [`retry`](super::Client::retry), which cannot make it happen twice, or to [`forget`](super::Client::forget).
    Unknown,
}

/// Why operations were not submitted. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitError {
    /// As many requests are held as the session's window allows: wait for an outcome, or settle those that are
    /// [`Outcome::Unknown`].
    Busy {
        /// How many.
        outstanding: usize,
    },
    /// They cannot be one request.
    Request(RequestError),
}

impl From<RequestError> for SubmitError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { outstanding } => write!(f, "{outstanding} requests are outstanding; wait for an outcome"),
            Self::Request(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SubmitError {}

/// No request is held under this ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTicket(pub Ticket);

impl fmt::Display for UnknownTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "submission {} is not held: it has its outcome, or was forgotten", self.0)
    }
}

impl core::error::Error for UnknownTicket {}

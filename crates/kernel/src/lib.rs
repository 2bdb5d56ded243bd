//! The waist of synod: the vocabulary of Byzantine fault-tolerant replication and the contract between
//! protocols and whatever drives them.
//!
//! * Vocabulary: who and when ([`id`]), how many are enough ([`membership`]), what bytes mean ([`codec`]),
//!   who said what ([`signature`], [`statement`]), and what is proved by it ([`certificate`]).
//! * Contract: a [`Process`] is a value, a step is a function, effects are a list. Numbered
//!   C1 to C8 in [`process`]; output commit (C2) lives once, in [`gate`].
//!
//! `no_std` is the point: there is no clock, socket, file or random seed here to be misused, and the crates
//! above that promise determinism inherit the same ban.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod adversary;
pub mod certificate;
pub mod chooser;
pub mod codec;
pub mod descriptor;
pub mod digest;
pub mod ed25519;
pub mod frame;
pub mod gate;
pub mod id;
pub mod membership;
pub mod process;
pub mod reply;
pub mod request;
pub mod signature;
pub mod statement;
pub mod symbolic;

#[cfg(test)]
mod fixture;

pub use certificate::{Certificate, Equivocation, Strong, Tally, Threshold, Weak};
pub use codec::{Decode, Encode, Malformed, Reader, Scope, Unverified, Writer};
pub use digest::Digest;
pub use id::{Address, ClientId, Epoch, ReplicaId, RequestId, Seq, SessionId, View};
pub use membership::{Faults, Membership};
pub use process::{
    Effect, Executed, Fate, Input, Message, Outbox, Process, Recalled, Record, Report, Status, Target, Task,
};
pub use reply::Reply;
pub use request::{Batch, Request, RequestKey};
pub use signature::{Invalid, Signature, Signer, Verifier};
pub use statement::{Domain, Kind, Signed, Statement};

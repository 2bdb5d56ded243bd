//! What a process shows that a quorum said, in words that every protocol shares: for judges, who know none.

use super::{Message, Process, Question, Record};
use crate::digest::Digest;
use crate::id::ReplicaId;
use alloc::vec::Vec;

/// What a process lets others see or will find again.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a, P: Process> {
    /// Something said.
    Message(&'a Message<P>),
    /// Something kept.
    Record(&'a Record<P>),
}

/// A certificate, of a kind of which there cannot be two with different answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The question that can have one answer. Whatever makes no difference to that is left out: a decision is about a
    /// place, whichever view it fell in.
    pub question: Question,
    /// The answer that is proved.
    pub answer: Digest,
    /// Who signed.
    pub signers: Vec<ReplicaId>,
    /// What those who signed promised an answer to, if it was a promise. Whoever is honest among them gave this answer.
    pub promised: Option<Question>,
    /// How many signers make it a proof.
    pub quorum: Quorum,
}

/// How many distinct members a proof needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// So many that one of them is honest.
    Weak,
    /// So many that two sets of them have an honest one in common.
    Strong,
}

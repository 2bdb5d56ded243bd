//! One request on its way, and what replicas say of it.
//!
//! Of each replica the latest answer counts, not the first: a request that is refused is refused anew each time it is
//! ordered, at another place, so a correct replica may give several answers, and any two agree only on the last.
//! An answer that arrives late is recognised by its place. Counting matching answers of distinct replicas stays sound
//! whichever of them are counted, because a correct replica signs only what is true.

use super::{ClientEffect, ClientTimer, Destination, Outcome, Patience, Ticket};
use crate::plain;
use crate::reply::{ReplyBody, Resolution};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use synod_kernel::request::Answer;
use synod_kernel::{Certificate, Membership, ReplicaId, Reply, Request, SessionId, Tally, Weak};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pending {
    pub(super) request: Request,
    pub(super) destination: Destination,
    pub(super) phase: Phase,
    /// Sendings since it was submitted or retried.
    pub(super) attempt: u32,
    /// Messages that may have reached a replica.
    pub(super) in_doubt: u64,
    /// Whether a replica has answered.
    heard: bool,
    /// The latest answer of each replica.
    replies: BTreeMap<ReplicaId, Reply>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// Somebody waits for the outcome.
    Active,
    /// Nobody does, after the deadline.
    Unknown,
    /// The outcome came after the deadline.
    Settled(Outcome),
}

impl Pending {
    pub(super) fn new(request: Request, destination: Destination) -> Self {
        let (phase, replies) = (Phase::Active, BTreeMap::new());
        Self { request, destination, phase, attempt: 0, in_doubt: 0, heard: false, replies }
    }

    /// Whether it may still be executed in this session.
    pub(super) fn is_unresolved_in(&self, session: SessionId) -> bool {
        self.request.key().session == session && !matches!(self.phase, Phase::Settled(_))
    }

    /// Whether it is certain that no replica has it.
    pub(super) fn reached_nobody(&self) -> bool {
        self.in_doubt == 0 && !self.heard
    }

    /// Goes on under another key.
    pub(super) fn replace(&mut self, request: Request) {
        self.request = request;
        self.attempt = 0;
        self.replies.clear();
    }

    /// Sends it, and asks to be woken to send it again.
    pub(super) fn send(
        &mut self,
        ticket: Ticket,
        targets: &[ReplicaId],
        patience: &Patience,
        out: &mut Vec<ClientEffect>,
    ) {
        self.in_doubt += targets.len() as u64;
        out.extend(targets.iter().map(|&to| ClientEffect::Send { ticket, to, request: self.request.clone() }));
        let doubled = patience.widen.saturating_mul(1_u32.checked_shl(self.attempt).unwrap_or(u32::MAX));
        let after = doubled.min(patience.widest);
        out.push(ClientEffect::Arm { timer: ClientTimer::Retransmit(ticket), after });
    }

    /// Takes in an answer. The proof of what it says and the meaning of it, if f+1 replicas say so by now.
    pub(super) fn hear(
        &mut self,
        reply: Reply,
        members: &Membership,
    ) -> Option<(Certificate<Answer, Weak>, ReplyBody)> {
        // Another incarnation with this key may have given the same key to another request: its answers are not ours.
        // With f+1 signers one is correct, and what it signs can be read, so what cannot is worth no vote.
        let resolution = plain::decode::<Resolution>(reply.result().clone()).ok()?;
        if resolution.request != self.request.digest() {
            return None;
        }
        self.heard = true;
        let (statement, signer) = (*reply.answer().statement(), reply.answer().signer());
        if self.replies.get(&signer).is_some_and(|known| known.answer().statement().seq > statement.seq) {
            return None;
        }
        self.replies.insert(signer, reply);
        let mut tally = Tally::<Answer, Weak>::default();
        for vote in self.replies.values().map(Reply::answer).filter(|vote| *vote.statement() == statement) {
            tally.cast(vote.clone()).expect("each replica has one answer among them");
        }
        let certificate = tally.certificate(&statement, members)?;
        Some((certificate, resolution.body))
    }
}

//! One request on its way, and what replicas say of it.
//!
//! Of each replica the latest answer counts, not the first: a request that is refused is refused anew each time it is
//! ordered, at another place, so a correct replica may give several answers, and any two agree only on the last.
//! An answer that arrives late is recognised by its place. Counting matching answers of distinct replicas stays sound
//! whichever of them are counted, because a correct replica signs only what is true.
//!
//! Answers name results by digest, and one replica sends the result. Of results that are larger than what always comes
//! along, one is kept for each different answer: until f+1 replicas agree those are at most f lies and the truth, and
//! when they agree the lies go. [PBFT-TOCS02 "digest replies"]

use super::{ClientEffect, ClientTimer, Destination, Outcome, Patience, Ticket};
use crate::plain;
use crate::reply::{ReplyBody, Resolution};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::reply::{Answer, AnswerCertificate, INLINE_RESULT_BYTES};
use synod_kernel::{Membership, ReplicaId, Reply, Request, SessionId};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pending {
    pub(super) request: Request,
    /// Which replica is to send the result.
    pub(super) replier: ReplicaId,
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
    /// What f+1 replicas vouch for while its result has not come.
    lacking: Option<Answer>,
    /// Everyone was asked for the result.
    asked_in_full: bool,
}

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Nothing,
    /// f+1 replicas say so: the proof of it, and what it means.
    Settled(AnswerCertificate, ReplyBody),
    /// f+1 replicas agree on the digest of a result; the one that is to send the result has not answered yet.
    ResultMissing,
    /// They do, and it has answered without it or otherwise.
    ResultWithheld,
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
    pub(super) fn new(request: Request, replier: ReplicaId, destination: Destination) -> Self {
        Self {
            request,
            replier,
            destination,
            phase: Phase::Active,
            attempt: 0,
            in_doubt: 0,
            heard: false,
            replies: BTreeMap::new(),
            lacking: None,
            asked_in_full: false,
        }
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
    pub(super) fn replace(&mut self, request: Request, replier: ReplicaId) {
        self.request = request;
        self.replier = replier;
        self.attempt = 0;
        self.replies.clear();
        self.lacking = None;
        self.asked_in_full = false;
    }

    /// Sends it, and asks to be woken to send it again. Whoever has answered it before answers in full.
    pub(super) fn send(
        &mut self,
        ticket: Ticket,
        targets: &[ReplicaId],
        patience: &Patience,
        out: &mut Vec<ClientEffect>,
    ) {
        self.asked_in_full |= self.lacking.is_some();
        self.in_doubt += targets.len() as u64;
        out.extend(targets.iter().map(|&to| ClientEffect::Send { ticket, to, request: self.request.clone() }));
        let doubled = patience.widen.saturating_mul(1_u32.checked_shl(self.attempt).unwrap_or(u32::MAX));
        let after = doubled.min(patience.widest);
        out.push(ClientEffect::Arm { timer: ClientTimer::Retransmit(ticket), after });
    }

    /// Takes in an answer.
    pub(super) fn hear(&mut self, reply: Reply, members: &Membership) -> Heard {
        if let Some(result) = reply.result() {
            // With f+1 signers one is correct, and what it signs can be read, so what cannot is worth no vote.
            let Ok(resolution) = plain::decode::<Resolution>(result.clone()) else { return Heard::Nothing };
            if resolution.request != self.request.digest() {
                // Another incarnation with this key may have given the same key to another request: its answers are
                // not ours, and neither was what is vouched for by this digest.
                self.replies.retain(|_, known| known.answer() != reply.answer());
                self.lacking = self.lacking.filter(|lacking| lacking != reply.answer());
                return Heard::Nothing;
            }
        }
        self.heard = true;
        let (answer, signer) = (*reply.answer(), reply.signer());
        if self.replies.get(&signer).is_some_and(|known| known.answer().seq > answer.seq) {
            return Heard::Nothing;
        }
        self.keep(reply);
        let Some(certificate) = AnswerCertificate::gather(&answer, self.replies.values(), members) else {
            return Heard::Nothing;
        };
        match self.body_of(&answer) {
            Some(body) => Heard::Settled(certificate, body),
            None => self.lack(answer),
        }
    }

    /// Keeps an answer as its author's latest, and its result unless it is known or known to be wrong.
    fn keep(&mut self, reply: Reply) {
        let is_wrong = self.lacking.is_some_and(|lacking| lacking != *reply.answer());
        let signer = reply.signer();
        // What a replica repeats without its result, it has said with it.
        let known = self.replies.remove(&signer).filter(|known| known.answer() == reply.answer());
        let reply = if reply.result().is_none() { known.unwrap_or(reply) } else { reply };
        let is_known = self.results_of(reply.answer()).next().is_some();
        self.replies.insert(signer, if is_wrong || is_known { reply.abridged() } else { reply });
    }

    fn results_of(&self, answer: &Answer) -> impl Iterator<Item = &Bytes> {
        self.replies.values().filter(move |reply| reply.answer() == answer).filter_map(Reply::result)
    }

    fn body_of(&self, answer: &Answer) -> Option<ReplyBody> {
        let result = self.results_of(answer).next()?;
        let resolution = plain::decode::<Resolution>(result.clone());
        Some(resolution.expect("a result is read before it is kept").body)
    }

    /// f+1 replicas vouch for an answer whose result nobody sent.
    fn lack(&mut self, answer: Answer) -> Heard {
        let is_new = self.lacking.replace(answer) != Some(answer);
        for reply in self.replies.values_mut().filter(|reply| *reply.answer() != answer) {
            *reply = reply.clone().abridged();
        }
        if self.asked_in_full {
            return Heard::Nothing;
        }
        match self.replies.contains_key(&self.replier) {
            true => Heard::ResultWithheld,
            false if is_new => Heard::ResultMissing,
            false => Heard::Nothing,
        }
    }

    /// Whether the replica that was to send this answer's result did so, other than because everyone sends small ones.
    pub(super) fn was_served(&self, answer: &Answer) -> bool {
        let reply = self.replies.get(&self.replier).filter(|reply| reply.answer() == answer);
        reply.and_then(Reply::result).is_some_and(|result| result.len() > INLINE_RESULT_BYTES)
    }

    /// Results held that are larger than what always comes along.
    #[cfg(test)]
    pub(super) fn large_results(&self) -> usize {
        self.replies.values().filter_map(Reply::result).filter(|result| result.len() > INLINE_RESULT_BYTES).count()
    }

    /// Whether f+1 replicas vouch for an answer, its result has not come, and it was not asked for.
    pub(super) fn lacks_result(&self) -> bool {
        self.lacking.is_some() && !self.asked_in_full
    }
}

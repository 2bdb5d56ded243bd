//! What clients are answered: once for each request that is executed, and again, as far as their shares go.
//!
//! A request of two hundred bytes may have a result of four megabytes. So what is answered again comes out of a share
//! that each client has for each status interval, and only a client that asks here itself gets it: it asks everybody,
//! so nobody need ask for it, and whoever hands its old requests on has nothing sent to it. Answers to what was merely
//! ordered again, or refused, go without large results to whoever did not ask here; half of a share is not for them.
//!
//! Who has used up its share waits for the next interval: so many of its answers are noted and then given, to clients
//! in turn. The others it asks for again.
//!
//! The answers to a batch are signed at once. Where a result is large, the client named the replica that sends it, and
//! the others vouch for its digest. What a client asks for again goes out in full: it missed something.
//! [PBFT-TOCS02 "digest replies"]

use super::replica::{Out, Replica};
use super::rule::Rule;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::{Batch, ClientId, Executed, Fate, Reply, Request, RequestKey};

/// Bytes of answers that one client is given again in one status interval, besides the last one: with that, less than
/// the queue of a connection holds.
const OF_CLIENT: usize = 2 << 20;
/// Bytes of answers that all clients are given again in one status interval, before small ones alone go on.
const OF_ALL: usize = 32 << 20;
/// Bytes of small answers that a client is given again in one status interval whatever others were given.
const OF_CLIENT_MIN: usize = 64 << 10;
/// What an answer costs besides its result, in bytes.
const ANSWER_BYTES: usize = 512;
/// What it costs if it has to be signed alone.
const SIGNED_BYTES: usize = 8 << 10;
/// Answers of one client that are noted for the next interval, at most: as many as a session has under way.
const DEFERRED_OF_CLIENT: usize = 64;
/// Answers of all clients that are noted, at most.
const DEFERRED_OF_ALL: usize = 1 << 12;

/// Who was answered again in this interval, and who waits for it.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Repeats {
    /// Bytes, of each client that was answered.
    spent: BTreeMap<ClientId, usize>,
    /// Their sum.
    spent_by_all: usize,
    /// Requests of each client that it is to be answered again, the first to be asked first.
    deferred: BTreeMap<ClientId, Vec<RequestKey>>,
    deferred_by_all: usize,
    /// The client that was given what was noted for it last. The others come first next time.
    served: Option<ClientId>,
}

impl Repeats {
    /// Whether a client may be given an answer of so many bytes: as long as something is left of its share, all of it
    /// for what it asks for, half of it for other answers.
    fn may_answer(&self, client: ClientId, asked: bool, bytes: usize) -> bool {
        let share = if asked { OF_CLIENT } else { OF_CLIENT / 2 };
        let spent = self.spent.get(&client).copied().unwrap_or_default();
        match self.spent_by_all < OF_ALL {
            true => spent < share,
            false => spent.saturating_add(bytes) <= OF_CLIENT_MIN,
        }
    }

    /// Takes something from a client's share. The last thing may exceed it.
    fn charge(&mut self, client: ClientId, bytes: usize) {
        *self.spent.entry(client).or_default() += bytes;
        self.spent_by_all += bytes;
    }

    /// Notes that a client is to be answered in the next interval, if there is room.
    fn defer(&mut self, key: RequestKey) {
        let known = self.deferred.get(&key.client).map_or(&[][..], Vec::as_slice);
        let has_room = known.len() < DEFERRED_OF_CLIENT && self.deferred_by_all < DEFERRED_OF_ALL;
        if has_room && !known.contains(&key) {
            self.deferred.entry(key.client).or_default().push(key);
            self.deferred_by_all += 1;
        }
    }

    /// Shares are whole again.
    pub(super) fn forget_spent(&mut self) {
        self.spent.clear();
        self.spent_by_all = 0;
    }

    /// A new interval: shares are whole again. Returns what was noted.
    fn renew(&mut self) -> Vec<RequestKey> {
        let Self { mut deferred, served, .. } = core::mem::take(self);
        self.served = served;
        let later = served.map_or_else(BTreeMap::new, |served| deferred.split_off(&served));
        let (own, others): (Vec<_>, Vec<_>) = later.into_iter().partition(|(client, _)| Some(*client) == served);
        others.into_iter().chain(deferred).chain(own).flat_map(|(_, keys)| keys).collect()
    }
}

fn cost(reply: &Reply) -> usize {
    reply.result().map_or(0, Bytes::len) + ANSWER_BYTES
}

impl Replica {
    /// Answers the requests of a batch that was executed, with one signature, and stops waiting for them.
    pub(super) fn answer_batch(&mut self, batch: Option<&Batch>, outcomes: Vec<Executed>, out: &mut Out) {
        let of_outcome = |outcome: &Executed| (outcome.fate, self.requests.was_asked(&outcome.request));
        let fates: Vec<(Fate, bool)> = outcomes.iter().map(of_outcome).collect();
        outcomes.iter().for_each(|outcome| self.stop_waiting_for(outcome, out));
        for (index, (reply, (fate, asked))) in self.sign_answers(outcomes).into_iter().zip(fates).enumerate() {
            let Some(request) = batch.and_then(|batch| batch.requests().get(index)) else {
                out.reply(reply);
                continue;
            };
            if fate == Fate::Executed {
                self.requests.answered.keep(request.digest(), reply.clone());
                let is_in_full = request.replier().includes(self.config.id());
                out.reply(if is_in_full { reply } else { reply.abridged() });
            } else {
                self.answer_ordered_again(request, fate, asked, reply, out);
            }
        }
    }

    /// Answers a request that was ordered and not executed. It was ordered because somebody asked again, or lies.
    fn answer_ordered_again(&mut self, request: &Request, fate: Fate, asked: bool, reply: Reply, out: &mut Out) {
        let key = request.key();
        let known = self.requests.answered.reply_to(request).filter(|_| fate == Fate::Repeated).cloned();
        let is_kept = fate != Fate::Deferred;
        if known.is_none() && is_kept {
            self.requests.answered.keep(request.digest(), reply.clone());
        }
        // What this replica remembers has its result, which the service may have forgotten.
        let reply = known.unwrap_or(reply).in_view(self.view);
        let reply = if asked { reply } else { reply.abridged() };
        if self.requests.repeats.may_answer(key.client, asked, cost(&reply)) {
            self.requests.repeats.charge(key.client, cost(&reply));
            return out.reply(reply);
        }
        out.applied(Rule::DeferReply);
        if asked && is_kept {
            self.requests.repeats.defer(key);
        }
    }

    /// Gives the answer that is remembered once more. False if there is none, or it has to wait.
    pub(super) fn repeat_reply(&mut self, key: RequestKey, out: &mut Out) -> bool {
        let Some(reply) = self.requests.answered.get(&key) else { return false };
        if !self.requests.repeats.may_answer(key.client, true, cost(reply)) {
            self.requests.repeats.defer(key);
            out.applied(Rule::DeferReply);
            return false;
        }
        self.requests.repeats.charge(key.client, cost(reply));
        out.applied(Rule::RepeatReply);
        out.reply(reply.clone().in_view(self.view));
        true
    }

    /// A new interval begins: who waits for an answer that was given before gets it.
    pub(super) fn repeat_deferred(&mut self, out: &mut Out) {
        for key in self.requests.repeats.renew() {
            if self.repeat_reply(key, out) {
                self.requests.repeats.served = Some(key.client);
            }
        }
    }

    /// Answers a client what the service remembers of its request. A refusal is not kept here: what it says can change
    /// with the client's sessions, and only replicas that say the same convince the client.
    pub(super) fn answer_recalled(&mut self, request: &Request, outcome: Executed, out: &mut Out) {
        let client = request.key().client;
        let bytes = outcome.result.len() + ANSWER_BYTES + SIGNED_BYTES;
        if !self.requests.repeats.may_answer(client, true, bytes) {
            return out.applied(Rule::DeferReply);
        }
        self.requests.repeats.charge(client, bytes);
        let is_kept = outcome.fate == Fate::Repeated;
        for reply in self.sign_answers(Vec::from([outcome])) {
            if is_kept {
                self.requests.answered.keep(request.digest(), reply.clone());
            }
            out.reply(reply);
        }
    }

    fn sign_answers(&self, outcomes: Vec<Executed>) -> Vec<Reply> {
        let answers = outcomes.into_iter().map(|Executed { request, seq, result, .. }| (request, seq, result));
        Reply::sign_all(self.view, answers, self.config.domain(), self.config.signer())
    }
}

#[cfg(test)]
mod tests;

//! Clients' requests: who waits, for how long, and what was answered. [PBFT-OSDI99 §4.1]
//!
//! A backup starts a timer per request, so a primary that ignores one client is replaced however well it serves
//! the others. The timer stops when that (client, session, id) is executed, superseded or refused, whatever body
//! was executed under it, and never starts for a request the service has executed before: so no client can make
//! correct replicas leave a correct primary.
//!
//! Bounds: waiting requests per client and in total, cached replies per client. A client that floods harms itself.

use super::replica::{Out, Replica};
use super::rule::{Rule, Timer};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use synod_kernel::request::MAX_BATCH_REQUESTS;
use synod_kernel::{Address, Batch, ClientId, Digest, Executed, Reply, Request, RequestKey, Task, View};

/// Requests of one client that may wait at once.
const WAITING_PER_CLIENT: usize = 128;
/// Requests that may wait at once.
const WAITING_MAX: usize = 1 << 14;
/// Replies kept per client to be repeated.
const ANSWERED_PER_CLIENT: usize = 64;

/// The waiting and the answered.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Requests {
    waiting: BTreeMap<RequestKey, Request>,
    per_client: BTreeMap<ClientId, usize>,
    /// What the primary has not proposed yet, in order of arrival. Keys that no longer wait are skipped.
    queue: VecDeque<RequestKey>,
    /// The digest of the request and the reply to it, newest last. At most one entry per registered client.
    answered: BTreeMap<ClientId, VecDeque<(Digest, Reply)>>,
}

/// What became of a request on arrival.
enum Arrival {
    New,
    Waits,
    DifferentBody,
    Flood,
}

impl Requests {
    /// How many requests wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn keys(&self) -> Vec<RequestKey> {
        self.waiting.keys().copied().collect()
    }

    fn arrive(&mut self, request: &Request) -> Arrival {
        let key = request.key();
        if let Some(waiting) = self.waiting.get(&key) {
            return if waiting == request { Arrival::Waits } else { Arrival::DifferentBody };
        }
        let of_client = self.per_client.entry(key.client).or_default();
        if *of_client >= WAITING_PER_CLIENT || self.waiting.len() >= WAITING_MAX {
            return Arrival::Flood;
        }
        *of_client += 1;
        self.waiting.insert(key, request.clone());
        Arrival::New
    }

    /// Forgets a request. True if it waited.
    fn remove(&mut self, key: &RequestKey) -> bool {
        if self.waiting.remove(key).is_none() {
            return false;
        }
        if let Some(of_client) = self.per_client.get_mut(&key.client) {
            *of_client -= 1;
            if *of_client == 0 {
                self.per_client.remove(&key.client);
            }
        }
        true
    }

    /// Takes the next requests to propose, none if nothing waits. At least one, however large.
    pub(super) fn next_batch(&mut self, bytes_max: usize) -> Option<Batch> {
        let (mut requests, mut bytes) = (Vec::new(), 0);
        while let Some(key) = self.queue.front() {
            if let Some(request) = self.waiting.get(key) {
                bytes += request.size();
                if requests.len() == MAX_BATCH_REQUESTS || (bytes > bytes_max && !requests.is_empty()) {
                    break;
                }
                requests.push(request.clone());
            }
            self.queue.pop_front();
        }
        if requests.is_empty() { None } else { Some(Batch::new(requests)) }
    }

    fn reply_to(&self, request: &Request) -> Option<&Reply> {
        let answered = self.answered.get(&request.key().client)?;
        let same = |(digest, reply): &&(Digest, Reply)| {
            reply.answer().statement().request == request.key() && *digest == request.digest()
        };
        answered.iter().find(same).map(|(_, reply)| reply)
    }

    fn keep_reply(&mut self, digest: Digest, reply: Reply) {
        let answered = self.answered.entry(reply.answer().statement().request.client).or_default();
        answered.push_back((digest, reply));
        if answered.len() > ANSWERED_PER_CLIENT {
            answered.pop_front();
        }
    }
}

impl Replica {
    /// A client's request, from the client or handed on by a backup.
    pub(super) fn on_request(&mut self, from: Address, request: Request, out: &mut Out) {
        if let Some(reply) = self.requests.reply_to(&request) {
            out.applied(Rule::RepeatReply);
            return out.reply(reply.clone());
        }
        match self.requests.arrive(&request) {
            Arrival::New => out.applied(Rule::AcceptRequest),
            // The client asks again: perhaps the primary never got it.
            Arrival::Waits => {}
            Arrival::DifferentBody => return out.applied(Rule::IgnoreDifferentBody),
            Arrival::Flood => return out.applied(Rule::IgnoreFlood),
        }
        if self.is_active_primary() {
            if !self.requests.queue.contains(&request.key()) && !self.is_proposed(&request) {
                self.requests.queue.push_back(request.key());
            }
            return self.propose(out);
        }
        if self.is_active() && matches!(from, Address::Client(_)) {
            out.forward(self.config.primary(self.view), request.clone());
        }
        // The timer starts once the service says that this was not executed before.
        out.ask(Task::Recall { request });
    }

    /// Whether the request is in a batch that is under way.
    fn is_proposed(&self, request: &Request) -> bool {
        let under_way = self.slots.range(self.executed.next()..).filter_map(|(_, slot)| slot.proposed());
        let mut batches = under_way.filter_map(|digest| self.bodies.get(&digest));
        batches.any(|batch| batch.requests().contains(request))
    }

    /// The service said what became of a request.
    pub(super) fn on_recalled(&mut self, request: &Request, outcome: Option<Executed>, out: &mut Out) {
        let key = request.key();
        match outcome {
            Some(outcome) => self.answer(Some(request.digest()), outcome, out),
            None if self.requests.waiting.contains_key(&key) && self.is_active() && !self.is_active_primary() => {
                out.arm(Timer::Request(key, self.view), self.config.view_timeout(self.attempts));
            }
            None => {}
        }
    }

    /// Answers a request that was executed or refused, and stops waiting for it. `digest` is the request's.
    pub(super) fn answer(&mut self, digest: Option<Digest>, outcome: Executed, out: &mut Out) {
        let Executed { request: key, seq, result, floor } = outcome;
        self.stop_waiting(&key, out);
        for older in self.requests.keys() {
            if older.client == key.client && older.session == key.session && older.id <= floor {
                self.stop_waiting(&older, out);
            }
        }
        let reply = Reply::sign(self.view, key, seq, result, self.config.domain(), self.config.signer());
        if let Some(digest) = digest {
            self.requests.keep_reply(digest, reply.clone());
        }
        out.reply(reply);
    }

    fn stop_waiting(&mut self, key: &RequestKey, out: &mut Out) {
        if self.requests.remove(key) {
            out.disarm(Timer::Request(*key, self.view));
        }
    }

    /// A request has waited too long: this primary does not do its duty. [PBFT-OSDI99 §4.4]
    pub(super) fn on_request_timeout(&mut self, key: RequestKey, view: View, out: &mut Out) {
        if view != self.view || !self.is_active() || !self.requests.waiting.contains_key(&key) {
            return out.applied(Rule::IgnoreStaleTimer);
        }
        self.leave_view(self.view.next(), Rule::LeaveView, out);
    }

    /// The view is left: its timers stop, its proposals are no longer ours to make.
    pub(super) fn stop_request_timers(&mut self, out: &mut Out) {
        for key in self.requests.keys() {
            out.disarm(Timer::Request(key, self.view));
        }
        self.requests.queue.clear();
    }

    /// A view was entered: the primary proposes what waits, backups give it time to.
    pub(super) fn resume_requests(&mut self, out: &mut Out) {
        if self.is_active_primary() {
            let under_way: Vec<RequestKey> = self
                .slots
                .range(self.executed.next()..)
                .filter_map(|(_, slot)| slot.proposed())
                .filter_map(|digest| self.bodies.get(&digest))
                .flat_map(|batch| batch.requests().iter().map(Request::key))
                .collect();
            self.requests.queue = self.requests.keys().into_iter().filter(|key| !under_way.contains(key)).collect();
            return self.propose(out);
        }
        for key in self.requests.keys() {
            out.arm(Timer::Request(key, self.view), self.config.view_timeout(self.attempts));
        }
    }

    /// State was installed that may hold the outcome of requests that wait here: ask.
    pub(super) fn recall_waiting(&mut self, out: &mut Out) {
        for request in self.requests.waiting.values() {
            out.disarm(Timer::Request(request.key(), self.view));
            out.ask(Task::Recall { request: request.clone() });
        }
    }
}

//! Clients' requests: who waits, for how long, and what was answered. [PBFT-OSDI99 §4.1]
//!
//! A backup starts a timer per request, so a primary that ignores one client is replaced however well it serves
//! the others. The timer stops when that (client, session, id) is executed, superseded or refused, whatever body
//! was executed under it, and never starts for a request the service has executed before: so no client can make
//! correct replicas leave a correct primary.
//!
//! The primary takes one request of each client in turn, so a request waits for the other requests of its own client
//! and for one of every other client for each of those, however much the others send.
//!
//! The answers to a batch are signed at once. Where a result is large, the client named the replica that sends it, and
//! the others vouch for its digest. What is answered again goes out in full from everyone: somebody missed it.
//! [PBFT-TOCS02 "digest replies"]
//!
//! Bounds: what waits, per client and in total ([`Loads`]); what was answered ([`Answered`]). A client that floods
//! harms itself.

use super::answered::Answered;
use super::load::{Loads, Way};
use super::queue::{Place, Queue};
use super::replica::{Mode, Out, Replica};
use super::rule::{Rule, Timer};
use super::story::Reason;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use synod_kernel::request::MAX_BATCH_REQUESTS;
use synod_kernel::{Address, Batch, Executed, Reply, Request, RequestId, RequestKey, Seq, Task, View};

/// Requests handed on again with one report of progress, at most.
const FORWARD_AGAIN_MAX: usize = 256;
/// How often a primary that works as hard as it can is given more time for one request. What a primary has to do before
/// a request that a correct backup waits for is bounded, so its turn comes (decision 0005).
const GRANTS_MAX: u8 = 8;

/// A request that waits, and what this replica does about it in its view.
#[derive(Clone, Debug, Hash)]
struct Waiting {
    request: Request,
    way: Way,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    /// Nothing yet: the service is asked, or the view is being left.
    Idle,
    /// A backup's timer runs. It is never started again while it runs, or a client that repeats itself would keep it
    /// from firing.
    Timed {
        /// The primary was given the request again: the first time it may have been lost.
        reminded: bool,
        /// How much had been executed when the timer was armed, in full batches.
        since: u64,
        /// How often the primary was given more time.
        granted: u8,
    },
    /// The timer has fired: the primary of this view is suspected.
    Overdue,
    /// In the primary's queue, at this place.
    Queued(Place),
    /// In a batch of this view.
    Proposed,
}

/// Whether so much is at least half of what a batch may hold.
fn is_large(count: usize, bytes: usize, bytes_max: usize) -> bool {
    count >= MAX_BATCH_REQUESTS / 2 || bytes >= bytes_max / 2
}

/// The waiting and the answered.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Requests {
    waiting: BTreeMap<RequestKey, Waiting>,
    loads: Loads,
    /// What the primary has not proposed yet: no more than waits.
    queue: Queue,
    /// Batches executed of which at least half was new work.
    full_batches: u64,
    answered: Answered,
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

    /// Whether one waits in vain.
    pub(super) fn is_overdue(&self) -> bool {
        self.waiting.values().any(|waiting| waiting.stage == Stage::Overdue)
    }

    fn keys(&self) -> Vec<RequestKey> {
        self.waiting.keys().copied().collect()
    }

    fn arrive(&mut self, request: &Request, way: Way) -> Arrival {
        let key = request.key();
        if let Some(waiting) = self.waiting.get(&key) {
            return if waiting.request == *request { Arrival::Waits } else { Arrival::DifferentBody };
        }
        if !self.loads.admit(key.client, way, request.size()) {
            return Arrival::Flood;
        }
        self.waiting.insert(key, Waiting { request: request.clone(), way, stage: Stage::Idle });
        Arrival::New
    }

    /// Puts a request in the primary's queue, unless it is there or was proposed.
    fn enqueue(&mut self, key: RequestKey) {
        if let Some(waiting) = self.waiting.get_mut(&key).filter(|waiting| waiting.stage == Stage::Idle) {
            waiting.stage = Stage::Queued(self.queue.push(key, waiting.request.size()));
        }
    }

    /// The requests of a session up to `floor` that wait.
    fn up_to(&self, RequestKey { client, session, .. }: RequestKey, floor: RequestId) -> Vec<RequestKey> {
        let first = RequestKey { client, session, id: RequestId::default() };
        let last = RequestKey { client, session, id: floor };
        self.waiting.range(first..=last).map(|(&key, _)| key).collect()
    }

    /// Forgets a request. True if it waited.
    fn remove(&mut self, key: &RequestKey) -> bool {
        let Some(Waiting { request, way, stage }) = self.waiting.remove(key) else { return false };
        if let Stage::Queued(place) = stage {
            self.queue.remove(place);
        }
        self.loads.release(key.client, way, request.size());
        true
    }

    /// Notes what was executed. What had been executed before is no work, so repeating it counts for nothing.
    pub(super) fn note_work(&mut self, seq: Seq, outcomes: &[Executed], batch: Option<&Batch>, bytes_max: usize) {
        let requests = batch.map_or(&[][..], Batch::requests);
        let is_new = |(outcome, _): &(&Executed, &Request)| outcome.seq == seq;
        let (count, bytes) = outcomes
            .iter()
            .zip(requests)
            .filter(is_new)
            .fold((0, 0), |(count, bytes), (_, request)| (count + 1, bytes + request.size()));
        if is_large(count, bytes, bytes_max) {
            self.full_batches += 1;
        }
    }

    /// Whether enough waits for a large batch.
    pub(super) fn has_large_batch(&self, bytes_max: usize) -> bool {
        let (count, bytes) = self.queue.size();
        is_large(count, bytes, bytes_max)
    }

    /// Takes the next requests to propose, of each client in turn; none if nothing waits. At least one, however large.
    pub(super) fn next_batch(&mut self, bytes_max: usize) -> Option<Batch> {
        let (mut requests, mut bytes) = (Vec::new(), 0);
        while let Some(key) = self.queue.first() {
            let waiting = self.waiting.get_mut(&key).expect("what is queued waits");
            bytes += waiting.request.size();
            if requests.len() == MAX_BATCH_REQUESTS || (bytes > bytes_max && !requests.is_empty()) {
                break;
            }
            waiting.stage = Stage::Proposed;
            requests.push(waiting.request.clone());
            self.queue.pop_first();
        }
        if requests.is_empty() { None } else { Some(Batch::new(requests)) }
    }
}

impl Replica {
    /// A client's request, from the client or handed on by a backup.
    pub(super) fn on_request(&mut self, from: Address, request: Request, out: &mut Out) {
        if let Some(reply) = self.requests.answered.reply_to(&request) {
            out.applied(Rule::RepeatReply);
            return out.reply(reply.clone().in_view(self.view));
        }
        let way = match from {
            Address::Client(_) => Way::Sent,
            Address::Replica(backup) if self.is_active_primary() => Way::HandedOn(backup),
            Address::Replica(_) => Way::Relayed,
        };
        let is_new = match self.requests.arrive(&request, way) {
            Arrival::New => true,
            Arrival::Waits => false,
            Arrival::DifferentBody => return out.applied(Rule::IgnoreDifferentBody),
            Arrival::Flood => return out.applied(Rule::IgnoreFlood),
        };
        if is_new {
            out.applied(Rule::AcceptRequest);
        }
        if self.is_active_primary() {
            self.requests.enqueue(request.key());
            return self.propose(out);
        }
        // Whoever it came from, the primary must get it before a timer runs against it. A client that asks again may
        // know that it did not; a replica that repeats itself is not worth a message.
        let primary = self.config.primary(self.view);
        let may_lack = from != Address::Replica(primary) && (is_new || matches!(from, Address::Client(_)));
        if self.is_active() && may_lack {
            out.forward(primary, request.clone());
        }
        if self.requests.waiting.get(&request.key()).is_some_and(|waiting| waiting.stage == Stage::Idle) {
            // The timer starts once the service says that this was not executed before.
            out.ask(Task::Recall { request });
        }
    }

    /// The service said what became of a request.
    pub(super) fn on_recalled(&mut self, request: &Request, outcome: Option<Executed>, out: &mut Out) {
        let key = request.key();
        match outcome {
            Some(outcome) => self.answer_again(request, outcome, out),
            None if self.is_active_primary() => {
                self.requests.enqueue(key);
                self.propose(out);
            }
            None if self.is_active() => self.start_timer(key, out),
            None => {}
        }
    }

    /// A backup gives the primary time to have the request executed.
    fn start_timer(&mut self, key: RequestKey, out: &mut Out) {
        let waiting = self.requests.waiting.get_mut(&key);
        if let Some(waiting) = waiting.filter(|waiting| waiting.stage == Stage::Idle) {
            waiting.stage = Stage::Timed { reminded: false, since: self.requests.full_batches, granted: 0 };
            out.arm(Timer::Request(key, self.view), self.config.view_timeout(self.attempts));
        }
    }

    /// Hands requests that wait to the primary once more in each view: it may be new, and forwarding may fail.
    pub(super) fn remind_primary(&mut self, out: &mut Out) {
        let primary = self.config.primary(self.view);
        let mut left = FORWARD_AGAIN_MAX;
        for waiting in self.requests.waiting.values_mut() {
            if let Stage::Timed { reminded: reminded @ false, .. } = &mut waiting.stage
                && left > 0
            {
                *reminded = true;
                left -= 1;
                out.forward(primary, waiting.request.clone());
            }
        }
    }

    /// Answers the requests of the batch that was executed at `seq`, with one signature, and stops waiting for them.
    pub(super) fn answer_batch(&mut self, seq: Seq, batch: Option<&Batch>, outcomes: Vec<Executed>, out: &mut Out) {
        outcomes.iter().for_each(|outcome| self.stop_waiting_for(outcome, out));
        for (index, reply) in self.sign_answers(outcomes).into_iter().enumerate() {
            let Some(request) = batch.and_then(|batch| batch.requests().get(index)) else {
                out.reply(reply);
                continue;
            };
            self.requests.answered.keep(request.digest(), reply.clone());
            // One that was executed before was ordered again because somebody asked again.
            let is_repetition = reply.answer().seq != seq;
            let is_in_full = is_repetition || request.replier().includes(self.config.id());
            out.reply(if is_in_full { reply } else { reply.abridged() });
        }
    }

    /// Answers a request that was asked again, in full, and stops waiting for it.
    fn answer_again(&mut self, request: &Request, outcome: Executed, out: &mut Out) {
        self.stop_waiting_for(&outcome, out);
        for reply in self.sign_answers(Vec::from([outcome])) {
            self.requests.answered.keep(request.digest(), reply.clone());
            out.reply(reply);
        }
    }

    fn sign_answers(&self, outcomes: Vec<Executed>) -> Vec<Reply> {
        let answers = outcomes.into_iter().map(|Executed { request, seq, result, .. }| (request, seq, result));
        Reply::sign_all(self.view, answers, self.config.domain(), self.config.signer())
    }

    /// This request has its outcome, and so have all of its session that will not be executed any more.
    fn stop_waiting_for(&mut self, outcome: &Executed, out: &mut Out) {
        self.stop_waiting(&outcome.request, out);
        for older in self.requests.up_to(outcome.request, outcome.floor) {
            self.stop_waiting(&older, out);
        }
    }

    fn stop_waiting(&mut self, key: &RequestKey, out: &mut Out) {
        if self.requests.remove(key) {
            out.disarm(Timer::Request(*key, self.view));
        }
    }

    /// A request has waited too long: this primary does not do its duty. [PBFT-OSDI99 §4.4]
    pub(super) fn on_request_timeout(&mut self, key: RequestKey, view: View, out: &mut Out) {
        self.note_lag();
        let is_behind = self.grace > 0;
        let waiting = self.requests.waiting.get_mut(&key);
        let timed = waiting.filter(|waiting| matches!(waiting.stage, Stage::Timed { .. }));
        let Some(waiting) = timed.filter(|_| view == self.view && self.mode == Mode::Normal) else {
            return out.applied(Rule::IgnoreStaleTimer);
        };
        if is_behind {
            // It may have been executed long ago, and this replica cannot know before it is there.
            waiting.stage = Stage::Idle;
            return self.start_timer(key, out);
        }
        if self.grant_time(key, out) {
            return out.applied(Rule::GrantTime);
        }
        if let Some(waiting) = self.requests.waiting.get_mut(&key) {
            waiting.stage = Stage::Overdue;
        }
        self.suspect(&Reason::Waited(key), out);
    }

    /// Gives the primary more time for a request, if it worked as hard as it can since the timer was armed: its turn
    /// has not come. Or if others are ahead of this replica: they may have executed it. A primary that is idle, or
    /// slow, or has been given enough, is not given more.
    fn grant_time(&mut self, key: RequestKey, out: &mut Out) -> bool {
        let (done, lags) = (self.requests.full_batches, self.lag() > 0);
        let Some(Waiting { stage: Stage::Timed { since, granted, .. }, .. }) = self.requests.waiting.get_mut(&key)
        else {
            return false;
        };
        if *granted >= GRANTS_MAX || (done - *since < self.config.pipeline() && !lags) {
            return false;
        }
        (*since, *granted) = (done, *granted + 1);
        out.arm(Timer::Request(key, self.view), self.config.view_timeout(self.attempts));
        true
    }

    /// The view is left: its timers stop, its proposals are no longer ours to make.
    pub(super) fn stop_request_timers(&mut self, out: &mut Out) {
        for (&key, waiting) in &mut self.requests.waiting {
            if matches!(waiting.stage, Stage::Timed { .. }) {
                out.disarm(Timer::Request(key, self.view));
            }
            waiting.stage = Stage::Idle;
        }
        self.requests.queue.clear();
    }

    /// A view was entered: the primary proposes what waits, backups give it time to.
    pub(super) fn resume_requests(&mut self, out: &mut Out) {
        if self.is_active_primary() {
            let under_way: BTreeSet<RequestKey> = self
                .slots
                .range(self.executed.next()..)
                .filter_map(|(_, slot)| slot.proposed())
                .filter_map(|digest| self.bodies.get(&digest))
                .flat_map(|batch| batch.requests().iter().map(Request::key))
                .collect();
            for (key, waiting) in &mut self.requests.waiting {
                if under_way.contains(key) {
                    waiting.stage = Stage::Proposed;
                }
            }
            self.requests.keys().into_iter().for_each(|key| self.requests.enqueue(key));
            return self.propose(out);
        }
        self.requests.keys().into_iter().for_each(|key| self.start_timer(key, out));
    }

    /// State was installed that may hold the outcome of requests that wait here: ask.
    pub(super) fn recall_waiting(&mut self, out: &mut Out) {
        self.stop_request_timers(out);
        for waiting in self.requests.waiting.values() {
            out.ask(Task::Recall { request: waiting.request.clone() });
        }
    }
}

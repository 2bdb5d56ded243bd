//! Clients' requests: who waits, and for how long. [PBFT-OSDI99 §4.1] What is answered is [`super::repeats`]'s.
//!
//! A backup starts a timer per request, so a primary that ignores one client is replaced however well it serves
//! the others. The timer stops when that (client, session, id) is executed, superseded or refused, whatever body
//! was executed under it. It never starts for a request that the service has executed before, or will never execute any
//! more, and the service is asked again before the primary is blamed: so no client, and nobody who has an old request,
//! can make correct replicas leave a correct primary.
//!
//! Nor has a primary such a request ordered if somebody other than its client hands it on: the client's turns are not
//! theirs to take. A backup hands a request on once, when the service does not know it, and goes on to remind the
//! primary of it, ever more rarely, whether its client repeats itself or not.
//!
//! The primary takes one request of each client in turn, so a request waits for the other requests of its own client
//! and for one of every other client for each of those, however much the others send.
//!
//! Bounds: what waits, per client and in total ([`Loads`]); what was answered ([`Answered`]). A client that floods
//! harms itself.

use super::answered::Answered;
use super::load::{Loads, Way};
use super::queue::{Place, Queue};
use super::repeats::Repeats;
use super::replica::{Mode, Out, Replica};
use super::rule::{Rule, Timer};
use super::story::Reason;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use synod_kernel::request::MAX_BATCH_REQUESTS;
use synod_kernel::{Address, Batch, Executed, Fate, Recalled, Request, RequestId, RequestKey, Task};

mod patience;

/// A request that waits, and what this replica does about it in its view.
#[derive(Clone, Debug, Hash)]
struct Waiting {
    request: Request,
    way: Way,
    /// Its client sent it here itself, too, and is to be answered from here.
    asked: bool,
    stage: Stage,
    /// Status intervals since the timer was started in this view.
    intervals: u32,
    /// After how many the primary is reminded next: what is handed on may be lost.
    remind_after: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    /// Nothing: the view is being left.
    Idle,
    /// The service is asked whether this was executed before, or is not to be executed any more.
    Recalling,
    /// A backup's timer runs. It is never started again while it runs, or a client that repeats itself would keep it
    /// from firing.
    Timed {
        /// How much had been executed when the timer was armed, in full batches.
        since: u64,
        /// How often the primary was given more time.
        granted: u8,
    },
    /// The timer has fired, and the service is asked once more, with the question of this number.
    Confirming(u64),
    /// The service does not know it: the primary of this view is suspected.
    Overdue,
    /// In the primary's queue, at this place.
    Queued(Place),
    /// In a batch of this view.
    Proposed,
}

impl Waiting {
    fn new(request: Request, way: Way, asked: bool) -> Self {
        Self { request, way, asked, stage: Stage::Idle, intervals: 0, remind_after: 1 }
    }

    /// Whether a backup waits for the primary to have it executed.
    fn is_up_to_the_primary(&self) -> bool {
        matches!(self.stage, Stage::Timed { .. } | Stage::Confirming(_) | Stage::Overdue)
    }

    /// Whether nothing was done about it in this view.
    fn is_unused(&self) -> bool {
        matches!(self.stage, Stage::Idle | Stage::Recalling)
    }
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
    /// How many questions the service was asked, and how many it answered: it does so in order.
    recalls: u64,
    recalled: u64,
    /// Of what waits, the request of which the primary was reminded last. The others come first next time.
    reminded: Option<RequestKey>,
    pub(super) answered: Answered,
    pub(super) repeats: Repeats,
}

/// What became of a request on arrival.
enum Arrival {
    New,
    Waits,
    DifferentBody,
    Flood,
}

impl Requests {
    /// Numbers questions to the service from the beginning again, if all were answered and nothing waits for a later
    /// one.
    pub(super) fn forget_questions(&mut self) {
        let waits = |waiting: &Waiting| matches!(waiting.stage, Stage::Confirming(_));
        if self.recalls == self.recalled && !self.waiting.values().any(waits) {
            (self.recalls, self.recalled) = (0, 0);
        }
    }

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

    fn enter(&mut self, key: &RequestKey, stage: Stage) {
        if let Some(waiting) = self.waiting.get_mut(key) {
            waiting.stage = stage;
        }
    }

    /// Whether a request waits whose client sent it here.
    pub(super) fn was_asked(&self, key: &RequestKey) -> bool {
        self.waiting.get(key).is_some_and(|waiting| waiting.asked)
    }

    fn arrive(&mut self, request: &Request, way: Way, asked: bool) -> Arrival {
        let key = request.key();
        if let Some(waiting) = self.waiting.get_mut(&key) {
            if waiting.request != *request {
                return Arrival::DifferentBody;
            }
            waiting.asked |= asked;
            return Arrival::Waits;
        }
        if !self.loads.admit(key.client, way, request.size()) {
            return Arrival::Flood;
        }
        self.waiting.insert(key, Waiting::new(request.clone(), way, asked));
        Arrival::New
    }

    /// Puts a request in the primary's queue, unless it is there or was proposed.
    fn enqueue(&mut self, key: RequestKey) {
        if let Some(waiting) = self.waiting.get_mut(&key).filter(|waiting| waiting.is_unused()) {
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
        let Some(Waiting { request, way, stage, .. }) = self.waiting.remove(key) else { return false };
        if let Stage::Queued(place) = stage {
            self.queue.remove(place);
        }
        self.loads.release(key.client, way, request.size());
        true
    }

    /// Notes what was executed. To repeat or to refuse is no work.
    pub(super) fn note_work(&mut self, outcomes: &[Executed], batch: Option<&Batch>, bytes_max: usize) {
        let requests = batch.map_or(&[][..], Batch::requests);
        let (count, bytes) = outcomes
            .iter()
            .zip(requests)
            .filter(|(outcome, _)| outcome.fate == Fate::Executed)
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
        let key = request.key();
        let asked = from == Address::Client(key.client);
        if self.requests.answered.reply_to(&request).is_some() {
            match asked {
                true => drop(self.repeat_reply(key, out)),
                false => out.applied(Rule::IgnoreSettled),
            }
            return;
        }
        let way = match from {
            Address::Client(_) => Way::Sent,
            Address::Replica(backup) if self.is_active_primary() => Way::HandedOn(backup),
            Address::Replica(_) => Way::Relayed,
        };
        match self.requests.arrive(&request, way, asked) {
            Arrival::New => out.applied(Rule::AcceptRequest),
            Arrival::Waits => {}
            Arrival::DifferentBody => return out.applied(Rule::IgnoreDifferentBody),
            Arrival::Flood => return out.applied(Rule::IgnoreFlood),
        }
        if asked && self.is_active_primary() {
            // If it is an old one, it takes its client's own turns.
            self.requests.enqueue(key);
            return self.propose(out);
        }
        if self.requests.waiting.get(&key).is_some_and(|waiting| waiting.stage == Stage::Idle) {
            self.recall(key, Stage::Recalling, out);
        }
    }

    /// Asks the service what became of a request that waits.
    fn recall(&mut self, key: RequestKey, stage: Stage, out: &mut Out) {
        if let Some(waiting) = self.requests.waiting.get_mut(&key) {
            waiting.stage = stage;
            self.requests.recalls += 1;
            out.ask(Task::Recall { request: waiting.request.clone() });
        }
    }

    /// The service said what became of a request.
    pub(super) fn on_recalled(&mut self, request: &Request, outcome: Recalled, out: &mut Out) {
        self.requests.recalled += 1;
        let (key, recalled) = (request.key(), self.requests.recalled);
        let Some(waiting) = self.requests.waiting.get(&key).filter(|waiting| waiting.request == *request) else {
            // It was settled meanwhile.
            return out.applied(Rule::IgnoreUnwanted);
        };
        let (asked, stage) = (waiting.asked, waiting.stage);
        match outcome {
            Recalled::Executed(outcome) | Recalled::Over(outcome) => {
                self.stop_waiting_for(&outcome, out);
                match asked {
                    true => self.answer_recalled(request, outcome, out),
                    false => out.applied(Rule::IgnoreSettled),
                }
            }
            Recalled::Unknown => match stage {
                Stage::Confirming(question) if question <= recalled => {
                    self.requests.enter(&key, Stage::Overdue);
                    self.suspect(&Reason::Waited(key), out);
                }
                Stage::Idle | Stage::Recalling => self.have_executed(key, out),
                Stage::Confirming(_) | Stage::Overdue | Stage::Timed { .. } | Stage::Queued(_) | Stage::Proposed => {}
            },
        }
    }

    /// Does what it takes in this view to have a request executed that was not executed before.
    fn have_executed(&mut self, key: RequestKey, out: &mut Out) {
        let Some(waiting) = self.requests.waiting.get_mut(&key) else { return };
        if self.mode != Mode::Normal {
            waiting.stage = Stage::Idle;
        } else if self.config.is_primary(self.view) {
            self.requests.enqueue(key);
            self.propose(out);
        } else {
            // The primary must get it before a timer runs against it.
            out.forward(self.config.primary(self.view), waiting.request.clone());
            self.start_timer(key, out);
        }
    }

    /// This request has its outcome, and so have all of its session that will not be executed any more.
    pub(super) fn stop_waiting_for(&mut self, outcome: &Executed, out: &mut Out) {
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
        self.requests.keys().into_iter().for_each(|key| self.recall(key, Stage::Recalling, out));
    }
}

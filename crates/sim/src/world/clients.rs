//! Clients: each submits its share of the load through the real client logic, and asks again until it knows.

use super::{Action, World};
use crate::counters::Count;
use crate::draw::{between, chance};
use crate::judge::{Violation, convinces};
use crate::scenario::{Scenario, Setting};
use crate::transcript::{Event, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use synod_kernel::chooser::Chooser;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{Address, ReplicaId, Reply, Request, SessionId};
use synod_state::client::{Client, ClientEffect, ClientInput, ClientTimer, Destination, Outcome, Patience, Ticket};

/// How long a client waits that only asks because another one is not answered.
const RESTLESS_EVERY: u64 = 5_000;

/// One client and its workload.
pub(crate) struct Caller {
    client: Client,
    /// The arming of each timer that counts.
    timers: BTreeMap<ClientTimer, u64>,
    /// Requests still to be submitted.
    remaining: u64,
    /// Operations submitted so far.
    operations: u64,
    /// The number of operations of each request under way.
    open: BTreeMap<Ticket, u64>,
    /// What was sent for each, last.
    sent: BTreeMap<Ticket, Request>,
    /// Those that were only submitted because another client waits.
    extra: BTreeSet<Ticket>,
}

pub(super) fn callers(setting: &Setting, referee: &Referee) -> Vec<Caller> {
    let load = &setting.options.load;
    let widen = Duration::from_micros(load.widen);
    let deadline = Duration::from_micros(load.deadline);
    let patience = Patience { widen, result: widen / 6, widest: 8 * widen, deadline };
    let caller = |client| {
        let signer = Arc::new(referee.signer(Author::Client(client)));
        Caller {
            client: Client::new(setting.scope, signer, SessionId::new(1), patience),
            timers: BTreeMap::new(),
            remaining: load.requests,
            operations: 0,
            open: BTreeMap::new(),
            sent: BTreeMap::new(),
            extra: BTreeSet::new(),
        }
    };
    setting.clients.iter().copied().map(caller).collect()
}

impl Caller {
    pub(super) fn is_done(&self) -> bool {
        self.remaining == 0 && self.open.is_empty()
    }

    /// Whether something of its share of the load is not answered.
    fn is_owed(&self) -> bool {
        self.remaining > 0 || self.open.keys().any(|ticket| !self.extra.contains(ticket))
    }
}

impl<S: Scenario> World<S> {
    pub(super) fn plan_load(&mut self, choose: &mut dyn Chooser) {
        for client in 0..self.callers.len() {
            self.plan_submit(client, choose);
        }
    }

    fn plan_submit(&mut self, client: usize, choose: &mut dyn Chooser) {
        if self.callers[client].remaining > 0 {
            let pause = between(choose, "pause", 0, self.setting.options.load.pause_max);
            self.schedule.plan(self.now + pause, Action::Submit { client });
        } else if self.is_restless(client) {
            self.schedule.plan(self.now + RESTLESS_EVERY, Action::Submit { client });
        }
    }

    /// Whether a client that has asked everything goes on because another one waits.
    fn is_restless(&self, client: usize) -> bool {
        let mut others = self.callers.iter().enumerate().filter(|(other, _)| *other != client);
        self.setting.options.restless && others.any(|(_, other)| other.is_owed())
    }

    pub(super) fn plan_nudge(&mut self) {
        if self.setting.options.nudge_every > 0 {
            self.schedule.plan(self.now + self.setting.options.nudge_every, Action::Nudge);
        }
    }

    /// Submits one request more if everything was answered and honest replicas have not converged.
    pub(super) fn on_nudge(&mut self, choose: &mut dyn Chooser) {
        if self.is_settled() {
            return;
        }
        if self.callers.iter().all(Caller::is_done) {
            self.counters.add(Count::Nudges);
            self.callers[0].remaining += 1;
            self.plan_submit(0, choose);
        }
        self.plan_nudge();
    }

    pub(super) fn on_submit(&mut self, client: usize, choose: &mut dyn Chooser) -> Result<(), Violation> {
        let is_restless = self.is_restless(client);
        let load = &self.setting.options.load;
        let caller = &mut self.callers[client];
        let is_extra = caller.remaining == 0;
        if (is_extra && !is_restless) || caller.open.len() >= load.outstanding {
            // A request that is done makes room, and brings the next one.
            return Ok(());
        }
        let count = between(choose, "operations", load.operations_max.div_ceil(2), load.operations_max);
        let broadcast = chance(choose, "broadcast", load.broadcast);
        let first = caller.operations;
        let operations = (first..first + count).map(|number| self.scenario.operation(client, number, choose)).collect();
        let destination = if broadcast { Destination::All } else { Destination::Primary };
        let mut effects = Vec::new();
        let Ok(ticket) = caller.client.submit(operations, destination, &mut effects) else {
            // The client holds as much as it may.
            return Ok(());
        };
        self.asked += 1;
        caller.remaining = caller.remaining.saturating_sub(1);
        if is_extra {
            caller.extra.insert(ticket);
        }
        caller.operations += count;
        caller.open.insert(ticket, count);
        self.judges.clients.submit((client, ticket.get()), self.now);
        self.judges.history.asked((client, ticket.get()));
        self.perform_client(client, effects, choose)?;
        self.plan_submit(client, choose);
        Ok(())
    }

    pub(super) fn on_wake(
        &mut self,
        client: usize,
        timer: ClientTimer,
        ticket: u64,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        let caller = &mut self.callers[client];
        if caller.timers.get(&timer) != Some(&ticket) {
            return Ok(());
        }
        caller.timers.remove(&timer);
        self.step_client(client, ClientInput::Timeout(timer), choose)
    }

    pub(super) fn on_reply(
        &mut self,
        from: ReplicaId,
        to: usize,
        reply: Reply,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        self.step_client(to, ClientInput::Reply { from, reply }, choose)
    }

    fn step_client(&mut self, client: usize, input: ClientInput, choose: &mut dyn Chooser) -> Result<(), Violation> {
        let mut effects = Vec::new();
        self.callers[client].client.step(input, &mut effects);
        self.perform_client(client, effects, choose)
    }

    fn perform_client(
        &mut self,
        client: usize,
        effects: Vec<ClientEffect>,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        for effect in effects {
            match effect {
                ClientEffect::Send { ticket, to, request } => {
                    self.judges.reference.submit((client, ticket.get()), &request);
                    self.callers[client].sent.insert(ticket, request.clone());
                    self.note(Place::Client(client), Event::Submitted(to, request.clone()));
                    let from = Address::Client(self.setting.clients[client]);
                    self.send_request(from, to, request, choose)?;
                }
                ClientEffect::Arm { timer, after } => {
                    let ticket = self.next_ticket();
                    self.callers[client].timers.insert(timer, ticket);
                    let micros = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
                    self.schedule.plan(self.now.saturating_add(micros), Action::Wake { client, timer, ticket });
                }
                ClientEffect::Disarm(timer) => {
                    self.callers[client].timers.remove(&timer);
                }
                ClientEffect::Done { ticket, outcome } => self.on_outcome(client, ticket, outcome, choose)?,
            }
        }
        Ok(())
    }

    fn on_outcome(
        &mut self,
        client: usize,
        ticket: Ticket,
        outcome: Outcome,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        let place = Place::Client(client);
        let submission = (client, ticket.get());
        match outcome {
            Outcome::Committed { seq, results, certificate } => {
                let key = certificate.answer().request;
                self.note(place, Event::Learned(ticket.get(), format!("{key:?} is committed at {seq}")));
                let reference = &self.judges.reference;
                let finding = self.judges.clients.acknowledge(submission, (key, seq), &results, reference);
                self.court.hear(finding)?;
                let finding = self.judges.history.told(submission, seq);
                self.court.hear(finding)?;
                let sent = self.callers[client].sent.remove(&ticket).expect("what is committed was sent");
                let shown = (&sent, seq, &results[..]);
                self.court.hear(convinces(&certificate, shown, &self.setting.scope, &self.referee))?;
                let count = self.callers[client].open.remove(&ticket).unwrap_or(0);
                self.counters.add_many(Count::Operations, count);
            }
            Outcome::Rejected(refusal) => {
                self.note(place, Event::Learned(ticket.get(), refusal.to_string()));
                self.judges.clients.refuse(submission);
                self.judges.history.refused(submission);
                self.callers[client].open.remove(&ticket);
                self.callers[client].sent.remove(&ticket);
                self.counters.add(Count::Rejections);
            }
            Outcome::Unknown | Outcome::Unavailable => {
                self.note(place, Event::Learned(ticket.get(), "the outcome is unknown".to_owned()));
                self.counters.add(Count::Retries);
                let mut effects = Vec::new();
                let held = self.callers[client].client.retry(ticket, &mut effects);
                debug_assert!(held.is_ok(), "a client keeps what it does not know the outcome of");
                return self.perform_client(client, effects, choose);
            }
        }
        self.plan_submit(client, choose);
        Ok(())
    }
}

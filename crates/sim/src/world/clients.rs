//! Clients: they submit what the scenario wants, and believe what enough replicas vouch for.

use super::{Action, World};
use crate::counters::Count;
use crate::draw::between;
use crate::judge::Violation;
use crate::options::MILLISECOND;
use crate::scenario::{Scenario, Setting};
use crate::transcript::{Event, Place};
use std::collections::BTreeMap;
use synod_kernel::chooser::Chooser;
use synod_kernel::request::{Answer, RequestKey};
use synod_kernel::signature::Author;
use synod_kernel::symbolic::{Referee, SymbolicSigner};
use synod_kernel::{Address, ReplicaId, Reply, Request, RequestId, SessionId};

const RETRY: u64 = 50 * MILLISECOND;

/// One client and its workload.
pub(crate) struct Caller {
    signer: SymbolicSigner,
    remaining: u64,
    operations: u64,
    next: RequestId,
    open: BTreeMap<RequestKey, (Request, BTreeMap<ReplicaId, Answer>)>,
    ticket: u64,
}

pub(super) fn callers(setting: &Setting, referee: &Referee) -> Vec<Caller> {
    let caller = |client| Caller {
        signer: referee.signer(Author::Client(client)),
        remaining: setting.options.load.requests,
        operations: 0,
        next: RequestId::new(1),
        open: BTreeMap::new(),
        ticket: 0,
    };
    setting.clients.iter().copied().map(caller).collect()
}

impl Caller {
    pub(super) fn is_done(&self) -> bool {
        self.remaining == 0 && self.open.is_empty()
    }
}

impl<S: Scenario> World<S> {
    pub(super) fn plan_load(&mut self, choose: &mut dyn Chooser) {
        for client in 0..self.callers.len() {
            self.plan_submit(client, choose);
        }
    }

    fn plan_submit(&mut self, client: usize, choose: &mut dyn Chooser) {
        let pause = between(choose, "pause", 0, self.setting.options.load.pause_max);
        self.schedule.plan(self.now + pause, Action::Submit { client });
    }

    pub(super) fn on_submit(&mut self, client: usize, choose: &mut dyn Chooser) -> Result<(), Violation> {
        let count = between(choose, "operations", 1, self.setting.options.load.operations_max);
        let caller = &mut self.callers[client];
        if caller.remaining == 0 || caller.open.len() >= self.setting.options.load.outstanding {
            return Ok(());
        }
        let first = caller.operations;
        let operations = (first..first + count).map(|number| self.scenario.operation(client, number, choose)).collect();
        caller.remaining -= 1;
        caller.operations += count;
        let domain = self.setting.scope.domain;
        let request = Request::sign(SessionId::new(1), caller.next, operations, &domain, &caller.signer)
            .expect("a workload keeps to the limits of a request");
        caller.next = caller.next.next();
        caller.open.insert(request.key(), (request.clone(), BTreeMap::new()));
        self.judges.reference.submit(&request);
        self.judges.clients.submit(&request, self.now);
        self.note(Place::Client(client), Event::Submitted(request.clone()));
        self.broadcast(client, &request, choose)?;
        self.set_alarm(client);
        self.plan_submit(client, choose);
        Ok(())
    }

    fn broadcast(&mut self, client: usize, request: &Request, choose: &mut dyn Chooser) -> Result<(), Violation> {
        let from = Address::Client(self.setting.clients[client]);
        for to in self.setting.options.membership.replicas() {
            self.send_request(from, to, request.clone(), choose)?;
        }
        Ok(())
    }

    fn set_alarm(&mut self, client: usize) {
        let ticket = self.next_ticket();
        self.callers[client].ticket = ticket;
        self.schedule.plan(self.now + RETRY, Action::Wake { client, ticket });
    }

    pub(super) fn on_wake(&mut self, client: usize, ticket: u64, choose: &mut dyn Chooser) -> Result<(), Violation> {
        if self.callers[client].ticket != ticket || self.callers[client].open.is_empty() {
            return Ok(());
        }
        let open: Vec<Request> = self.callers[client].open.values().map(|(request, _)| request.clone()).collect();
        for request in open {
            self.broadcast(client, &request, choose)?;
        }
        self.set_alarm(client);
        Ok(())
    }

    pub(super) fn on_reply(
        &mut self,
        _from: ReplicaId,
        to: usize,
        reply: Reply,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        let answer = *reply.answer().statement();
        let weak = usize::from(self.setting.options.membership.tolerated()) + 1;
        let Some((request, answers)) = self.callers[to].open.get_mut(&answer.request) else { return Ok(()) };
        answers.insert(reply.answer().signer(), answer);
        if answers.values().filter(|other| **other == answer).count() < weak {
            return Ok(());
        }
        self.counters.add_many(Count::Operations, request.operations().len() as u64);
        self.callers[to].open.remove(&answer.request);
        self.note(Place::Client(to), Event::Learned(format!("{:?} at {}", answer.request, answer.seq)));
        let reference = &self.judges.reference;
        let finding = self.judges.clients.acknowledge(answer.request, answer.seq, reply.result(), reference);
        self.court.hear(finding)?;
        self.plan_submit(to, choose);
        Ok(())
    }
}

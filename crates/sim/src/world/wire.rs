//! What travels: encoded by its sender, decoded and verified as a real receiver would, once for all receivers.
//!
//! Decoding and verifying are functions of the bytes, so that every receiver would come to the same verdict. What an
//! honest party sends must arrive as it was sent; what a corrupted one sends may be refused, and is dropped then.

use super::{Action, MAX_IN_FLIGHT, World};
use crate::counters::Count;
use crate::judge::{Rule, Violation};
use crate::scenario::Scenario;
use crate::transcript::{Event, Place, Route};
use std::sync::Arc;
use synod_kernel::adversary::Adversary;
use synod_kernel::chooser::Chooser;
use synod_kernel::process::{Input, Message, Process, Record, Shown, Target};
use synod_kernel::{Address, ClientId, Decode, Encode, ReplicaId, Reply, Request, Unverified};

use super::seat::{Seat, durable_records};

impl<S: Scenario> World<S> {
    pub(super) fn send(
        &mut self,
        from: ReplicaId,
        to: Target,
        message: Message<S::Process>,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        if self.is_honest(from) {
            if let Message::Vow(vow) = &message {
                self.judge_vow(from, vow)?;
            }
            self.show(from, Shown::Message(&message))?;
        }
        let written = if self.is_honest(from) || !self.setting.options.wire {
            self.transmit(Address::Replica(from), message)?
        } else {
            let written = self.adversary.write(&self.puppets, from, &message, choose);
            self.receive(Address::Replica(from), written, None)?
        };
        let Some(message) = written else { return Ok(()) };
        let message = Arc::new(message);
        self.note(Place::Replica(from), Event::Sent(to, message.clone()));
        let members = self.setting.options.membership.replicas();
        let receives = |id: &ReplicaId| match to {
            Target::One(one) => *id == one,
            Target::Others => *id != from,
        };
        for to in members.filter(receives) {
            for at in self.arrivals(from.index(), to.index(), choose) {
                self.schedule.plan(at, Action::Deliver { from, to, message: message.clone() });
            }
        }
        Ok(())
    }

    fn judge_vow(&mut self, from: ReplicaId, vow: &VowOf<S>) -> Result<(), Violation> {
        self.counters.add(Count::Vows);
        let record = Record::<S::Process>::Vow(vow.clone()).to_bytes();
        let every = self.setting.options.audit_every;
        if every > 0 && self.counters.get(Count::Vows).is_multiple_of(every) {
            self.audit(from, vow, &record)?;
        }
        let finding = self.judges.vows.sent(from, vow, &record);
        self.court.hear(finding)?;
        let every = self.setting.options.rehearse_every;
        if every > 0 && self.counters.get(Count::Vows).is_multiple_of(every) { self.rehearse(from) } else { Ok(()) }
    }

    /// Looks for a vow on the disk as a power cut would leave it.
    fn audit(&mut self, from: ReplicaId, vow: &VowOf<S>, record: &[u8]) -> Result<(), Violation> {
        let Seat::Honest(honest) = &self.seats[from.index()] else { return Ok(()) };
        self.counters.add(Count::Audits);
        let finding = match durable_records(&self.setting, from, &honest.disk) {
            Ok(found) => self.judges.vows.audited(from, vow, record, &found),
            Err(error) => Err(Violation::of(Rule::Recovery, format!("the log of replica {from} is refused: {error}"))),
        };
        self.court.hear(finding)
    }

    pub(super) fn send_request(
        &mut self,
        from: Address,
        to: ReplicaId,
        request: Request,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        let Some(request) = self.transmit(from, request)? else { return Ok(()) };
        let place = match from {
            Address::Replica(id) => id.index(),
            Address::Client(_) => self.network.clients(),
        };
        for at in self.arrivals(place, to.index(), choose) {
            self.schedule.plan(at, Action::Request { from, to, request: request.clone() });
        }
        Ok(())
    }

    pub(super) fn send_reply(
        &mut self,
        from: ReplicaId,
        to: ClientId,
        reply: Reply,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        let Some(to) = self.setting.clients.iter().position(|client| *client == to) else { return Ok(()) };
        let Some(reply) = self.transmit(Address::Replica(from), reply)? else { return Ok(()) };
        for at in self.arrivals(from.index(), self.network.clients(), choose) {
            self.schedule.plan(at, Action::Reply { from, to, reply: reply.clone() });
        }
        Ok(())
    }

    /// What arrives of what is sent, if it is not refused.
    fn transmit<T: Encode + Decode + PartialEq>(&mut self, from: Address, sent: T) -> Result<Option<T>, Violation> {
        if !self.setting.options.wire {
            return Ok(Some(sent));
        }
        self.receive(from, sent.to_bytes(), Some(&sent))
    }

    /// What arrives of what is written, if it is not refused. Of what an honest party sent, that.
    fn receive<T: Encode + Decode + PartialEq>(
        &mut self,
        from: Address,
        written: Vec<u8>,
        sent: Option<&T>,
    ) -> Result<Option<T>, Violation> {
        let received = Unverified::<T>::decode(written.into(), &self.setting.scope)
            .map_err(|error| error.to_string())
            .and_then(|received| received.verify(&self.referee).map_err(|error| error.to_string()));
        let honest = match from {
            Address::Replica(id) => self.is_honest(id),
            Address::Client(_) => true,
        };
        let finding = match received {
            Ok(received) if sent == Some(&received) || !honest => return Ok(Some(received)),
            Ok(_) => Err(Violation::of(Rule::Wire, format!("what {from} sent decodes to something else"))),
            Err(why) if honest => Err(Violation::of(Rule::Wire, format!("what {from} sent is refused: {why}"))),
            Err(why) => {
                self.counters.add(Count::Refused);
                let place = if let Address::Replica(id) = from { Place::Replica(id) } else { Place::World };
                self.note(place, Event::World("REFUSED", format!("by everybody: {why}")));
                Ok(())
            }
        };
        self.court.hear(finding).map(|()| None)
    }

    fn arrivals(&mut self, from: usize, to: usize, choose: &mut dyn Chooser) -> impl Iterator<Item = u64> + use<S> {
        let full = self.schedule.len() >= MAX_IN_FLIGHT;
        let mut times = self.network.arrivals(self.now, from, to, &mut self.counters, choose).peekable();
        if full || times.peek().is_none() {
            let why = match (full, self.network.is_cut(self.now, from, to)) {
                (true, _) => "too much is on its way",
                (false, true) => "the link is cut",
                (false, false) => "on its way",
            };
            let route = Route { from: self.replica_at(from), to: self.replica_at(to) };
            self.note(Place::World, Event::Lost(route, why));
        }
        times.filter(move |_| !full)
    }

    /// Who is at this place of the network, if it is not that of the clients.
    fn replica_at(&self, place: usize) -> Option<ReplicaId> {
        self.setting.options.membership.replicas().nth(place)
    }

    /// Notes that somebody is not there to receive.
    fn miss(&mut self, from: Option<ReplicaId>, to: ReplicaId) {
        self.counters.add(Count::Undeliverable);
        self.note(Place::World, Event::Lost(Route { from, to: Some(to) }, "the receiver is down"));
    }

    pub(super) fn on_deliver(
        &mut self,
        from: ReplicaId,
        to: ReplicaId,
        message: Arc<Message<S::Process>>,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        if self.seats[to.index()].body().is_none() {
            self.miss(Some(from), to);
            return Ok(());
        }
        self.remember_said(from, &message);
        if self.is_dropped(to, &message, choose) {
            self.counters.add(Count::Needless);
            return Ok(());
        }
        self.note(Place::Replica(to), Event::Received(from, message.clone()));
        self.step(to, Input::Deliver { from, message: Arc::unwrap_or_clone(message) }, choose)
    }

    /// Whether an honest replica drops a message that it does not need. A real one looks after its last step or before,
    /// so it drops some of them, and both must be right.
    fn is_dropped(&mut self, at: ReplicaId, message: &Message<S::Process>, choose: &mut dyn Chooser) -> bool {
        let Some(running) = self.seats[at.index()].running() else { return false };
        S::Process::is_needless(message, &running.process.settled()) && choose.choose("needless", 2) == 1
    }

    pub(super) fn on_request(
        &mut self,
        from: Address,
        to: ReplicaId,
        request: Request,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        if self.seats[to.index()].body().is_none() {
            let from = match from {
                Address::Replica(id) => Some(id),
                Address::Client(_) => None,
            };
            self.miss(from, to);
            return Ok(());
        }
        self.note(Place::Replica(to), Event::Asked(from, request.clone()));
        self.step(to, Input::Request { from, request }, choose)
    }
}

type VowOf<S> = <<S as Scenario>::Process as synod_kernel::Process>::Vow;

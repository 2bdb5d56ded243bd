//! What a step does to the world: effects pass the gate, in order, and then happen.
//!
//! A crash may come between any two of them. What the gate holds back dies with its replica.

use super::seat::{Seat, log_error};
use super::{Action, World, is_honest};
use crate::counters::Count;
use crate::draw::between;
use crate::judge::{Rule, Violation, accuses, repeats, weigh};
use crate::scenario::{EngineError, Scenario};
use crate::transcript::{Event, Place};
use std::time::Duration;
use synod_kernel::adversary::Adversary;
use synod_kernel::chooser::Chooser;
use synod_kernel::gate::{Admitted, LogCommand};
use synod_kernel::process::{Effect, Input, Process, Proof, Record, Shown};
use synod_kernel::{Address, ReplicaId};

impl<S: Scenario> World<S> {
    /// Gives an input to a replica that is up, and lets its effects happen.
    pub(super) fn step(
        &mut self,
        at: ReplicaId,
        input: Input<S::Process>,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        match &mut self.seats[at.index()] {
            Seat::Honest(honest) => {
                let Some(running) = honest.running.as_mut() else { return Ok(()) };
                let before = self.setting.options.repeat_steps.then(|| (running.process.clone(), input.clone()));
                running.process.step(input, &mut self.outbox);
                self.counters.add(Count::Steps);
                if let Some(before) = before {
                    self.counters.add(Count::Repeats);
                    self.court.hear(repeats(at, before, (&running.process, &self.outbox)))?;
                }
                for effect in self.outbox.drain() {
                    if !self.burn(at, choose)? {
                        return Ok(());
                    }
                    self.admit(at, effect, choose)?;
                }
            }
            Seat::Puppet(_) => {
                self.adversary.step(&mut self.puppets, at, input, choose, &mut self.outbox);
                for effect in self.outbox.drain() {
                    self.act(at, effect, choose)?;
                }
            }
        }
        Ok(())
    }

    /// Lets the fuse of a replica burn down by one effect. Says whether the replica is still up.
    fn burn(&mut self, at: ReplicaId, choose: &mut dyn Chooser) -> Result<bool, Violation> {
        let Seat::Honest(honest) = &mut self.seats[at.index()] else { return Ok(true) };
        match &mut honest.fuse {
            Some(0) => {
                self.counters.add(Count::CrashesInStep);
                self.crash(at, "between two effects", choose);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(self.seats[at.index()].running().is_some())
    }

    fn admit(&mut self, at: ReplicaId, effect: Effect<S::Process>, choose: &mut dyn Chooser) -> Result<(), Violation> {
        let is_honest = self.is_honest(at);
        let Some(running) = self.seats[at.index()].running() else { return Ok(()) };
        let records = match &effect {
            Effect::Persist(record) => std::slice::from_ref(record),
            Effect::Compact(records) => records,
            _ => &[],
        };
        for record in records {
            if let Record::Vow(vow) = record
                && is_honest
            {
                for (question, answer) in self.scenario.promises(vow) {
                    self.judges.proofs.promised(at, question, answer);
                }
            }
            running.written.extend(self.scenario.proofs(Shown::Record(record)));
            if is_honest {
                let checked = self.scenario.check(&self.setting, Shown::Record(record));
                self.court
                    .hear(checked.map_err(|sentence| {
                        Violation::of(Rule::ViewsFollow, format!("replica {at} keeps {sentence}"))
                    }))?;
            }
        }
        match running.gate.admit(effect) {
            Admitted::Now(effect) => self.act(at, effect, choose),
            Admitted::Log(command) => self.write_log(at, command, choose),
            Admitted::Held | Admitted::Elided => Ok(()),
        }
    }

    fn write_log(&mut self, at: ReplicaId, command: LogCommand, choose: &mut dyn Chooser) -> Result<(), Violation> {
        let Some(running) = self.seats[at.index()].running() else { return Ok(()) };
        let (log, vows) = (&mut running.log, &mut self.judges.vows);
        let done = match &command {
            LogCommand::Append(record) => {
                vows.written(at, record);
                log.append(record)
            }
            // Everything before it is durable first.
            LogCommand::Replace(records) => log.sync().and_then(|_| {
                vows.synced(at);
                vows.replacing(at, records.iter().map(Vec::as_slice));
                log.replace_all(records)
            }),
        };
        if let Err(error) = done {
            return self.broken(at, log_error(&error), choose);
        }
        let must_sync = !std::mem::replace(&mut running.syncing, true);
        if let LogCommand::Replace(records) = &command {
            vows.replaced(at);
            self.counters.add(Count::Compactions);
            self.note(Place::Replica(at), Event::Compacted(records.len()));
        }
        if must_sync {
            let life = self.seats[at.index()].life();
            let latency = between(choose, "sync", 1, self.sync_max(at));
            self.schedule.plan(self.now + latency, Action::Sync { at, life });
        }
        Ok(())
    }

    /// What a failure of its disk or service means for a replica: if the machine was switched off, a crash.
    pub(super) fn broken(
        &mut self,
        at: ReplicaId,
        error: EngineError,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        match error {
            EngineError::PowerOff => {
                self.counters.add(Count::CrashesInDisk);
                self.crash(at, "in the middle of a disk operation", choose);
                Ok(())
            }
            EngineError::Broken(why) if self.disk_failed(at) => {
                self.counters.add(Count::DiskFailures);
                self.note(Place::Replica(at), Event::World("STOPS", why));
                self.crash(at, "because its disk failed", choose);
                Ok(())
            }
            EngineError::Broken(why) if self.setting.options.frail.contains(&at) => {
                self.refuse(at, why);
                Ok(())
            }
            EngineError::Broken(why) => {
                self.court.hear(Err(Violation::of(Rule::Recovery, format!("replica {at} stopped: {why}"))))
            }
        }
    }

    /// The log is synced, and what waited for it happens.
    pub(super) fn on_sync(&mut self, at: ReplicaId, life: u64, choose: &mut dyn Chooser) -> Result<(), Violation> {
        if self.seats[at.index()].life() != life {
            return Ok(());
        }
        let Some(running) = self.seats[at.index()].running() else { return Ok(()) };
        running.syncing = false;
        if let Err(error) = running.log.sync() {
            return self.broken(at, log_error(&error), choose);
        }
        let commanded = running.gate.commanded();
        running.gate.durable(commanded);
        self.judges.vows.synced(at);
        let (proofs, executed) = (std::mem::take(&mut running.written), std::mem::take(&mut running.executed));
        self.judge_proofs(at, &proofs)?;
        for (batch, report) in &executed {
            self.judge_report(at, batch.as_ref(), report)?;
        }
        self.note(Place::Replica(at), Event::Synced(commanded));
        while let Some(effect) = self.seats[at.index()].running().and_then(|running| running.gate.release()) {
            if !self.burn(at, choose)? {
                return Ok(());
            }
            self.act(at, effect, choose)?;
        }
        Ok(())
    }

    /// An effect happens.
    fn act(&mut self, at: ReplicaId, effect: Effect<S::Process>, choose: &mut dyn Chooser) -> Result<(), Violation> {
        match effect {
            Effect::Send { to, message } => self.send(at, to, message, choose),
            Effect::Forward { to, request } => self.send_request(Address::Replica(at), to, request, choose),
            Effect::Reply { to, reply } => self.send_reply(at, to, reply, choose),
            Effect::Arm { timer, after } => {
                self.arm(at, timer, after);
                Ok(())
            }
            Effect::Disarm(timer) => {
                if let Some(body) = self.seats[at.index()].body() {
                    body.timers.remove(&timer);
                }
                Ok(())
            }
            Effect::Ask(task) => {
                self.ask(at, task, choose);
                Ok(())
            }
            Effect::Applied(rule) => {
                if self.is_honest(at) {
                    *self.rules.entry(rule).or_default() += 1;
                    self.transcript.applied(rule);
                }
                Ok(())
            }
            // The transcript names the rules already; this is for those who do not see it.
            Effect::Note(_) => Ok(()),
            // The gate turned those of honest replicas into log commands; a puppet keeps no log.
            Effect::Persist(_) | Effect::Compact(_) => Ok(()),
        }
    }

    fn arm(&mut self, at: ReplicaId, timer: <S::Process as Process>::Timer, after: Duration) {
        let ticket = self.next_ticket();
        let life = self.seats[at.index()].life();
        let Some(body) = self.seats[at.index()].body() else { return };
        body.timers.insert(timer, ticket);
        let micros = i64::try_from(after.as_micros()).unwrap_or(i64::MAX / 2_000_000);
        let skewed = micros.saturating_add(micros.saturating_mul(self.skews[at.index()]) / 1_000_000).max(1);
        self.schedule.plan(self.now.saturating_add(skewed.unsigned_abs()), Action::Fire { at, life, timer, ticket });
    }

    pub(super) fn on_fire(
        &mut self,
        at: ReplicaId,
        life: u64,
        timer: <S::Process as Process>::Timer,
        ticket: u64,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        if self.seats[at.index()].life() != life {
            return Ok(());
        }
        let Some(body) = self.seats[at.index()].body() else { return Ok(()) };
        if body.timers.get(&timer) != Some(&ticket) {
            return Ok(());
        }
        body.timers.remove(&timer);
        self.note(Place::Replica(at), Event::Fired(timer));
        self.step(at, Input::Timeout(timer), choose)?;
        self.look_at(at)
    }

    /// Looks at what a replica says of itself.
    pub(super) fn look_at(&mut self, at: ReplicaId) -> Result<(), Violation> {
        let Seat::Honest(honest) = &mut self.seats[at.index()] else { return Ok(()) };
        let Some(running) = &honest.running else { return Ok(()) };
        let status = running.process.status();
        if status.view > honest.view {
            honest.view = status.view;
            self.counters.add(Count::ViewChanges);
        }
        let seen = self.judges.views.seen(at, status.view);
        self.court.hear(seen)?;
        let weighed = weigh(at, &running.process, self.scenario.weight_max(&self.setting, self.asked));
        self.court.hear(weighed)?;
        let finding = accuses(at, &status.accused, |id| self.is_honest(id));
        self.court.hear(finding)
    }

    /// Judges the certificates in what an honest replica says or keeps.
    pub(super) fn show(&mut self, by: ReplicaId, shown: Shown<'_, S::Process>) -> Result<(), Violation> {
        let proofs = self.scenario.proofs(shown);
        self.judge_proofs(by, &proofs)
    }

    fn judge_proofs(&mut self, by: ReplicaId, proofs: &[Proof]) -> Result<(), Violation> {
        self.counters.add_many(Count::Proofs, proofs.len() as u64);
        let options = &self.setting.options;
        let finding = self.judges.proofs.shown(by, proofs, |id| is_honest(&self.seats, options, id));
        self.court.hear(finding)
    }
}

//! How honest replicas start, crash and start again from what their disks kept.

use super::seat::{Body, Running, Seat, open_log};
use super::{Action, World};
use crate::counters::Count;
use crate::draw::{between, between_late, chance, pick};
use crate::judge::Violation;
use crate::scenario::{Booted, Scenario};
use crate::transcript::{Event, Place};
use std::sync::Arc;
use synod_kernel::chooser::Chooser;
use synod_kernel::gate::Gate;
use synod_kernel::process::{Input, Record, Shown};
use synod_kernel::signature::Author;
use synod_kernel::{Digest, ReplicaId, Seq};

/// Disk operations after which a disk that was armed stops, at most. A recovery takes about as many.
const DISK_OPERATIONS_MAX: u64 = 24;
/// Effects after which a replica whose fuse was lit crashes, at most.
const FUSE_MAX: u64 = 40;

/// Reads of a recovery that go well before one fails, at most.
const READS_MAX: u64 = 12;

/// How a replica goes down.
#[derive(Clone, Copy)]
enum Fate {
    /// At once, between two inputs.
    Now,
    /// After some more effects, wherever that is.
    InStep,
    /// In the middle of one of the next operations of its disk.
    InDisk,
}

/// What survives of what was not synced.
#[derive(Clone, Copy)]
enum Survival {
    /// The process died, the machine did not.
    Everything,
    /// The power went off.
    Nothing,
    /// The power went off in the middle of writing.
    Some,
}

impl<S: Scenario> World<S> {
    /// Starts an honest replica from its disk.
    pub(super) fn boot(&mut self, at: ReplicaId, choose: &mut dyn Chooser) -> Result<(), Violation> {
        let Seat::Honest(honest) = &mut self.seats[at.index()] else { return Ok(()) };
        let disk = honest.disk.clone();
        let opened = open_log::<S::Process>(&self.setting, at, &disk)
            .and_then(|opened| Ok((opened, self.scenario.engine(&self.setting, at, disk)?)));
        let (opened, booted) = match opened {
            Ok(parts) => parts,
            Err(error) => return self.broken(at, error, choose),
        };
        self.counters.add_many(Count::TornLogs, u64::from(opened.torn));
        let Booted { engine, executed, state } = booted;
        honest.running = Some(Running {
            process: self.scenario.process(&self.setting, at, Arc::new(self.referee.signer(Author::Replica(at)))),
            gate: Gate::new(&opened.records),
            log: opened.log,
            body: Body::new(engine),
            syncing: false,
            written: Vec::new(),
            executed: Vec::new(),
        });
        if self.is_honest(at) {
            self.judge_boot(at, executed, state, &opened.raw)?;
            for record in &opened.records {
                self.show(at, Shown::Record(record))?;
            }
        }
        self.start(at, opened.records, executed, state, choose)
    }

    /// Gives a replica its first input.
    pub(super) fn start(
        &mut self,
        at: ReplicaId,
        records: Vec<Record<S::Process>>,
        executed: Seq,
        state: Digest,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        self.note(Place::Replica(at), Event::Started(records.len(), executed, state));
        self.step(at, Input::Start { records, executed, state }, choose)
    }

    fn judge_boot(&mut self, at: ReplicaId, seq: Seq, state: Digest, raw: &[Vec<u8>]) -> Result<(), Violation> {
        let judges = &mut self.judges;
        let recovered = judges.vows.recovered(at, raw.iter().map(Vec::as_slice));
        // A checkpoint that was cut short may be complete: then the replica computed the state, and never said so.
        let computed = seq > Seq::default() && judges.agreement.executed(at) >= seq;
        let known =
            if computed { judges.states.computed(at, seq, state) } else { judges.states.adopted(at, seq, state) };
        let resumed = judges.agreement.resume(at, seq);
        [recovered, known, resumed].into_iter().try_for_each(|finding| self.court.hear(finding))
    }

    /// A replica is down at once. Does nothing to one that is not up.
    pub(super) fn crash(&mut self, at: ReplicaId, how: &'static str, choose: &mut dyn Chooser) {
        let outage_max = self.setting.options.faults.outage_max.max(1);
        let outage = if self.healed { 1 } else { between(choose, "outage", 1, outage_max) };
        let Seat::Honest(honest) = &mut self.seats[at.index()] else { return };
        // A machine that stops while it writes is the case in which a disk keeps some of it.
        let everything = if honest.disk_armed { Survival::Some } else { Survival::Everything };
        let survival = pick(choose, "survival", &[everything, Survival::Nothing, Survival::Some]);
        honest.running = None;
        match survival {
            Survival::Everything => honest.disk.restart(),
            Survival::Nothing => honest.disk.power_cut(|_, _| false),
            Survival::Some => honest.disk.power_cut(|_, _| choose.choose("sector", 2) == 0),
        }
        let life = honest.life;
        (honest.life, honest.fuse, honest.disk_armed) = (life + 1, None, false);
        self.troubles.crashed(at);
        self.perhaps_damage(at, choose);
        self.counters.add(Count::Crashes);
        self.note(Place::Replica(at), Event::Crashed(how));
        self.schedule.plan(self.now + outage, Action::Reboot { at, life: life + 1 });
    }

    /// Decides how and when an honest replica that is up goes down.
    pub(super) fn doom(&mut self, at: ReplicaId, choose: &mut dyn Chooser) {
        match pick(choose, "fate", &[Fate::Now, Fate::InStep, Fate::InStep, Fate::InDisk]) {
            Fate::Now => self.crash(at, "between two inputs", choose),
            Fate::InStep => {
                let fuse = between(choose, "fuse", 0, FUSE_MAX);
                if let Seat::Honest(honest) = &mut self.seats[at.index()] {
                    honest.fuse = Some(fuse);
                }
            }
            Fate::InDisk => self.arm_disk(at, choose),
        }
    }

    fn arm_disk(&mut self, at: ReplicaId, choose: &mut dyn Chooser) {
        if let Seat::Honest(honest) = &mut self.seats[at.index()] {
            honest.disk_armed = true;
            honest.disk.stop_after(between(choose, "disk operations", 0, DISK_OPERATIONS_MAX));
        }
    }

    pub(super) fn on_reboot(&mut self, at: ReplicaId, life: u64, choose: &mut dyn Chooser) -> Result<(), Violation> {
        let Seat::Honest(honest) = &self.seats[at.index()] else { return Ok(()) };
        if honest.life != life || honest.running.is_some() || self.is_away(at) {
            return Ok(());
        }
        // Whoever starts it again has made room first.
        honest.disk.set_capacity(None);
        let fails = self.setting.options.faults.disk_every > 0 && !self.healed;
        if fails && chance(choose, "read failure", 200) {
            honest.disk.fail_read_after(between_late(choose, "reads", 0, READS_MAX));
        }
        // Recovery is interrupted, too.
        if !self.healed && chance(choose, "crash in recovery", 100) {
            self.arm_disk(at, choose);
        }
        self.boot(at, choose)?;
        self.counters.add_many(Count::Reboots, u64::from(self.seats[at.index()].running().is_some()));
        Ok(())
    }

    /// Whether the disk of a replica failed since this was asked last.
    pub(super) fn disk_failed(&mut self, at: ReplicaId) -> bool {
        let Seat::Honest(honest) = &mut self.seats[at.index()] else { return false };
        let failures = honest.disk.failures();
        std::mem::replace(&mut honest.failures, failures) < failures
    }

    /// A replica notices that its disk is not as it left it, and stays out.
    pub(super) fn refuse(&mut self, at: ReplicaId, why: String) {
        let Seat::Honest(honest) = &mut self.seats[at.index()] else { return };
        honest.running = None;
        honest.life += 1;
        self.counters.add(Count::Refusals);
        self.note(Place::Replica(at), Event::World("REFUSES", why));
    }

    /// No replica goes down any more, and those that are down come back now.
    pub(super) fn revive(&mut self, at: ReplicaId, choose: &mut dyn Chooser) -> Result<(), Violation> {
        let Seat::Honest(honest) = &mut self.seats[at.index()] else { return Ok(()) };
        honest.fuse = None;
        honest.disk.set_capacity(None);
        honest.disk.fail_sync_after(u64::MAX);
        if std::mem::replace(&mut honest.disk_armed, false) {
            honest.disk.stop_after(u64::MAX);
        }
        let life = honest.life;
        self.on_reboot(at, life, choose)
    }
}

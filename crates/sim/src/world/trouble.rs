//! What troubles single machines: they stand still, their clocks jump, their disks are slow or fail, and in the end
//! some of them stay away.
//!
//! None of it makes a replica forget or lie, so whoever is troubled is judged like all others.

use super::seat::Seat;
use super::{Action, World};
use crate::counters::Count;
use crate::draw::{between, between_late, pick};
use crate::scenario::Scenario;
use crate::transcript::{Event, Place};
use synod_kernel::ReplicaId;
use synod_kernel::chooser::Chooser;

/// Syncs that go well before one fails, at most.
const SYNCS_MAX: u64 = 12;
/// Bytes that are left on a disk that is about to be full, at most.
const ROOM_MAX: u64 = 40 << 10;

/// Until when each replica is troubled, and how.
#[derive(Clone, Debug)]
pub(crate) struct Troubles {
    paused_until: Vec<u64>,
    slow_until: Vec<u64>,
    /// Until when the timers of each replica are late.
    late_until: Vec<u64>,
    /// Who stays down.
    down: Vec<bool>,
}

/// How a disk fails.
#[derive(Clone, Copy)]
enum DiskFailure {
    Full,
    Sync,
}

impl Troubles {
    pub(super) fn new(replicas: usize) -> Self {
        let never = vec![0; replicas];
        let down = vec![false; replicas];
        Self { paused_until: never.clone(), slow_until: never.clone(), late_until: never, down }
    }

    /// Until when a replica stands still, if it does.
    pub(super) fn paused_until(&self, at: ReplicaId, now: u64) -> Option<u64> {
        Some(self.paused_until[at.index()]).filter(|&until| until > now)
    }

    /// Whether the disk of a replica is slow.
    pub(super) fn is_slow(&self, at: ReplicaId, now: u64) -> bool {
        self.slow_until[at.index()] > now
    }

    /// A process that died does not stand still any more.
    pub(super) fn crashed(&mut self, at: ReplicaId) {
        self.paused_until[at.index()] = 0;
        self.late_until[at.index()] = 0;
    }

    /// Everybody runs, no disk is slow, and clocks are right.
    fn heal(&mut self) {
        self.paused_until.fill(0);
        self.slow_until.fill(0);
        self.late_until.fill(0);
    }
}

impl<S: Scenario> World<S> {
    /// A replica that is up, if everything has not healed.
    fn victim(&mut self, choose: &mut dyn Chooser) -> Option<ReplicaId> {
        let up = self.standing();
        if self.healed || up.is_empty() { None } else { Some(up[choose.choose("victim", up.len())]) }
    }

    pub(super) fn on_pause(&mut self, choose: &mut dyn Chooser) {
        self.plan_next(self.setting.options.faults.pause_every, Action::Pause, choose);
        let Some(at) = self.victim(choose) else { return };
        let until = self.now + between(choose, "paused", 1, self.setting.options.faults.pause_max.max(1));
        self.troubles.paused_until[at.index()] = until;
        self.counters.add(Count::Pauses);
        self.note(Place::Replica(at), Event::World("PAUSED", format!("until {} ms", until / 1000)));
    }

    /// A clock jumps: every timer of its replica fires at once, or late.
    pub(super) fn on_clock_jump(&mut self, choose: &mut dyn Chooser) {
        self.plan_next(self.setting.options.faults.jump_every, Action::ClockJump, choose);
        let Some(at) = self.victim(choose) else { return };
        let late = choose.choose("jump", 2) == 0;
        let by = if late { between(choose, "late", 1, self.setting.options.faults.jump_max.max(1)) } else { 0 };
        self.troubles.late_until[at.index()] = self.now + by;
        self.fire_all(at, by);
        self.counters.add(Count::ClockJumps);
        self.note(Place::Replica(at), Event::World("CLOCK", format!("its timers fire in {} ms", by / 1000)));
    }

    /// Every timer of a replica fires after this time, whatever it was armed for.
    fn fire_all(&mut self, at: ReplicaId, by: u64) {
        let life = self.seats[at.index()].life();
        let armed: Vec<_> = match self.seats[at.index()].body() {
            Some(body) => body.timers.keys().copied().collect(),
            None => Vec::new(),
        };
        for timer in armed {
            // The old ticket is void.
            let ticket = self.next_ticket();
            if let Some(body) = self.seats[at.index()].body() {
                body.timers.insert(timer, ticket);
            }
            self.schedule.plan(self.now + by, Action::Fire { at, life, timer, ticket });
        }
    }

    pub(super) fn on_slow_disk(&mut self, choose: &mut dyn Chooser) {
        self.plan_next(self.setting.options.faults.slow_every, Action::SlowDisk, choose);
        let Some(at) = self.victim(choose) else { return };
        let until = self.now + between(choose, "slow", 1, self.setting.options.faults.slow_max.max(1));
        self.troubles.slow_until[at.index()] = until;
        self.counters.add(Count::SlowDisks);
        self.note(Place::Replica(at), Event::World("SLOW DISK", format!("until {} ms", until / 1000)));
    }

    /// How long writing and syncing takes here now, at most.
    pub(super) fn sync_max(&self, at: ReplicaId) -> u64 {
        let options = &self.setting.options;
        if self.troubles.is_slow(at, self.now) { options.faults.slow_sync.max(1) } else { options.speed.sync_max }
    }

    /// A disk will fail an operation soon.
    pub(super) fn on_disk_failure(&mut self, choose: &mut dyn Chooser) {
        self.plan_next(self.setting.options.faults.disk_every, Action::DiskFailure, choose);
        let Some(at) = self.victim(choose) else { return };
        let failure = pick(choose, "disk failure", &[DiskFailure::Full, DiskFailure::Sync]);
        let Seat::Honest(honest) = &self.seats[at.index()] else { return };
        let what = match failure {
            DiskFailure::Sync => {
                honest.disk.fail_sync_after(between_late(choose, "syncs", 0, SYNCS_MAX));
                "a sync will fail"
            }
            DiskFailure::Full => {
                let room = between(choose, "room", 0, ROOM_MAX);
                honest.disk.set_capacity(Some(honest.disk.used() + ROOM_MAX - room));
                "it will be full"
            }
        };
        self.note(Place::Replica(at), Event::World("DISK", what.to_owned()));
    }

    /// Whether a replica stays down for good.
    pub(super) fn is_away(&self, at: ReplicaId) -> bool {
        self.troubles.down[at.index()]
    }

    /// Everything heals, but for some replicas that can be done without: they stay down, or nobody hears them, or they
    /// hear nobody.
    pub(super) fn choose_core(&mut self, choose: &mut dyn Chooser) {
        let is_late = |id: &ReplicaId| self.troubles.late_until[id.index()] > self.now;
        let late: Vec<ReplicaId> = self.setting.options.membership.replicas().filter(is_late).collect();
        late.into_iter().for_each(|id| self.fire_all(id, 0));
        self.troubles.heal();
        if !self.setting.options.outsiders {
            return;
        }
        let strong = self.setting.options.membership.strong();
        let mut honest: Vec<ReplicaId> = self.honest().collect();
        let spare = honest.len().saturating_sub(strong);
        let count = choose.choose("outsiders", spare + 1);
        for _ in 0..count {
            let at = honest.swap_remove(choose.choose("outsider", honest.len()));
            self.outsiders.push(at);
            self.counters.add(Count::Outsiders);
            if choose.choose("stays", 2) == 0 {
                self.troubles.down[at.index()] = true;
                self.crash(at, "for good", choose);
                self.note(Place::Replica(at), Event::World("OUTSIDER", "stays down".to_owned()));
            } else {
                self.network.exile(at.index(), choose);
                self.note(Place::Replica(at), Event::World("OUTSIDER", "stays cut off".to_owned()));
            }
        }
    }
}

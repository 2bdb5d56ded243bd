//! Faults of the world: crashes, power cuts and partitions come at drawn times, until everything heals.

use super::{Action, World};
use crate::counters::Count;
use crate::draw::{between, between_late};
use crate::judge::Violation;
use crate::scenario::Scenario;
use crate::transcript::{Event, Place};
use synod_kernel::ReplicaId;
use synod_kernel::chooser::Chooser;

impl<S: Scenario> World<S> {
    pub(super) fn plan_faults(&mut self, choose: &mut dyn Chooser) {
        let faults = self.setting.options.faults.clone();
        self.schedule.plan(self.setting.options.heal_at, Action::Heal);
        self.plan_next(faults.crash_every, Action::Crash, choose);
        self.plan_next(faults.power_cut_every, Action::PowerCut, choose);
        self.plan_next(faults.partition_every, Action::Partition, choose);
        self.plan_next(faults.pause_every, Action::Pause, choose);
        self.plan_next(faults.jump_every, Action::ClockJump, choose);
        self.plan_next(faults.slow_every, Action::SlowDisk, choose);
        self.plan_next(faults.disk_every, Action::DiskFailure, choose);
    }

    /// Plans a fault that comes once in `every` on average, if it ever comes.
    pub(super) fn plan_next(&mut self, every: u64, fault: Action<S::Process>, choose: &mut dyn Chooser) {
        if every > 0 && !self.healed {
            self.schedule.plan(self.now + between_late(choose, "fault", 1, 2 * every), fault);
        }
    }

    pub(super) fn on_crash(&mut self, choose: &mut dyn Chooser) -> Result<(), Violation> {
        self.plan_next(self.setting.options.faults.crash_every, Action::Crash, choose);
        let up = self.standing();
        if !self.healed && !up.is_empty() {
            let victim = up[choose.choose("victim", up.len())];
            self.doom(victim, choose);
        }
        Ok(())
    }

    pub(super) fn on_power_cut(&mut self, choose: &mut dyn Chooser) -> Result<(), Violation> {
        self.plan_next(self.setting.options.faults.power_cut_every, Action::PowerCut, choose);
        if self.healed {
            return Ok(());
        }
        self.counters.add(Count::PowerCuts);
        self.note(Place::World, Event::World("POWER CUT", String::new()));
        for victim in self.standing() {
            self.crash(victim, "with all others", choose);
        }
        Ok(())
    }

    pub(super) fn on_partition(&mut self, choose: &mut dyn Chooser) {
        self.plan_next(self.setting.options.faults.partition_every, Action::Partition, choose);
        if self.healed {
            return;
        }
        let until = self.now + between(choose, "partition", 1, self.setting.options.faults.partition_max.max(1));
        let what = self.network.partition(until, &mut self.counters, choose);
        self.counters.add(Count::Partitions);
        self.note(Place::World, Event::World("PARTITION", format!("{what} until {} ms", until / 1000)));
    }

    pub(super) fn on_heal(&mut self, choose: &mut dyn Chooser) -> Result<(), Violation> {
        self.healed = true;
        self.network.heal();
        self.judges.views.heal();
        self.end_rounds(choose);
        self.note(Place::World, Event::World("HEAL", String::new()));
        self.plan_nudge();
        self.choose_core(choose);
        let members = self.setting.options.membership.replicas();
        members.into_iter().try_for_each(|id| self.revive(id, choose))
    }

    /// Those that can crash and are up.
    pub(super) fn standing(&mut self) -> Vec<ReplicaId> {
        let members = self.setting.options.membership.replicas();
        members.filter(|id| self.seats[id.index()].running().is_some()).collect()
    }
}

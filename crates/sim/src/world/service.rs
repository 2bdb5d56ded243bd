//! The service behind each replica: tasks are done one after the other, each after its own time, states are saved
//! meanwhile, and what honest services did is told to the judges before their replicas hear of it.

use super::{Action, Judges, World};
use crate::counters::{Count, Counters};
use crate::draw::between;
use crate::judge::{Model, Novelty, Violation};
use crate::scenario::{Engine, Scenario};
use crate::transcript::{Event, Place};
use synod_kernel::chooser::Chooser;
use synod_kernel::process::{Input, Recalled, Report, Task};
use synod_kernel::{Batch, ReplicaId, Seq};

impl<S: Scenario> World<S> {
    pub(super) fn ask(&mut self, at: ReplicaId, task: Task, choose: &mut dyn Chooser) {
        let commanded = self.seats[at.index()].running().map_or(0, |running| running.gate.commanded());
        let Some(body) = self.seats[at.index()].body() else { return };
        body.tasks.push_back((commanded, task));
        if !std::mem::replace(&mut body.working, true) {
            self.plan_work(at, choose);
        }
    }

    fn plan_work(&mut self, at: ReplicaId, choose: &mut dyn Chooser) {
        let latency = between(choose, "task", 1, self.setting.options.speed.task_max);
        let life = self.seats[at.index()].life();
        self.schedule.plan(self.now + latency, Action::Work { at, life });
    }

    /// The next task is done.
    pub(super) fn on_work(&mut self, at: ReplicaId, life: u64, choose: &mut dyn Chooser) -> Result<(), Violation> {
        if self.seats[at.index()].life() != life {
            return Ok(());
        }
        let Some(body) = self.seats[at.index()].body() else { return Ok(()) };
        body.working = false;
        if body.tasks.front().is_some_and(|(_, task)| !body.engine.can_perform(task)) {
            // It goes on when something is saved.
            return Ok(());
        }
        let Some((asked, task)) = body.tasks.pop_front() else { return Ok(()) };
        self.counters.add_many(Count::Overtakings, u64::from(body.engine.is_saving()));
        // Before it is done, because a sound service refuses to do what is out of order.
        if self.is_honest(at) {
            let finding = self.judges.hear_task(at, &task);
            self.court.hear(finding)?;
        }
        let Some(body) = self.seats[at.index()].body() else { return Ok(()) };
        let report = match body.engine.perform(task.clone()) {
            Ok(report) => report,
            Err(error) => return self.broken(at, error, choose),
        };
        self.go_on(at, choose);
        let batch = if let Task::Execute { batch, .. } = &task { Some(batch) } else { None };
        report.map_or(Ok(()), |report| self.reported(at, (asked, batch), report, choose))
    }

    /// The state that has waited longest is durable.
    pub(super) fn on_save(&mut self, at: ReplicaId, life: u64, choose: &mut dyn Chooser) -> Result<(), Violation> {
        if self.seats[at.index()].life() != life {
            return Ok(());
        }
        let Some(body) = self.seats[at.index()].body() else { return Ok(()) };
        body.saving = false;
        let report = match body.engine.save() {
            Ok(report) => report,
            Err(error) => return self.broken(at, error, choose),
        };
        self.go_on(at, choose);
        report.map_or(Ok(()), |report| self.reported(at, (0, None), report, choose))
    }

    /// Plans the next task and the next save, if there are any that are not planned.
    fn go_on(&mut self, at: ReplicaId, choose: &mut dyn Chooser) {
        let Some(body) = self.seats[at.index()].body() else { return };
        let works = body.tasks.front().is_some_and(|(_, task)| body.engine.can_perform(task)) && !body.working;
        let saves = body.engine.is_saving() && !body.saving;
        body.working |= works;
        body.saving |= saves;
        if works {
            self.plan_work(at, choose);
        }
        if saves {
            let latency = between(choose, "save", 1, self.setting.options.speed.save_max);
            let life = self.seats[at.index()].life();
            self.schedule.plan(self.now + latency, Action::Save { at, life });
        }
    }

    /// A task is done, which was asked for after so many log commands, and executed this batch, if it was to.
    fn reported(
        &mut self,
        at: ReplicaId,
        (asked, batch): (u64, Option<&Batch>),
        report: Report,
        choose: &mut dyn Chooser,
    ) -> Result<(), Violation> {
        if self.is_honest(at) {
            let binds = !matches!(report, Report::Executed { .. } | Report::Recalled { .. });
            match self.seats[at.index()].running() {
                // What was asked for then binds when all that was written before is durable, and others may see it.
                Some(running) if asked > running.gate.position() && !binds => {
                    running.executed.push((batch.cloned(), report.clone()))
                }
                _ => self.judge_report(at, batch, &report)?,
            }
        }
        self.note(Place::Replica(at), Event::Done(report.clone()));
        self.step(at, Input::Done(report), choose)
    }
}

impl<S: Scenario> World<S> {
    pub(super) fn judge_report(
        &mut self,
        at: ReplicaId,
        batch: Option<&Batch>,
        report: &Report,
    ) -> Result<(), Violation> {
        let findings = self.judges.hear_report(at, batch, report, &mut self.counters);
        findings.into_iter().try_for_each(|finding| self.court.hear(finding))
    }
}

impl<M: Model> Judges<M> {
    /// An honest service is about to perform a task.
    fn hear_task(&mut self, at: ReplicaId, task: &Task) -> Result<(), Violation> {
        if let Task::Execute { seq, .. } = task { self.agreement.execute(at, *seq) } else { Ok(()) }
    }

    /// An execution binds.
    fn bind(&mut self, at: ReplicaId, seq: Seq, batch: &Batch, counters: &mut Counters) -> Result<(), Violation> {
        if self.agreement.bind(at, seq, batch)? == Novelty::New {
            self.views.executed();
            counters.add(Count::Batches);
            counters.add_many(Count::NullRequests, u64::from(batch.is_null()));
            counters.add_many(Count::Repetitions, self.reference.extend(seq, batch)?);
        }
        Ok(())
    }

    /// An honest service performed a task.
    fn hear_report(
        &mut self,
        at: ReplicaId,
        batch: Option<&Batch>,
        report: &Report,
        counters: &mut Counters,
    ) -> [Result<(), Violation>; 2] {
        match report {
            Report::Executed { seq, outcomes } => {
                let Some(batch) = batch else { return [Ok(()), Ok(())] };
                let bound = self.bind(at, *seq, batch, counters);
                [bound, self.reference.check(at, *seq, batch, outcomes)]
            }
            Report::CheckpointTaken { seq, state } => {
                counters.add(Count::Checkpoints);
                [self.states.computed(at, *seq, *state), Ok(())]
            }
            Report::Installed { seq, state } => {
                counters.add(Count::Installations);
                [self.agreement.resume(at, *seq), self.states.adopted(at, *seq, *state)]
            }
            Report::RolledBack { to } => {
                counters.add(Count::Rollbacks);
                [self.agreement.resume(at, *to), Ok(())]
            }
            Report::Recalled { outcome: Recalled::Executed(outcome), .. } => {
                [self.reference.check_repetition(at, outcome), Ok(())]
            }
            Report::Recalled { outcome: Recalled::Over(outcome), .. } => {
                [self.reference.check_refusal(at, outcome), Ok(())]
            }
            Report::Recalled { outcome: Recalled::Unknown, .. }
            | Report::ChunkRead { .. }
            | Report::TransferBegun { .. }
            | Report::ChunkStored { .. } => [Ok(()), Ok(())],
        }
    }
}

//! The service behind each replica: tasks are done one after the other, each after its own time, and what honest
//! services did is told to the judges before their replicas hear of it.

use super::{Action, Judges, World};
use crate::counters::{Count, Counters};
use crate::draw::between;
use crate::judge::{Model, Novelty, Violation};
use crate::scenario::{Engine, Scenario};
use crate::transcript::{Event, Place};
use synod_kernel::ReplicaId;
use synod_kernel::chooser::Chooser;
use synod_kernel::process::{Input, Report, Task};

impl<S: Scenario> World<S> {
    pub(super) fn ask(&mut self, at: ReplicaId, task: Task, choose: &mut dyn Chooser) {
        let Some(body) = self.seats[at.index()].body() else { return };
        body.tasks.push_back(task);
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
        let Some(task) = body.tasks.pop_front() else { return Ok(()) };
        let report = match body.engine.perform(task.clone()) {
            Ok(report) => report,
            Err(error) => return self.broken(at, error, choose),
        };
        if !body.tasks.is_empty() {
            body.working = true;
            self.plan_work(at, choose);
        }
        let Some(report) = report else { return Ok(()) };
        if self.is_honest(at) {
            let findings = self.judges.hear(at, &task, &report, &mut self.counters);
            findings.into_iter().try_for_each(|finding| self.court.hear(Err(finding)))?;
        }
        self.note(Place::Replica(at), Event::Done(report.clone()));
        self.step(at, Input::Done(report), choose)
    }
}

impl<M: Model> Judges<M> {
    /// An honest service performed a task.
    fn hear(&mut self, at: ReplicaId, task: &Task, report: &Report, counters: &mut Counters) -> Vec<Violation> {
        let mut findings = Vec::new();
        let mut find = |finding: Result<(), Violation>| findings.extend(finding.err());
        match (task, report) {
            (Task::Execute { seq, batch }, Report::Executed { outcomes, .. }) => {
                match self.agreement.execute(at, *seq, batch) {
                    Ok(Novelty::New) => {
                        counters.add(Count::Batches);
                        counters.add_many(Count::NullRequests, u64::from(batch.is_null()));
                        let extended = self.reference.extend(*seq, batch);
                        find(extended.map(|repetitions| counters.add_many(Count::Repetitions, repetitions)));
                        find(self.reference.check(at, *seq, batch, outcomes));
                    }
                    Ok(Novelty::Known) => find(self.reference.check(at, *seq, batch, outcomes)),
                    Err(violation) => find(Err(violation)),
                }
            }
            (_, Report::CheckpointTaken { seq, state }) => {
                counters.add(Count::Checkpoints);
                find(self.states.computed(at, *seq, *state));
            }
            (_, Report::Installed { seq, state }) => {
                counters.add(Count::Installations);
                find(self.agreement.resume(at, *seq));
                find(self.states.adopted(at, *seq, *state));
            }
            (_, Report::RolledBack { to }) => {
                counters.add(Count::Rollbacks);
                find(self.agreement.resume(at, *to));
            }
            (_, Report::Recalled { outcome: Some(outcome), .. }) => {
                find(self.reference.check_repetition(at, outcome));
            }
            (_, Report::Recalled { outcome: None, .. } | Report::ChunkRead { .. } | Report::ChunkStored { .. }) => {}
            (_, Report::Executed { .. }) => {}
        }
        findings
    }
}

//! One honest replica of a small world, with all that belongs to it, and what an input makes of it.

use super::plan::Plan;
use crate::panics;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use synod_kernel::process::{
    Binding, Effect, Executed, Fate, Input, Process, Question, Recalled, Record, Report, Task,
};
use synod_kernel::process::{Message, Outbox, Target};
use synod_kernel::{Batch, Digest, ReplicaId, Request, RequestId, RequestKey, Seq, View};

/// Inputs that follow from one input, at most: more would be a process that keeps itself busy.
const REPORTS_MAX: usize = 64;

/// A replica, its log, its timers and its service.
#[derive(Clone, Debug)]
pub(super) struct Local<P: Process> {
    process: P,
    records: Vec<Record<P>>,
    /// Timers that are armed.
    pub(super) armed: BTreeSet<P::Timer>,
    /// Timers that fired once, and do not fire again.
    fired: BTreeSet<P::Timer>,
    /// What its service has executed since it started.
    done: BTreeMap<RequestKey, Executed>,
    /// Every batch that it ever executed. The judges' own.
    pub(super) executed: BTreeMap<Seq, Digest>,
    /// Every question that it answered, and how. The judges' own.
    answers: BTreeMap<Question, Digest>,
    /// The view below which it promised to answer nothing new. The judges' own.
    left: View,
}

impl<P: Process> Hash for Local<P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.process, &self.records, &self.armed, &self.fired).hash(state);
        (&self.done, &self.executed, &self.answers, self.left).hash(state);
    }
}

/// What came of an input.
#[derive(Debug)]
pub(super) struct Stepped<P: Process> {
    /// The replica afterwards.
    pub(super) local: Local<P>,
    /// What it said, and to whom.
    pub(super) said: Vec<(Target, Message<P>)>,
    /// The rules it applied.
    pub(super) rules: Vec<P::Rule>,
    /// How many effects that a crash may separate there were.
    pub(super) effects: usize,
    /// What it did that no honest replica may, if it did.
    pub(super) wrong: Option<String>,
}

impl<P: Process> Local<P> {
    /// A replica that has started for the first time.
    pub(super) fn boot(process: P) -> Stepped<P> {
        let empty = Self {
            process,
            records: Vec::new(),
            armed: BTreeSet::new(),
            fired: BTreeSet::new(),
            done: BTreeMap::new(),
            executed: BTreeMap::new(),
            answers: BTreeMap::new(),
            left: View::default(),
        };
        empty.step(Input::Start { records: Vec::new(), executed: Seq::default(), state: Digest::ZERO }, usize::MAX)
    }

    /// The replica after an input, with all that its service reports at once. It dies before the effect with this
    /// number, if there are as many.
    pub(super) fn step(&self, input: Input<P>, dies_before: usize) -> Stepped<P> {
        let said = Vec::new();
        let mut stepped = Stepped { local: self.clone(), said, rules: Vec::new(), effects: 0, wrong: None };
        let mut inputs = vec![input];
        let mut outbox = Outbox::default();
        for _ in 0..REPORTS_MAX {
            let Some(input) = inputs.pop() else { break };
            if let Input::Timeout(timer) = &input {
                stepped.local.armed.remove(timer);
                stepped.local.fired.insert(*timer);
            }
            let taken = panics::caught(|| {
                stepped.local.process.step(input, &mut outbox);
                Ok(())
            });
            if let Err(violation) = taken {
                stepped.condemn(format!("{}: {}", violation.rule, violation.sentence));
                return stepped;
            }
            let mut reports = Vec::new();
            for effect in outbox.drain() {
                if matches!(effect, Effect::Persist(_) | Effect::Send { .. }) {
                    if stepped.effects == dies_before {
                        return stepped;
                    }
                    stepped.effects += 1;
                }
                reports.extend(stepped.perform(effect));
            }
            // The service is done with its tasks in the order in which they were asked for.
            inputs.splice(0..0, reports.into_iter().rev().map(Input::Done));
        }
        assert!(inputs.is_empty(), "a process that its own service keeps busy");
        stepped
    }

    /// The replica after a crash, as `process` started from what is durable.
    pub(super) fn reboot(&self, process: P) -> Stepped<P> {
        let records = self.records.clone();
        let (done, armed) = (BTreeMap::new(), BTreeSet::new());
        let down = Self { process, done, armed, ..self.clone() };
        down.step(Input::Start { records, executed: Seq::default(), state: Digest::ZERO }, usize::MAX)
    }

    /// The replica without what it need not be told apart by.
    pub(super) fn settle(&mut self, plan: &impl Plan<Process = P>) {
        plan.settle(&mut self.process);
    }

    /// What an operator would see.
    pub(super) fn status(&self) -> synod_kernel::process::Status {
        self.process.status()
    }

    /// The timers that may fire.
    pub(super) fn alarms<'a>(&'a self, plan: &'a impl Plan<Process = P>) -> impl Iterator<Item = P::Timer> + 'a {
        self.armed.iter().copied().filter(|timer| !self.fired.contains(timer) && plan.may_fire(*timer))
    }

    fn execute(&mut self, seq: Seq, request: &Request) -> Executed {
        let key = request.key();
        let new = Executed {
            request: key,
            fate: Fate::Executed,
            seq,
            result: bytes::Bytes::from_static(b"done"),
            floor: RequestId::default(),
        };
        let known = self.done.insert(key, new.clone());
        match known {
            None => new,
            Some(first) => {
                self.done.insert(key, first.clone());
                Executed { fate: Fate::Repeated, ..first }
            }
        }
    }
}

impl<P: Process> Stepped<P> {
    /// An effect happens. Returns what the service reports, if it does.
    fn perform(&mut self, effect: Effect<P>) -> Option<Report> {
        match effect {
            Effect::Persist(record) => {
                if !self.local.records.contains(&record) {
                    self.local.records.push(record);
                }
            }
            Effect::Compact(records) => self.local.records = records,
            Effect::Send { to, message } => {
                if let Message::Vow(vow) = &message {
                    self.judge_vow(vow);
                }
                self.said.push((to, message));
            }
            Effect::Arm { timer, .. } => {
                self.local.armed.insert(timer);
            }
            Effect::Disarm(timer) => {
                self.local.armed.remove(&timer);
            }
            Effect::Ask(task) => return self.serve(task),
            Effect::Applied(rule) => self.rules.push(rule),
            // Clients ask everybody anyway, and nobody in a small world waits for an answer.
            Effect::Forward { .. } | Effect::Reply { .. } | Effect::Note(_) => {}
        }
        None
    }

    fn serve(&mut self, task: Task) -> Option<Report> {
        match task {
            Task::Execute { seq, batch } => Some(self.execute(seq, &batch)),
            Task::Recall { request } => {
                let known = self.local.done.get(&request.key()).cloned();
                let outcome = known.map_or(Recalled::Unknown, Recalled::Executed);
                Some(Report::Recalled { request, outcome })
            }
            // A small world ends before the first checkpoint is stable.
            Task::Seal { .. } | Task::Checkpoint { .. } | Task::Discard { .. } => None,
            Task::ReadChunk { .. } | Task::Release { .. } => None,
            Task::BeginTransfer { .. } | Task::StoreChunk { .. } | Task::EndTransfer => None,
            Task::Install { .. } | Task::Rollback { .. } => None,
        }
    }

    fn execute(&mut self, seq: Seq, batch: &Batch) -> Report {
        let digest = batch.digest();
        let earlier = self.local.executed.insert(seq, digest);
        if earlier.is_some_and(|earlier| earlier != digest) {
            self.condemn(format!("it executes another batch at {seq} than before it crashed"));
        }
        let outcomes = batch.requests().iter().map(|request| self.local.execute(seq, request)).collect();
        Report::Executed { seq, outcomes }
    }

    fn judge_vow(&mut self, vow: &P::Vow) {
        let (question, answer) = (vow.question(), vow.answer());
        let earlier = self.local.answers.insert(question, answer);
        if earlier.is_some_and(|earlier| earlier != answer) {
            self.condemn(format!("it contradicts itself with {vow:?}"));
        }
        if earlier.is_none() && question.view.is_some_and(|view| view < self.local.left) {
            self.condemn(format!("it votes in a view that it left: {vow:?}"));
        }
        self.local.left = self.local.left.max(vow.leaves().unwrap_or_default());
    }

    fn condemn(&mut self, sentence: String) {
        self.wrong.get_or_insert(sentence);
    }
}

/// What an honest replica has said on the places of the order, for whoever counts certificates.
pub(super) fn answers<P: Process>(local: &Local<P>) -> impl Iterator<Item = (Question, Digest)> + '_ {
    let of_places = local.answers.iter().filter(|(question, _)| question.seq.is_some());
    of_places.map(|(question, answer)| (*question, *answer))
}

/// Two honest replicas that executed different batches at one place, if they did.
pub(super) fn disagreement<P: Process>(one: &Local<P>, other: &Local<P>) -> Option<Seq> {
    one.executed
        .iter()
        .find(|(seq, digest)| other.executed.get(*seq).is_some_and(|it| it != *digest))
        .map(|(seq, _)| *seq)
}

/// Who executed what, for a verdict that can be read.
pub(super) fn executed<P: Process>(id: ReplicaId, local: &Local<P>) -> String {
    let batches: Vec<String> = local.executed.iter().map(|(seq, digest)| format!("{digest} at {seq}")).collect();
    if batches.is_empty() {
        format!("replica {id} executed nothing")
    } else {
        format!("replica {id} executed {}", batches.join(", "))
    }
}

//! The loop of a replica: one input after the other into the protocol, its effects through the gate and out.
//!
//! It never waits while it holds an effect: whatever takes time is another thread's, and comes back as an input. When
//! much is under way it takes no requests until the log and the service have caught up, so that there is room for what
//! replicas say; when too much is, it takes nothing from the network. Timers, reports and the log go on, so it cannot
//! lock itself up.

use super::durability;
use super::error::RunError;
use super::executor_thread::ExecutorThread;
use super::log_thread::LogThread;
use super::narration::{Lines, Narration};
use super::outgoing::Outgoing;
use super::shutdown::Shutdown;
use super::stages::Stages;
use crate::metrics::Metrics;
use crate::timers::Timers;
use crate::verify::{Inputs, Verified};
use prometheus_client::metrics::counter::Counter;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant as StdInstant;
use synod_kernel::gate::{Admitted, Gate};
use synod_kernel::process::Note;
use synod_kernel::{Effect, Input, Outbox, Process, Report, Status, Task};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Inputs taken from the network at once.
const INPUTS_AT_ONCE: usize = 64;
/// Effects that wait for the log before no more is taken from the network; half of it, before no more requests are.
const HELD_MAX: usize = 8192;
/// The same for commands to the log.
const LOG_QUEUE_MAX: u64 = 8192;
/// Tasks of the service before no more requests are taken. What replicas say makes tasks, too, but the protocol has
/// bounds on those: batches within its window, and pieces of state.
const TASK_QUEUE_MAX: usize = 1024;

/// What may be taken from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Room {
    for_messages: bool,
    for_requests: bool,
}

impl Room {
    /// Beside so many effects, log commands and tasks under way.
    fn beside(held: usize, log_queue: u64, tasks: usize) -> Self {
        Self {
            for_messages: held < HELD_MAX && log_queue < LOG_QUEUE_MAX,
            for_requests: held < HELD_MAX / 2 && log_queue < LOG_QUEUE_MAX / 2 && tasks < TASK_QUEUE_MAX,
        }
    }
}

/// A protocol and everything its effects need.
pub(super) struct Driver<P: Process> {
    pub(super) core: P,
    pub(super) gate: Gate<P>,
    pub(super) log: LogThread,
    pub(super) executor: ExecutorThread,
    pub(super) outgoing: Outgoing,
    pub(super) inputs: Inputs<P>,
    pub(super) status: watch::Sender<Status>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) timers: Timers<P::Timer>,
    pub(super) rules: BTreeMap<P::Rule, Counter>,
    pub(super) stages: Stages,
    pub(super) narration: Narration,
    /// Whether the protocol had something to tell since the status was last shown.
    pub(super) has_told: bool,
    /// How many log commands are durable.
    pub(super) durable: u64,
}

impl<P: Process> Driver<P> {
    /// Runs until told to end, or until something fails that a replica cannot do without.
    pub(super) async fn run(&mut self, start: Input<P>, shutdown: &mut Shutdown) -> Result<(), RunError> {
        let (mut messages, mut requests) = (Vec::new(), Vec::new());
        let alarm = sleep_until(Instant::now());
        tokio::pin!(alarm);
        self.step(start);
        loop {
            self.show();
            let next = self.timers.next();
            if let Some(next) = next.filter(|next| *next != alarm.deadline()) {
                alarm.as_mut().reset(next);
            }
            let Room { for_messages, for_requests } = self.room();
            tokio::select! {
                () = shutdown.requested() => return Ok(()),
                durable = self.log.changed() => self.on_durable(durable?),
                report = self.executor.done() => {
                    if let Some((report, at)) = report? {
                        self.on_report(report, at);
                    }
                }
                () = &mut alarm, if next.is_some() => {
                    if let Some(timer) = self.timers.fire(Instant::now()) {
                        self.step(Input::Timeout(timer));
                    }
                }
                count = self.inputs.messages.recv_many(&mut messages, INPUTS_AT_ONCE), if for_messages => {
                    self.take_in(count, &mut messages)?;
                }
                count = self.inputs.requests.recv_many(&mut requests, INPUTS_AT_ONCE), if for_requests => {
                    self.take_in(count, &mut requests)?;
                }
            }
        }
    }

    /// What was verified goes into the protocol.
    fn take_in(&mut self, count: usize, batch: &mut Vec<Verified<P>>) -> Result<(), RunError> {
        if count == 0 {
            return Err(RunError::ThreadEnded("verification"));
        }
        for Verified { input, permits } in batch.drain(..) {
            if let Input::Request { request, .. } = &input {
                self.metrics.requests.inc();
                self.stages.enters(request.key());
            }
            self.step(input);
            drop(permits);
        }
        Ok(())
    }

    fn room(&self) -> Room {
        Room::beside(self.gate.held(), self.gate.commanded() - self.durable, self.executor.under_way())
    }

    fn on_durable(&mut self, durable: u64) {
        self.durable = durable;
        self.gate.durable(durable);
        while let Some((position, effect)) = self.gate.release_with_position() {
            self.perform(effect, position);
        }
    }

    /// What the executor reports, and when it had it.
    fn on_report(&mut self, report: Report, at: StdInstant) {
        match &report {
            Report::Executed { seq, .. } => self.stages.executed(*seq, at),
            Report::CheckpointTaken { seq, state } => tracing::info!("checkpoint at {seq}: state {state}"),
            Report::Installed { seq, state } => tracing::info!("installed the state at {seq}: {state}"),
            Report::Recalled { .. }
            | Report::ChunkRead { .. }
            | Report::TransferBegun { .. }
            | Report::ChunkStored { .. }
            | Report::RolledBack { .. } => {}
        }
        self.step(Input::Done(report));
    }

    fn step(&mut self, input: Input<P>) {
        let mut out = Outbox::default();
        self.stages.order.time(|| self.core.step(input, &mut out));
        self.inputs.settle(self.core.settled());
        for effect in out.drain() {
            match self.gate.admit(effect) {
                Admitted::Now(effect) => self.perform(effect, self.gate.commanded()),
                Admitted::Log(command) => self.log.command(command),
                Admitted::Held | Admitted::Elided => {}
            }
        }
    }

    /// Does what the gate let through. What leaves needs the log to be durable up to `position`.
    fn perform(&mut self, effect: Effect<P>, position: u64) {
        match effect {
            Effect::Send { to, message } => {
                durability::leaves(position);
                self.stages.send.time(|| self.outgoing.send(to, &message));
            }
            Effect::Forward { to, request } => {
                durability::leaves(position);
                self.stages.send.time(|| self.outgoing.forward(to, &request));
            }
            Effect::Reply { to, reply } => {
                durability::leaves(position);
                self.metrics.replies.inc();
                self.stages.reply.time(|| self.outgoing.reply(to, &reply));
                self.stages.replied(reply.answer().seq);
            }
            Effect::Arm { timer, after } => self.timers.arm(timer, Instant::now(), after),
            Effect::Disarm(timer) => self.timers.disarm(timer),
            Effect::Ask(task) => {
                if let Task::Execute { batch, .. } = &task {
                    self.stages.decided(batch);
                }
                self.executor.ask(task);
            }
            Effect::Applied(rule) => {
                tracing::debug!("applied {rule:?}");
                let metrics = &self.metrics;
                self.rules.entry(rule).or_insert_with(|| metrics.rule(format!("{rule:?}"))).inc();
            }
            Effect::Note(note) => self.tell(&note),
            Effect::Persist(_) | Effect::Compact(_) => unreachable!("the gate makes log commands of these"),
        }
    }

    fn tell(&mut self, note: &Note) {
        self.has_told = true;
        let Lines { left_out, line } = self.narration.take(note, StdInstant::now());
        if let Some(count) = left_out {
            tracing::warn!("{count} lines of the protocol were left out: there were too many in a short time");
        }
        if let Some(line) = line {
            tracing::info!("{line}");
        }
    }

    /// Shows what changed, in the log of the process, in the metrics, and to whoever asks for the status.
    fn show(&mut self) {
        let metrics = &self.metrics;
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        metrics.held_effects.set(count(self.gate.held()));
        metrics.log_queue.set(i64::try_from(self.gate.commanded() - self.durable).unwrap_or(i64::MAX));
        metrics.task_queue.set(count(self.executor.under_way()));
        metrics.input_queue.set(count(self.inputs.len()));
        let has_told = std::mem::take(&mut self.has_told);
        let new = self.core.status();
        let old = self.status.borrow().clone();
        if new == old {
            return;
        }
        if (&new.state, new.view) != (&old.state, old.view) {
            // What the protocol itself has told of is not said again.
            if has_told {
                tracing::debug!("{} in view {}", new.state, new.view);
            } else {
                tracing::info!("{} in view {}", new.state, new.view);
            }
        }
        if new.checkpoint != old.checkpoint {
            tracing::info!("checkpoint {} is stable: state {}", new.checkpoint, new.digest);
        }
        for culprit in new.accused.iter().filter(|id| !old.accused.contains(id)) {
            tracing::warn!("replica {culprit} signed contradictory statements: there is evidence against it");
        }
        metrics.show(&new);
        self.status.send_replace(new);
    }
}

#[cfg(test)]
mod tests;

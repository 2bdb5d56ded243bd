//! The thread that owns the service, and the way to it and to the thread that saves its states.
//!
//! It performs tasks in the order asked, so a slow service never holds up the protocol, only its own results. States
//! are saved elsewhere, so a slow disk holds up neither, only the reports of checkpoints, until too many of them wait.
//! Every task is answered, those without a report with none, so that the one who asks knows how many are under way.

use super::error::RunError;
use super::saver_thread::{self, Saves};
use crate::metrics::{Meter, Metrics, Stage, count};
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use synod_kernel::{Executed, Fate, Report, Task};
use synod_state::StateMachine;
use synod_storage::{Disk, Executor, ExecutorError, Performed, Saved, Saver};
use tokio::sync::mpsc as async_mpsc;

/// Reports that wait for the protocol, at most; then the thread waits. A batch can have large results.
pub(crate) const RESULTS_MAX: usize = 2;

/// What the thread is told.
pub(super) enum Work {
    /// To perform a task that was asked for at that moment.
    Task(Instant, Task),
    /// That a state is durable.
    Saved(Saved),
    /// That there is no use in going on: the replica ends, or the thread that saves has.
    End,
}

/// The report of a task, if it has one, and the moment at which it was done.
type Done = (Option<Report>, Instant);

/// How a thread ended.
type Ended = Result<(), ExecutorError>;

/// A handle to the thread.
pub(super) struct ExecutorThread {
    work: Option<mpsc::Sender<Work>>,
    done: async_mpsc::Receiver<Done>,
    under_way: usize,
    stop: Arc<AtomicBool>,
    executor: Option<JoinHandle<Ended>>,
    saver: Option<JoinHandle<Ended>>,
    path: PathBuf,
}

impl ExecutorThread {
    /// Starts both threads, on what was opened of the data folder `path`.
    pub(super) fn start<M, D>(
        executor: Executor<M, D>,
        saver: Saver<D>,
        path: PathBuf,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self>
    where
        M: StateMachine,
        D: Disk + 'static,
        D::File: 'static,
        D::Lock: 'static,
    {
        let (work, given) = mpsc::channel();
        let (results, done) = async_mpsc::channel(RESULTS_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let (saves, saver) = saver_thread::start(saver, work.clone(), stop.clone(), metrics.clone())?;
        let meter = metrics.stage(Stage::Execute);
        let (held, stopped) = (VecDeque::new(), stop.clone());
        let worker = Worker { executor, saves, results, held, stop: stopped, meter, metrics };
        let executor = thread::Builder::new().name("executor".to_owned()).spawn(move || worker.run(&given))?;
        Ok(Self { work: Some(work), done, under_way: 0, stop, executor: Some(executor), saver: Some(saver), path })
    }

    /// Asks for a task.
    pub(super) fn ask(&mut self, task: Task) {
        self.under_way += 1;
        if let Some(work) = &self.work {
            // If the thread has ended, `done` says why.
            let _ = work.send(Work::Task(Instant::now(), task));
        }
    }

    /// How many tasks are not done yet.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    /// Waits for the next task to be done and returns its report, if it has one, and when that was. May be cancelled.
    pub(super) async fn done(&mut self) -> Result<Option<(Report, Instant)>, RunError> {
        match self.done.recv().await {
            Some((report, at)) => {
                self.under_way -= 1;
                Ok(report.map(|report| (report, at)))
            }
            None => Err(self.end().err().unwrap_or(RunError::ThreadEnded("executor"))),
        }
    }

    /// Finishes the task and the save under way and forgets the others: the log holds what they would have done.
    pub(super) fn end(&mut self) -> Result<(), RunError> {
        self.stop.store(true, Ordering::Relaxed);
        // The executor waits for something to do, for somebody to take a report, or for room among what is to be
        // saved, which there is once the save under way is done.
        if let Some(work) = self.work.take() {
            let _ = work.send(Work::End);
        }
        self.done.close();
        let executed = ended(self.executor.take(), "executor", &self.path);
        // Nobody asks it for anything now.
        let saved = ended(self.saver.take(), "checkpoints", &self.path);
        executed.and(saved)
    }
}

/// Waits for the end of a thread, and says how it was. One that was waited for before ended well.
fn ended(thread: Option<JoinHandle<Ended>>, name: &'static str, path: &Path) -> Result<(), RunError> {
    match thread.map(JoinHandle::join) {
        None | Some(Ok(Ok(()))) => Ok(()),
        Some(Ok(Err(error))) => Err(RunError::executor(path.to_owned(), error)),
        Some(Err(_)) => Err(RunError::ThreadEnded(name)),
    }
}

struct Worker<M, D: Disk> {
    executor: Executor<M, D>,
    saves: Saves,
    results: async_mpsc::Sender<Done>,
    /// A task that has to wait for what is being saved, and those asked for after it. They are counted by whoever
    /// asked, as those are that have not come here yet.
    held: VecDeque<(Instant, Task)>,
    stop: Arc<AtomicBool>,
    meter: Meter,
    metrics: Arc<Metrics>,
}

impl<M: StateMachine, D: Disk> Worker<M, D> {
    fn run(mut self, given: &mpsc::Receiver<Work>) -> Ended {
        while let Ok(work) = given.recv() {
            match work {
                Work::Task(since, task) => self.held.push_back((since, task)),
                Work::Saved(saved) => self.keep(saved)?,
                Work::End => break,
            }
            self.perform_held()?;
        }
        Ok(())
    }

    /// Performs what need not wait.
    fn perform_held(&mut self) -> Ended {
        while self.held.front().is_some_and(|(_, task)| self.executor.can_perform(task)) {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let Some((since, task)) = self.held.pop_front() else { break };
            self.perform(task, since)?;
        }
        Ok(())
    }

    /// Performs a task that was asked for at that moment, and reports it, or has a state saved for it.
    fn perform(&mut self, task: Task, since: Instant) -> Ended {
        let sizes = match &task {
            Task::Execute { batch, .. } => batch.requests().iter().map(|request| request.operations().len()).collect(),
            Task::Seal { .. }
            | Task::Checkpoint { .. }
            | Task::Discard { .. }
            | Task::Recall { .. }
            | Task::ReadChunk { .. }
            | Task::Release { .. }
            | Task::BeginTransfer { .. }
            | Task::StoreChunk { .. }
            | Task::EndTransfer
            | Task::Install { .. }
            | Task::Rollback { .. } => Vec::new(),
        };
        let begun = self.meter.waited(since, Instant::now());
        let performed = self.executor.perform(task)?;
        let done = self.meter.worked(begun);
        match performed {
            Performed::Done(report) => {
                if let Some(Report::Executed { outcomes, .. }) = &report {
                    self.metrics.execute_batch_seconds.observe(done.duration_since(begun).as_secs_f64());
                    self.count(outcomes, &sizes);
                }
                self.report(report, done);
            }
            Performed::Save(save) => {
                // If that thread has ended, we are told.
                let _ = self.saves.send((done, save));
            }
        }
        Ok(())
    }

    /// A state is durable, and the task that asked for it done.
    fn keep(&mut self, saved: Saved) -> Ended {
        let begun = Instant::now();
        let report = self.executor.saved(saved)?;
        let done = self.meter.worked(begun);
        self.report(Some(report), done);
        Ok(())
    }

    fn report(&self, report: Option<Report>, done: Instant) {
        // Nobody listens once the replica ends.
        let _ = self.results.blocking_send((report, done));
    }

    /// Counts what a batch did; what it merely repeats was counted before, and what it refuses is not done. `sizes` are
    /// the requests' operations.
    fn count(&self, outcomes: &[Executed], sizes: &[usize]) {
        let executed = outcomes.iter().zip(sizes).filter(|(outcome, _)| outcome.fate == Fate::Executed);
        let (requests, operations) = executed.fold((0, 0), |(count, sum), (_, size)| (count + 1, sum + *size as u64));
        self.metrics.batches_executed.inc();
        self.metrics.requests_executed.inc_by(requests);
        self.metrics.operations_executed.inc_by(operations);
        self.metrics.batch_operations.observe(count(operations));
    }
}

#[cfg(test)]
mod tests;

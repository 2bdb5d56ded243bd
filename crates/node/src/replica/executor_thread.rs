//! The thread that owns the service and its checkpoints.
//!
//! It performs tasks in the order asked, so a slow service never holds up the protocol, only its own results. Every
//! task is answered, those without a report with none, so that the one who asks knows how many are under way.

use super::error::RunError;
use crate::metrics::{Meter, Metrics, Stage, count};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use synod_kernel::{Executed, Report, Seq, Task};
use synod_state::StateMachine;
use synod_storage::{Disk, Executor, ExecutorError};
use tokio::sync::mpsc as async_mpsc;

/// Reports that wait for the protocol, at most; then the thread waits. A batch can have large results.
pub(crate) const RESULTS_MAX: usize = 2;

/// A handle to the thread.
pub(super) struct ExecutorThread {
    /// With the moment at which each was asked for.
    tasks: Option<mpsc::Sender<(Instant, Task)>>,
    /// With the moment at which each was done.
    done: async_mpsc::Receiver<(Option<Report>, Instant)>,
    under_way: usize,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), ExecutorError>>>,
    path: PathBuf,
}

impl ExecutorThread {
    /// Starts the thread on an open executor of the data folder `path`.
    pub(super) fn start<M, D>(executor: Executor<M, D>, path: PathBuf, metrics: Arc<Metrics>) -> io::Result<Self>
    where
        M: StateMachine,
        D: Disk + 'static,
        D::File: 'static,
        D::Lock: 'static,
    {
        let (tasks, waiting) = mpsc::channel::<(Instant, Task)>();
        let (results, done) = async_mpsc::channel(RESULTS_MAX);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let mut worker = Worker { executor, meter: metrics.stage(Stage::Execute), metrics };
        let thread = thread::Builder::new().name("executor".to_owned()).spawn(move || {
            while let Ok((since, task)) = waiting.recv() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                // Nobody listens once the replica ends.
                let _ = results.blocking_send(worker.perform(task, since)?);
            }
            Ok(())
        })?;
        Ok(Self { tasks: Some(tasks), done, under_way: 0, stop, thread: Some(thread), path })
    }

    /// Asks for a task.
    pub(super) fn ask(&mut self, task: Task) {
        self.under_way += 1;
        if let Some(tasks) = &self.tasks {
            // If the thread has ended, `done` says why.
            let _ = tasks.send((Instant::now(), task));
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

    /// Finishes the task under way and forgets the others: the log holds what they would have done.
    pub(super) fn end(&mut self) -> Result<(), RunError> {
        self.stop.store(true, Ordering::Relaxed);
        self.tasks = None;
        // It may be waiting for somebody to take a report.
        self.done.close();
        match self.thread.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(RunError::executor(self.path.clone(), error)),
            Some(Err(_)) => Err(RunError::ThreadEnded("executor")),
        }
    }
}

struct Worker<M, D: Disk> {
    executor: Executor<M, D>,
    meter: Meter,
    metrics: Arc<Metrics>,
}

impl<M: StateMachine, D: Disk> Worker<M, D> {
    /// Performs a task that has waited since then. Returns its report, if it has one, and when it was done.
    fn perform(&mut self, task: Task, since: Instant) -> Result<(Option<Report>, Instant), ExecutorError> {
        let sizes = match &task {
            Task::Execute { batch, .. } => batch.requests().iter().map(|request| request.operations().len()).collect(),
            Task::Seal { .. }
            | Task::Checkpoint { .. }
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
        let report = self.executor.perform(task)?;
        let done = self.meter.worked(begun);
        if let Some(Report::Executed { seq, outcomes }) = &report {
            self.metrics.execute_batch_seconds.observe(done.duration_since(begun).as_secs_f64());
            self.count(*seq, outcomes, &sizes);
        }
        Ok((report, done))
    }

    /// Counts what a batch did; what it merely repeats was counted before. `sizes` are the requests' operations.
    fn count(&self, seq: Seq, outcomes: &[Executed], sizes: &[usize]) {
        let executed = outcomes.iter().zip(sizes).filter(|(outcome, _)| outcome.seq == seq);
        let (requests, operations) = executed.fold((0, 0), |(count, sum), (_, size)| (count + 1, sum + *size as u64));
        self.metrics.batches_executed.inc();
        self.metrics.requests_executed.inc_by(requests);
        self.metrics.operations_executed.inc_by(operations);
        self.metrics.batch_operations.observe(count(operations));
    }
}

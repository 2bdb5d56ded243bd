//! The thread that owns the log.
//!
//! Group commit: it takes every command that waits, appends all, and syncs once. It reports how many commands are
//! durable. A failed write or sync is never retried and ends the replica, because nothing is known about the disk after
//! it.

use super::durability;
use super::error::RunError;
use crate::metrics::{Meter, Metrics, Stage, count};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use synod_kernel::gate::LogCommand;
use synod_storage::log::{Log, LogError};
use synod_storage::{Disk, Failure};
use tokio::sync::watch;

/// Commands that are made durable together, at most, so that the first ones do not wait for ever.
const GROUP_MAX: usize = 4096;

/// A handle to the thread.
pub(super) struct LogThread {
    /// With the moment at which each was given.
    commands: Option<mpsc::Sender<(Instant, LogCommand)>>,
    durable: watch::Receiver<u64>,
    thread: Option<JoinHandle<Result<(), LogError>>>,
    path: PathBuf,
}

impl LogThread {
    /// Starts the thread on an open log of the data folder `path`.
    pub(super) fn start<D: Disk + 'static>(log: Log<D>, path: PathBuf, metrics: Arc<Metrics>) -> io::Result<Self>
    where
        D::File: 'static,
        D::Lock: 'static,
    {
        let (commands, waiting) = mpsc::channel();
        let (position, durable) = watch::channel(0);
        let meter = metrics.stage(Stage::Log);
        let writer = Writer { log, position, metrics, meter, warned: false };
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || writer.run(&waiting))?;
        Ok(Self { commands: Some(commands), durable, thread: Some(thread), path })
    }

    /// Gives a command. The n-th one is position n.
    pub(super) fn command(&self, command: LogCommand) {
        // If the thread has ended, `changed` says why.
        let _ = self.commands.as_ref().map(|commands| commands.send((Instant::now(), command)));
    }

    /// Waits for a change and returns how many commands are durable. May be cancelled.
    pub(super) async fn changed(&mut self) -> Result<u64, RunError> {
        match self.durable.changed().await {
            Ok(()) => Ok(*self.durable.borrow_and_update()),
            Err(_) => Err(self.end().err().unwrap_or(RunError::ThreadEnded("log"))),
        }
    }

    /// Finishes what was commanded, and closes the log.
    pub(super) fn end(&mut self) -> Result<(), RunError> {
        self.commands = None;
        match self.thread.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(RunError::log(self.path.clone(), error)),
            Some(Err(_)) => Err(RunError::ThreadEnded("log")),
        }
    }
}

struct Writer<D: Disk> {
    log: Log<D>,
    position: watch::Sender<u64>,
    metrics: Arc<Metrics>,
    meter: Meter,
    /// Whether it was said that the disk is full.
    warned: bool,
}

impl<D: Disk> Writer<D> {
    fn run(mut self, waiting: &mpsc::Receiver<(Instant, LogCommand)>) -> Result<(), LogError> {
        let mut done = 0;
        loop {
            let (since, first) = match waiting.try_recv() {
                Ok(first) => first,
                Err(_) => {
                    self.prepare()?;
                    let Ok(first) = waiting.recv() else { break };
                    first
                }
            };
            // The first has waited longest.
            let begun = self.meter.waited(since, Instant::now());
            let before = done;
            let others = std::iter::from_fn(|| waiting.try_recv().ok()).map(|(_, command)| command);
            for command in std::iter::once(first).chain(others.take(GROUP_MAX - 1)) {
                done += 1;
                self.execute(&command, done)?;
            }
            self.sync()?;
            self.meter.worked(begun);
            self.metrics.log_group_records.observe(count(done - before));
            durability::durable(done);
            self.position.send_replace(done);
        }
        self.log.seal().map(drop)
    }

    /// Makes what was appended durable. After a replacement alone there is nothing to sync, and nothing is.
    fn sync(&mut self) -> Result<(), LogError> {
        if self.log.appended() > self.log.durable() {
            let begun = Instant::now();
            self.log.sync()?;
            self.metrics.log_sync_seconds.observe(begun.elapsed().as_secs_f64());
            self.metrics.log_syncs.inc();
        }
        Ok(())
    }

    /// Uses the pause to make room for what comes next. A full disk is no failure yet: the segment at hand may do.
    fn prepare(&mut self) -> Result<(), LogError> {
        match self.log.prepare() {
            Err(LogError::Disk(error)) if error.failure == Failure::Full => {
                if !self.warned {
                    tracing::warn!("the disk is almost full: {error}");
                }
                self.warned = true;
                Ok(())
            }
            prepared => {
                self.warned = false;
                prepared
            }
        }
    }

    fn execute(&mut self, command: &LogCommand, position: u64) -> Result<(), LogError> {
        match command {
            LogCommand::Append(record) => {
                self.log.append(record)?;
                durability::appended(position);
                self.metrics.log_records.inc();
                self.metrics.log_bytes.inc_by(record.len() as u64);
            }
            LogCommand::Replace(records) => {
                durability::replaces(position);
                self.log.replace_all(records)?;
                self.metrics.log_compactions.inc();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

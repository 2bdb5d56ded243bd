//! An executor for whoever has one thread: it saves where it executes, so every task is done when it returns.
//!
//! What is saved, and in which order, is the same as with two threads; only nothing is executed meanwhile.

use super::{Executor, ExecutorError, Performed, Saver};
use crate::Disk;
use std::fmt;
use synod_kernel::{Report, Seq, Task};
use synod_state::{Service, StateMachine};

/// An [`Executor`] with its [`Saver`].
pub struct SerialExecutor<M, D: Disk> {
    pub(super) executor: Executor<M, D>,
    saver: Saver<D>,
}

impl<M: StateMachine, D: Disk> SerialExecutor<M, D> {
    /// Puts together what was opened together.
    pub fn new(executor: Executor<M, D>, saver: Saver<D>) -> Self {
        Self { executor, saver }
    }

    /// Performs a task to its end. Some are not reported.
    ///
    /// # Errors
    /// [`ExecutorError`], which is final.
    ///
    /// # Panics
    /// As [`Executor::perform`], except that every task can be performed at any time.
    pub fn perform(&mut self, task: Task) -> Result<Option<Report>, ExecutorError> {
        match self.executor.perform(task)? {
            Performed::Done(report) => Ok(report),
            Performed::Save(save) => self.executor.saved(self.saver.save(save)?).map(Some),
        }
    }

    /// The last batch that was executed.
    pub fn executed(&self) -> Seq {
        self.executor.executed()
    }

    /// The service, to look at.
    pub fn service(&self) -> &Service<M> {
        self.executor.service()
    }
}

impl<M, D: Disk> fmt::Debug for SerialExecutor<M, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.executor.fmt(f)
    }
}

//! What runs behind a real replica: an executor, and a saver that takes its own time.
//!
//! In a real process each has a thread. Here states wait to be saved until the world says that one is, and meanwhile
//! other tasks are performed, within the same bounds.

use crate::scenario::{Booted, Engine, EngineError, Setting};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use synod_kernel::ReplicaId;
use synod_kernel::process::{Report, Task};
use synod_state::StateMachine;
use synod_storage::{CHUNK_BYTES, Executor, MemoryDisk, Opened, Performed, Save, Saver};

/// Bytes of a piece of state in every second world.
const CHUNK_BYTES_SMALL: usize = 100;
/// States that are being saved or wait for it, at most. Then everything waits, as in a real process.
const SAVES_MAX: usize = 4;

/// An executor and its saver, on a simulated disk.
pub struct Backend<M> {
    executor: Executor<M, MemoryDisk>,
    saver: Saver<MemoryDisk>,
    saves: VecDeque<Save>,
}

impl<M: StateMachine> Engine for Backend<M> {
    fn perform(&mut self, task: Task) -> Result<Option<Report>, EngineError> {
        match self.executor.perform(task)? {
            Performed::Done(report) => Ok(report),
            Performed::Save(save) => {
                self.saves.push_back(save);
                Ok(None)
            }
        }
    }

    fn can_perform(&self, task: &Task) -> bool {
        self.saves.len() < SAVES_MAX && self.executor.can_perform(task)
    }

    fn is_saving(&self) -> bool {
        !self.saves.is_empty()
    }

    fn save(&mut self) -> Result<Option<Report>, EngineError> {
        let Some(save) = self.saves.pop_front() else { return Ok(None) };
        Ok(Some(self.executor.saved(self.saver.save(save)?)?))
    }
}

impl<M> fmt::Debug for Backend<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("executor", &self.executor).field("saves", &self.saves.len()).finish()
    }
}

impl Setting {
    /// What runs behind a real replica, as this disk has it.
    ///
    /// # Errors
    /// If the disk fails, or is refused.
    pub fn backend<M: StateMachine>(
        &self,
        id: ReplicaId,
        disk: MemoryDisk,
        machine: Arc<M>,
    ) -> Result<Booted<Backend<M>>, EngineError> {
        let Opened { executor, saver, executed, state } = Executor::open(disk, self.identity(id), machine)?;
        // States are small here; only small pieces make that they are fetched in several.
        let chunk_bytes = if self.options.seed.is_multiple_of(2) { CHUNK_BYTES } else { CHUNK_BYTES_SMALL };
        let executor = executor.with_chunk_bytes(chunk_bytes);
        Ok(Booted { engine: Backend { executor, saver, saves: VecDeque::new() }, executed, state })
    }
}

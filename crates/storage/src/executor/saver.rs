//! Making states durable, apart from whoever executes.
//!
//! Hashing, comparing, writing and waiting for the disk happen here and nowhere else, so this can have a thread of its
//! own. States are saved in the order asked, each as what changed since the one before it, unless a whole one is due.
//! Once it is open, nothing else touches the checkpoint store.
//!
//! It does not decide which states are saved, and serves none.

use super::ExecutorError;
use crate::Disk;
use crate::checkpoint::CheckpointStore;
use std::fmt;
use synod_kernel::{Digest, Seq};
use synod_state::map::Snapshot;

/// Saves states, in the order in which an executor asks.
pub struct Saver<D: Disk> {
    store: CheckpointStore<D>,
    /// What was saved last, or loaded: the parent of the next.
    newest: Option<(Seq, Snapshot)>,
}

/// A state that has to be made durable.
#[derive(Debug)]
pub struct Save {
    pub(super) seq: Seq,
    pub(super) state: Snapshot,
    pub(super) purpose: Purpose,
    /// Older ones than this are not needed any more.
    pub(super) keep_from: Seq,
}

/// A state that is durable.
#[derive(Debug)]
pub struct Saved {
    pub(super) seq: Seq,
    pub(super) state: Snapshot,
    pub(super) root: Digest,
    pub(super) purpose: Purpose,
}

/// What a state is saved for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// We have executed up to it.
    Checkpoint,
    /// It was fetched, and takes the place of what we have.
    Installation,
}

impl<D: Disk> Saver<D> {
    pub(super) fn new(store: CheckpointStore<D>, newest: Option<(Seq, Snapshot)>) -> Self {
        Self { store, newest }
    }

    /// Makes a state durable, and removes the files that are not needed any more. Hand the result to
    /// [`Executor::saved`](super::Executor::saved).
    ///
    /// # Errors
    /// [`ExecutorError::Checkpoint`], which is final: nothing is saved after it.
    pub fn save(&mut self, save: Save) -> Result<Saved, ExecutorError> {
        let Save { seq, state, purpose, keep_from } = save;
        let root = state.root();
        match purpose {
            Purpose::Checkpoint => {}
            Purpose::Installation => {
                // Our own later checkpoints, if there are any, are what this one replaces: they were wrong.
                self.store.discard_from(seq.get())?;
                self.newest = None;
            }
        }
        match self.newest.take().filter(|_| !self.store.should_rebase()) {
            Some((parent, before)) => {
                self.store.save(seq.get(), root.0, Some(parent.get()), before.diff(&state))?;
            }
            None => {
                let entries = state.range(&[], None).map(|(key, value)| (key, Some(value)));
                self.store.save(seq.get(), root.0, None, entries)?;
            }
        }
        self.newest = Some((seq, state.clone()));
        self.store.prune(keep_from.get())?;
        Ok(Saved { seq, state, root, purpose })
    }
}

impl<D: Disk> fmt::Debug for Saver<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Saver").field("newest", &self.newest.as_ref().map(|(seq, _)| seq)).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

//! The thread that makes states durable, so that neither hashing them nor the disk holds up the executor.
//!
//! States are saved one after the other, in the order asked. A few wait; when those are too many the executor waits,
//! and with it everything else in its turn. A failed save is never retried and ends the replica.

use super::executor_thread::Work;
use crate::metrics::{Metrics, Stage};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use synod_storage::{Disk, ExecutorError, Save, Saver};

/// States that wait to be saved, at most. One more is under way, and one in the hands of whoever has to wait.
const WAITING_MAX: usize = 2;

/// States to be saved, with the moment at which each was asked for. The thread ends when it is dropped.
pub(super) type Saves = mpsc::SyncSender<(Instant, Save)>;

/// Starts the thread, which tells `done` of every state that is durable, and of its own end. Once `stop` is set it
/// begins nothing new.
pub(super) fn start<D>(
    mut saver: Saver<D>,
    done: mpsc::Sender<Work>,
    stop: Arc<AtomicBool>,
    metrics: Arc<Metrics>,
) -> io::Result<(Saves, JoinHandle<Result<(), ExecutorError>>)>
where
    D: Disk + 'static,
    D::File: 'static,
    D::Lock: 'static,
{
    let (saves, waiting) = mpsc::sync_channel::<(Instant, Save)>(WAITING_MAX);
    let meter = metrics.stage(Stage::Save);
    let thread = thread::Builder::new().name("checkpoints".to_owned()).spawn(move || {
        let done = Listener(done);
        for (since, save) in waiting {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let begun = meter.waited(since, Instant::now());
            let saved = saver.save(save)?;
            let seconds = meter.worked(begun).duration_since(begun).as_secs_f64();
            metrics.save_checkpoint_seconds.observe(seconds);
            // Nobody listens once the executor has ended.
            let _ = done.0.send(Work::Saved(saved));
        }
        Ok(())
    })?;
    Ok((saves, thread))
}

/// Whoever waits for saved states. Told when there will be no more, whatever the reason.
struct Listener(mpsc::Sender<Work>);

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.0.send(Work::End);
    }
}

//! The thread that does everything with sockets: accepting, handshakes, reading and writing.
//!
//! It is not the protocol's: strangers can make a process spend time on handshakes and members can send at line rate,
//! but neither makes the protocol's timers or its log wait. Between the two stand queues that are bounded by what they
//! hold, and no step of either waits for the other.

use std::future::Future;
use std::io;
use std::thread::{self, JoinHandle};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The thread and its runtime. Dropping ends it, and every connection with it.
pub(super) struct Network {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Network {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system has no thread or no descriptors to give.
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let run = move || {
            // An error means that the other end was dropped, which tells as much.
            let _ = runtime.block_on(stopped);
            // A name that is being looked up is not waited for: the system may take as long as it likes.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("network".to_owned()).spawn(run)?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }

    /// Does something here that makes sockets or tasks; they are the network thread's from then on.
    pub(super) fn enter<T>(&self, what: impl Future<Output = T>) -> T {
        self.handle.block_on(what)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.stop = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the network thread panicked");
        }
    }
}

#[cfg(test)]
mod tests;

//! Telling a replica to end.

use tokio::sync::watch;

/// Tells. Dropping it tells, too.
#[derive(Clone, Debug)]
pub struct ShutdownHandle(watch::Sender<bool>);

/// Is told.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

/// A handle and what it tells.
pub fn shutdown() -> (ShutdownHandle, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (ShutdownHandle(sender), Shutdown(receiver))
}

impl ShutdownHandle {
    /// Ends whatever waits for it, in an orderly way. Works from any thread, and from a signal's.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Waits until told. May be cancelled.
    pub async fn requested(&mut self) {
        // An error means that nobody can tell any more, which tells as much.
        let _ = self.0.wait_for(|told| *told).await;
    }
}

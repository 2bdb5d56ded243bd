//! The signals that ask a process to end.

use crate::failure::{Cause, Failure};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for SIGINT and SIGTERM, which no longer end the process by themselves.
pub(crate) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    /// Starts to wait. To be called inside a runtime.
    pub(crate) fn new() -> Result<Self, Failure> {
        let wait = |kind| {
            signal(kind).map_err(|error| Failure::new(Cause::Disk, format_args!("cannot wait for signals: {error}")))
        };
        Ok(Self { interrupt: wait(SignalKind::interrupt())?, terminate: wait(SignalKind::terminate())? })
    }

    /// Waits for the next one and returns its name. May be cancelled.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

//! The writing client of a check: one process, `synod kv import`, whatever happens to the replicas meanwhile.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, LOOK, file_for};

/// How long the client asks for one write before it gives up.
const WRITE_MAX: &str = "10m";
/// How long what is under way may take once nothing more is fed.
const END_MAX: Duration = Duration::from_secs(600);
/// Writes are fed in portions, one per such time at most.
const PORTION: Duration = Duration::from_millis(10);
/// Of what was missed, this part of a second is made up for, so that a client that was held up is not flooded.
const MADE_UP: Duration = Duration::from_millis(100);

/// A client that writes the lines it is fed. It is killed with this value.
pub(crate) struct Import {
    child: Child,
    log: PathBuf,
}

impl Import {
    /// Starts it, with acknowledged keys going to `output`. What it says is in a file of this name.
    pub(crate) fn start(cluster: &Cluster, log: &str, output: Stdio) -> io::Result<Self> {
        let log = cluster.path().join(log);
        let mut command = cluster.client("kv");
        command.args(["--timeout", WRITE_MAX, "import"]);
        command.stdin(Stdio::piped()).stdout(output).stderr(file_for(&log)?);
        Ok(Self { child: command.spawn()?, log })
    }

    /// Where lines go. There is one.
    pub(crate) fn input(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("it was asked for, and is taken once")
    }

    /// Where acknowledged keys come from, if they go to a pipe.
    pub(crate) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Fails if it has ended.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(self.complain(&format!("the writing client ended by itself: {status}"))),
        }
    }

    /// Waits until it ends well, which it does some time after its input ended.
    pub(crate) fn wait(&mut self) -> io::Result<()> {
        let until = Instant::now() + END_MAX;
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(self.complain(&format!("the writing client failed: {status}"))),
                None if Instant::now() < until => thread::sleep(LOOK),
                None => return Err(self.complain(&format!("the writing client did not end in {END_MAX:?}"))),
            }
        }
    }

    /// A failure, with what the client said.
    pub(crate) fn complain(&self, what: &str) -> io::Error {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        io::Error::other(format!("{what}; it said: {}", said.trim()))
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Counts out writes: what is due by the time that has passed, at a fixed rate.
#[derive(Debug)]
pub(crate) struct Portions {
    a_second: u64,
    start: Instant,
    given: u64,
}

impl Portions {
    /// So many a second, from now on.
    pub(crate) fn new(a_second: u64) -> Self {
        Self { a_second, start: Instant::now(), given: 0 }
    }

    /// What is due now.
    pub(crate) fn due(&mut self) -> usize {
        self.due_after(self.start.elapsed())
    }

    /// Waits for about as long as it takes until something is due.
    pub(crate) fn wait(&self) {
        thread::sleep(PORTION);
    }

    fn due_after(&mut self, passed: Duration) -> usize {
        let within = |time: Duration| {
            let all = time.as_micros() * u128::from(self.a_second) / 1_000_000;
            u64::try_from(all).unwrap_or(u64::MAX)
        };
        let (all, made_up) = (within(passed), within(MADE_UP).max(1));
        let due = all.saturating_sub(self.given).min(made_up);
        self.given = all;
        usize::try_from(due).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests;

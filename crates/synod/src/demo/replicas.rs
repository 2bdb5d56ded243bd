//! The replicas, as child processes.
//!
//! None outlives us. Each holds the reading end of a pipe and ends when our end closes, even if we are killed; when
//! this value is dropped, those still there are killed, and no process but these.

use super::scene::Scene;
use crate::failure::{Cause, Failure};
use std::env;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use synod_kernel::ReplicaId;

/// How long replicas may take to end in an orderly way before they are killed.
const FAREWELL: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);
/// Lines of a log that are shown when its replica ends.
const LINES_SHOWN: usize = 5;

/// The running replicas of a demonstration.
pub(crate) struct Replicas {
    program: PathBuf,
    seats: Vec<Seat>,
}

struct Seat {
    folder: PathBuf,
    lie: Option<String>,
    child: Option<Child>,
}

impl Replicas {
    /// Starts a replica in each folder; the liar lies.
    pub(crate) fn start(folders: &[PathBuf], scene: &Scene) -> Result<Self, Failure> {
        let program = env::current_exe().map_err(|error| {
            Failure::new(Cause::Disk, format_args!("cannot find this program to start replicas with: {error}"))
        })?;
        let lie = |position| scene.liar().filter(|liar| *liar == ReplicaId::new(position)).and(scene.lie());
        let seat = |(position, folder): (u16, &PathBuf)| Seat {
            folder: folder.clone(),
            lie: lie(position).map(|lie| lie.to_string()),
            child: None,
        };
        let mut replicas = Self { program, seats: (0..).zip(folders).map(seat).collect() };
        for id in (0..scene.replicas()).map(ReplicaId::new) {
            replicas.restart(id)?;
        }
        Ok(replicas)
    }

    /// Starts a replica that does not run.
    pub(crate) fn restart(&mut self, id: ReplicaId) -> Result<(), Failure> {
        let seat = &mut self.seats[id.index()];
        let refused = |what: &dyn fmt::Display, error: io::Error| {
            Failure::new(Cause::Disk, format_args!("{what}: cannot start replica {id}: {error}"))
        };
        let log_path = log_path(&seat.folder);
        let log = OpenOptions::new().create(true).append(true).open(&log_path);
        let log = log.map_err(|error| refused(&log_path.display(), error))?;
        let log_too = log.try_clone().map_err(|error| refused(&log_path.display(), error))?;
        let child = command(&self.program, seat, log, log_too).spawn();
        seat.child = Some(child.map_err(|error| refused(&self.program.display(), error))?);
        Ok(())
    }

    /// Kills a replica on the spot: SIGKILL.
    pub(crate) fn kill(&mut self, id: ReplicaId) -> Result<(), Failure> {
        let Some(mut child) = self.seats[id.index()].child.take() else { return Ok(()) };
        let killed = child.kill().and_then(|()| child.wait());
        killed.map_err(|error| Failure::new(Cause::Disk, format_args!("cannot kill replica {id}: {error}")))?;
        Ok(())
    }

    /// Fails if one of them has ended by itself.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        for (position, seat) in self.seats.iter_mut().enumerate() {
            if let Some(status) = seat.child.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                let log = fs::read_to_string(log_path(&seat.folder)).unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                let last = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n  ");
                let sentence = format!("replica {position} ended ({status}); the last it said was\n  {last}");
                return Err(Failure::new(Cause::Failed, sentence));
            }
        }
        Ok(())
    }

    /// Ends them in an orderly way.
    pub(crate) fn end(mut self) {
        let children: Vec<&mut Child> = self.seats.iter_mut().filter_map(|seat| seat.child.as_mut()).collect();
        let mut waiting = children;
        waiting.iter_mut().for_each(|child| drop(child.stdin.take()));
        let until = Instant::now() + FAREWELL;
        while !waiting.is_empty() && Instant::now() < until {
            waiting.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        for child in self.seats.iter_mut().filter_map(|seat| seat.child.as_mut()) {
            // It may have ended already, which is what we want.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Where a replica's log of events is: beside its folder.
pub(crate) fn log_path(folder: &Path) -> PathBuf {
    folder.with_extension("log")
}

fn command(program: &Path, seat: &Seat, output: File, errors: File) -> Command {
    let mut command = Command::new(program);
    command.arg("start").arg("--dir").arg(&seat.folder).arg("--until-stdin-closes");
    if let Some(lie) = &seat.lie {
        command.args(["--lie", lie]);
    }
    // In a group of its own, so that Ctrl-C reaches us alone and we end the replicas.
    command.stdin(Stdio::piped()).stdout(output).stderr(errors).process_group(0);
    command
}

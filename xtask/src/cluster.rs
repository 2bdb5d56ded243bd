//! A development cluster of real processes in a temporary folder, for the checks that need one.
//!
//! Only processes that were started here are ever killed, each by its handle. None outlives us: each replica ends when
//! its standard input closes, even if we are killed; only one that is paused just then stays, as it notices nothing.

mod admin;
mod place;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use admin::page;
pub(crate) use place::{Place, free_ports};
use serde_json::Value;

use crate::product;

/// How long replicas may take to be connected to each other.
const START_MAX: Duration = Duration::from_secs(60);
/// How long a replica may take to end in an orderly way.
const END_MAX: Duration = Duration::from_secs(60);
/// How often is looked whether something has happened.
pub(crate) const LOOK: Duration = Duration::from_millis(10);

/// The replicas and their client's folder.
pub(crate) struct Cluster {
    program: PathBuf,
    place: Place,
    base_port: u16,
    seats: Vec<Seat>,
}

/// One replica.
pub(crate) struct Seat {
    folder: PathBuf,
    admin: String,
    child: Option<Child>,
}

impl Cluster {
    /// Makes the keys and folders of so many replicas and of one client, and starts nothing.
    pub(crate) fn make(program: &Path, replicas: u16) -> io::Result<Self> {
        Self::make_for(program, replicas, 1)
    }

    /// The same for so many clients.
    pub(crate) fn make_for(program: &Path, replicas: u16, clients: usize) -> io::Result<Self> {
        let place = Place::new()?;
        let dir = place.path().join("cluster");
        let base_port = free_ports(3 * replicas)?;
        let mut command = Command::new(program);
        command.args(["genesis", "dev", "--json", "--replicas", &replicas.to_string()]);
        command.args(["--clients", &clients.to_string()]);
        command.args(["--base-port", &base_port.to_string()]).arg("--dir").arg(&dir);
        let made: Value = serde_json::from_slice(&output(&mut command)?)?;
        let entries = made["replicas"].as_array().cloned().unwrap_or_default();
        let seat = |(position, entry): (usize, &Value)| Seat {
            folder: dir.join(format!("replica-{position}")),
            admin: entry["admin"].as_str().unwrap_or_default().to_owned(),
            child: None,
        };
        let seats: Vec<Seat> = entries.iter().enumerate().map(seat).collect();
        if seats.len() != usize::from(replicas) || seats.iter().any(|seat| seat.admin.is_empty()) {
            return Err(io::Error::other(format!("{} reported something else: {made}", product::name(&command))));
        }
        Ok(Self { program: program.to_owned(), place, base_port, seats })
    }

    /// The folder that everything is in, and which goes with this value unless it is to be kept.
    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// Where it lives.
    pub(crate) fn place(&mut self) -> &mut Place {
        &mut self.place
    }

    /// Leaves the folder where it is.
    pub(crate) fn keep(&mut self) -> &Path {
        self.place.keep()
    }

    /// How many replicas there are.
    pub(crate) fn size(&self) -> usize {
        self.seats.len()
    }

    /// A command of synod for the client of this cluster: `kv` or `status`.
    pub(crate) fn client(&self, command: &str) -> Command {
        let mut client = Command::new(&self.program);
        client.arg(command).arg("--dir").arg(self.path().join("cluster").join("client")).env_remove("SYNOD_LOG");
        client
    }

    /// The folder of a client, counted from 1; the first is the one that [`Cluster::client`] is of.
    pub(crate) fn client_folder(&self, number: usize) -> PathBuf {
        let name = if number == 1 { "client".to_owned() } else { format!("client-{number}") };
        self.path().join("cluster").join(name)
    }

    /// The process of each replica that runs.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.seats.iter().filter_map(|seat| seat.child.as_ref()).map(Child::id).collect()
    }

    /// The view that each replica says it is in; none of one that does not answer.
    pub(crate) fn views(&self) -> Vec<Option<u64>> {
        self.seats.iter().map(|seat| admin::view(&seat.admin)).collect()
    }

    /// The lines in the replicas' logs of events that tell of a panic, and whose they are.
    pub(crate) fn panics(&self) -> io::Result<Vec<String>> {
        let mut panics = Vec::new();
        for (position, seat) in self.seats.iter().enumerate() {
            let log = fs::read(log_of(&seat.folder))?;
            let log = String::from_utf8_lossy(&log);
            let lines = log.lines().filter(|line| line.contains("panicked at"));
            panics.extend(lines.map(|line| format!("replica {position} logged: {line}")));
        }
        Ok(panics)
    }

    /// What a replica says of how far it is; none if it does not answer.
    pub(crate) fn readiness(&self, position: usize) -> Option<Value> {
        admin::readiness(&self.seats[position].admin)
    }

    /// Starts every replica that does not run.
    pub(crate) fn start(&mut self) -> io::Result<()> {
        let program = self.program.clone();
        self.start_with(|_| Command::new(&program))
    }

    /// Starts every replica that does not run, with a command to which only the arguments of synod are missing.
    pub(crate) fn start_with(&mut self, command: impl Fn(usize) -> Command) -> io::Result<()> {
        for (position, seat) in self.seats.iter_mut().enumerate().filter(|(_, seat)| seat.child.is_none()) {
            let log = OpenOptions::new().create(true).append(true).open(log_of(&seat.folder))?;
            let mut command = command(position);
            command.arg("start").arg("--dir").arg(&seat.folder).arg("--until-stdin-closes");
            command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
            let child = command.spawn();
            seat.child =
                Some(child.map_err(|error| io::Error::other(format!("{}: {error}", product::name(&command))))?);
        }
        Ok(())
    }

    /// Waits until every replica says that it is connected to every other.
    pub(crate) fn wait_until_connected(&mut self) -> io::Result<()> {
        let until = Instant::now() + START_MAX;
        for position in 0..self.seats.len() {
            while !admin::misses_nobody(&self.seats[position].admin) {
                self.check()?;
                if Instant::now() > until {
                    return Err(io::Error::other(format!(
                        "replica {position} was not connected to all others for {START_MAX:?}"
                    )));
                }
                thread::sleep(LOOK);
            }
        }
        Ok(())
    }

    /// Fails if a replica has ended by itself.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        for (position, seat) in self.seats.iter_mut().enumerate() {
            if let Some(status) = seat.child.as_mut().map(Child::try_wait).transpose()?.flatten() {
                return Err(io::Error::other(format!("replica {position} ended by itself: {status}")));
            }
        }
        Ok(())
    }

    /// The process of a replica that was started.
    pub(crate) fn process(&self, position: usize) -> Option<u32> {
        self.seats[position].child.as_ref().map(Child::id)
    }

    /// Batches from one checkpoint to the next.
    pub(crate) fn checkpoint_interval(&self) -> io::Result<u64> {
        let text = fs::read_to_string(self.client_folder(1).join("descriptor.toml"))?;
        let descriptor: toml::Value = toml::from_str(&text).map_err(io::Error::other)?;
        let interval = descriptor.get("parameters").and_then(|parameters| parameters.get("checkpoint_interval"));
        let interval = interval.and_then(toml::Value::as_integer).and_then(|interval| interval.try_into().ok());
        interval.ok_or_else(|| io::Error::other("the descriptor names no checkpoint_interval"))
    }

    /// The metrics of a replica, if it shows them.
    pub(crate) fn metrics(&self, position: usize) -> Option<String> {
        admin::page(&self.seats[position].admin, "/metrics")
    }

    /// Has a replica that was not started yet listen on a port of its own, so that something can be put between it and
    /// its address in the descriptor, and dial from `outgoing`, so that one can see that it is it. Returns the port in
    /// the descriptor and the one it listens on.
    pub(crate) fn hide(&mut self, position: u16, outgoing: IpAddr) -> io::Result<(u16, u16)> {
        let replicas = u16::try_from(self.seats.len()).expect("it was made of a u16");
        let (known, hidden) = (self.base_port + position, self.base_port + 2 * replicas + position);
        let path = self.seats[usize::from(position)].folder.join("replica.toml");
        let mut settings = OpenOptions::new().append(true).open(&path)?;
        writeln!(settings, "listen = \"127.0.0.1:{hidden}\"\noutgoing = \"{outgoing}\"")?;
        Ok((known, hidden))
    }

    /// Stops a replica from running, or lets it run on, with a signal that it cannot refuse.
    pub(crate) fn pause(&self, position: usize, is_paused: bool) -> io::Result<()> {
        let process = self.process(position).ok_or_else(|| io::Error::other("a replica that does not run"))?;
        let signal = if is_paused { "-STOP" } else { "-CONT" };
        product::succeed(Command::new("kill").args([signal, &process.to_string()]))
    }

    /// Kills one replica on the spot.
    pub(crate) fn kill_one(&mut self, position: usize) -> io::Result<()> {
        if let Some(mut child) = self.seats[position].child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Kills every replica on the spot: all get the signal before we wait for any.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.seats.iter_mut().filter_map(|seat| seat.child.as_mut()).try_for_each(Child::kill)?;
        for seat in &mut self.seats {
            if let Some(mut child) = seat.child.take() {
                child.wait()?;
            }
        }
        Ok(())
    }

    /// Has every replica end in an orderly way.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.seats.iter_mut().filter_map(|seat| seat.child.as_mut()).for_each(|child| drop(child.stdin.take()));
        let until = Instant::now() + END_MAX;
        for (position, seat) in self.seats.iter_mut().enumerate() {
            let Some(child) = &mut seat.child else { continue };
            let status = loop {
                match child.try_wait()? {
                    Some(status) => break status,
                    None if Instant::now() < until => thread::sleep(LOOK),
                    None => return Err(io::Error::other(format!("replica {position} did not end in {END_MAX:?}"))),
                }
            };
            seat.child = None;
            if !status.success() {
                return Err(io::Error::other(format!("replica {position} did not end in an orderly way: {status}")));
            }
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // One that has ended already cannot be killed, which is what we want.
        let _ = self.kill();
    }
}

/// Where the log of events of a replica is: beside its folder.
fn log_of(folder: &Path) -> PathBuf {
    folder.with_extension("log")
}

/// Standard output of a command that has to succeed.
pub(crate) fn output(command: &mut Command) -> io::Result<Vec<u8>> {
    let ended = command.stdin(Stdio::null()).output();
    let ended = ended.map_err(|error| io::Error::other(format!("{}: {error}", product::name(command))))?;
    if ended.status.success() {
        return Ok(ended.stdout);
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(io::Error::other(format!("{} ended with {}: {}", product::name(command), ended.status, said.trim())))
}

/// A new file in which a process writes.
pub(crate) fn file_for(path: &Path) -> io::Result<File> {
    OpenOptions::new().create_new(true).append(true).open(path)
}

//! Three members of etcd as real processes in a temporary folder, with the defaults that etcd has.
//!
//! Only processes that were started here are ever killed, each by its handle.

use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::{self, LOOK, Place};

const MEMBERS: u16 = 3;
const PROGRAM: &str = "etcd";
/// How long they may take to elect a leader.
const START_MAX: Duration = Duration::from_secs(60);

/// Running members. They are killed, and their folder goes, with this value.
pub(super) struct Etcd {
    members: Vec<Child>,
    base_port: u16,
    place: Place,
}

/// The version of the etcd that is installed.
pub(super) fn version() -> io::Result<String> {
    let output = Command::new(PROGRAM).arg("--version").stdin(Stdio::null()).output();
    let output = output.map_err(|error| {
        let sentence =
            format!("{PROGRAM} cannot be run ({error}); on Debian, `apt-get install etcd-server` installs it");
        io::Error::other(sentence)
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or("unknown").trim().to_owned())
}

impl Etcd {
    /// Starts them and waits until each says that it is healthy, which it is with a leader.
    pub(super) fn start() -> io::Result<Self> {
        let place = Place::new()?;
        let base_port = cluster::free_ports(2 * MEMBERS)?;
        let mut etcd = Self { members: Vec::new(), base_port, place };
        for position in 0..MEMBERS {
            let child = etcd.command(position)?.spawn();
            etcd.members.push(child.map_err(|error| io::Error::other(format!("{PROGRAM}: {error}")))?);
        }
        let until = Instant::now() + START_MAX;
        for endpoint in etcd.endpoints() {
            while !is_healthy(&endpoint) {
                etcd.check()?;
                if Instant::now() > until {
                    return Err(io::Error::other(format!("etcd at {endpoint} was not healthy for {START_MAX:?}")));
                }
                thread::sleep(LOOK);
            }
        }
        Ok(etcd)
    }

    fn command(&self, position: u16) -> io::Result<Command> {
        let name = |position: u16| format!("member-{position}");
        let client = format!("http://{}", self.endpoint(position));
        let peer = |position: u16| format!("http://127.0.0.1:{}", self.base_port + MEMBERS + position);
        let all: Vec<String> = (0..MEMBERS).map(|other| format!("{}={}", name(other), peer(other))).collect();
        let log = cluster::file_for(&self.place.path().join(name(position) + ".log"))?;
        let mut command = Command::new(PROGRAM);
        command.args(["--name", &name(position), "--logger", "zap", "--log-level", "warn"]);
        command.arg("--data-dir").arg(self.place.path().join(name(position)));
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        let own = peer(position);
        command.args(["--listen-peer-urls", &own, "--initial-advertise-peer-urls", &own]);
        command.args(["--initial-cluster", &all.join(","), "--initial-cluster-state", "new"]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }

    fn endpoint(&self, position: u16) -> String {
        format!("127.0.0.1:{}", self.base_port + position)
    }

    /// Where clients reach the members, as `host:port`.
    pub(super) fn endpoints(&self) -> Vec<String> {
        (0..MEMBERS).map(|position| self.endpoint(position)).collect()
    }

    /// Where clients reach the leader.
    pub(super) fn leader(&self) -> io::Result<String> {
        let leads = |endpoint: &String| {
            cluster::page(endpoint, "/metrics")
                .is_some_and(|page| page.lines().any(|line| line == "etcd_server_is_leader 1"))
        };
        self.endpoints().into_iter().find(leads).ok_or_else(|| io::Error::other("no member of etcd says that it leads"))
    }

    /// The processes.
    pub(super) fn pids(&self) -> Vec<u32> {
        self.members.iter().map(Child::id).collect()
    }

    /// Fails if a member has ended by itself.
    fn check(&mut self) -> io::Result<()> {
        for (position, member) in self.members.iter_mut().enumerate() {
            if let Some(status) = member.try_wait()? {
                let log = self.place.keep().join(format!("member-{position}.log"));
                return Err(io::Error::other(format!("etcd ended by itself ({status}); see {}", log.display())));
            }
        }
        Ok(())
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        for member in &mut self.members {
            // One that has ended already cannot be killed, which is what we want.
            let _ = member.kill();
            let _ = member.wait();
        }
    }
}

fn is_healthy(endpoint: &str) -> bool {
    let page: Option<Value> = cluster::page(endpoint, "/health").and_then(|page| serde_json::from_str(&page).ok());
    page.is_some_and(|page| page["health"] == "true")
}

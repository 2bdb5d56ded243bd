//! Running the `synod` binary and looking at how it ends.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its own part")]

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use synod_kernel::descriptor::Descriptor;
use synod_kernel::ed25519::SecretKey;
use synod_node::files::{DescriptorFile, OperatorSignature};
use tempfile::TempDir;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) output: String,
    /// Standard error.
    pub(crate) errors: String,
}

impl Ended {
    /// Fails the test unless the run ended with `code` and said all of `words` on standard error.
    #[track_caller]
    pub(crate) fn expect(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        for word in words {
            assert!(self.errors.contains(word), "no {word:?} in {self:#?}");
        }
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.output).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            output: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The binary under test, not run yet.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synod"));
    command.args(arguments).env_remove("SYNOD_LOG");
    command
}

/// Runs it to its end.
pub(crate) fn synod(arguments: &[&str]) -> Ended {
    command(arguments).output().unwrap().into()
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A development cluster in a folder that goes with this value.
pub(crate) struct Cluster {
    folder: TempDir,
}

impl Cluster {
    /// Four replicas on free ports.
    pub(crate) fn new() -> Self {
        Self::of(4)
    }

    /// So many replicas on free ports.
    pub(crate) fn of(replicas: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, replicas) = (free_ports(2 * replicas).to_string(), replicas.to_string());
        let dir = folder.path().join("cluster");
        let arguments = ["genesis", "dev", "--dir", text(&dir), "--base-port", &port, "--replicas", &replicas];
        synod(&arguments).expect(0, &[]);
        Self { folder }
    }

    /// Starts its four replicas, which run until what is returned is dropped.
    pub(crate) fn run(&self) -> [Running; 4] {
        [0, 1, 2, 3].map(|id| Running::start(self, &format!("replica-{id}"), "runs"))
    }

    /// A folder of it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("cluster").join(name)
    }
}

/// The first of so many free ports in a row, below those that the system gives to outgoing connections.
pub(crate) fn free_ports(count: u16) -> u16 {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let first = |attempt: u32| 12_000 + u16::try_from(RandomState::new().hash_one(attempt) % 8_000).unwrap();
    (0..1000).map(first).find(|first| (*first..*first + count).all(is_free)).expect("a machine has free ports")
}

/// Has the operator sign, for one replica's folder, a descriptor that was changed.
pub(crate) fn sign_again(cluster: &Cluster, name: &str, change: impl FnOnce(&mut Descriptor)) {
    let key = synod_node::files::read_key(&cluster.path("operator").join("operator.key")).unwrap();
    let path = cluster.path(name).join("descriptor.toml");
    let mut file = DescriptorFile::read(&path).unwrap();
    change(&mut file.descriptor);
    let signature = file.descriptor.sign(&SecretKey::from_seed(&key));
    file.signatures = vec![OperatorSignature { operator: 0, signature }];
    std::fs::remove_file(&path).unwrap();
    file.write(&path).unwrap();
}

/// Runs a replica to its end.
pub(crate) fn start(cluster: &Cluster, name: &str) -> Ended {
    synod(&["start", "--dir", text(&cluster.path(name))])
}

/// A replica that runs until this is dropped.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts it and waits until it says `word`.
    pub(crate) fn start(cluster: &Cluster, name: &str, word: &str) -> Self {
        let mut starting = command(&["start", "--dir", text(&cluster.path(name)), "--until-stdin-closes"]);
        let mut child = starting.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        let mut running = Self(child);
        let mut lines = errors.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains(word)), "it ended without saying {word:?}: {:?}", running.0.wait());
        // What it says from here on is read so that it is not held up.
        std::thread::spawn(move || lines.for_each(drop));
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

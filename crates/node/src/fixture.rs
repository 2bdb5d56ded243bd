//! What the tests of this crate share: a cluster on real sockets of this machine, PBFT, and a service that counts.
#![allow(clippy::unwrap_used)]

use crate::files::ReplicaFolder;
use crate::genesis::{self, DevCluster, DevOptions, Endpoints};
use crate::{ReplicaOptions, RunError, Shutdown, ShutdownHandle, run_replica, shutdown};
use bytes::Bytes;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use synod_kernel::descriptor::{Cluster, Parameters};
use synod_kernel::{ReplicaId, Signer};
use synod_protocols::pbft::{self, Config, Replica};
use synod_state::{Context, Space, StateMachine};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than anything here takes, unless it never happens.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("it happens soon")
}

/// Answers every operation with how many there have been.
pub(crate) struct Counter;

impl StateMachine for Counter {
    fn apply(&self, space: &mut Space<'_>, _: &Context, _: &Bytes) -> Bytes {
        let count = space.get(b"count").map_or(0, |count| u64::from_le_bytes(count[..].try_into().unwrap())) + 1;
        space.insert(b"count", &count.to_le_bytes()).unwrap();
        Bytes::copy_from_slice(&count.to_le_bytes())
    }
}

/// Four replicas whose ports stay ours while the test lives.
pub(crate) struct Site {
    _folder: TempDir,
    pub(crate) made: DevCluster,
    listeners: Vec<(TcpListener, TcpListener)>,
}

/// A replica on a thread of its own.
pub(crate) struct Running {
    handle: ShutdownHandle,
    thread: JoinHandle<Result<(), RunError>>,
}

impl Running {
    /// Ends it, and says how it ended.
    pub(crate) fn end(self) -> Result<(), RunError> {
        self.handle.trigger();
        self.thread.join().unwrap()
    }
}

fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let listeners: Vec<_> = (0..4).map(|_| (bind(), bind())).collect();
        let address = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
        let endpoints = listeners
            .iter()
            .map(|(peers, admin)| Endpoints { address: address(peers), admin: address(admin) })
            .collect();
        let parameters = Parameters { checkpoint_interval: 8, window: 16, ..Parameters::default() };
        let options = DevOptions { faults: 1, endpoints, parameters, clients: 2 };
        let made = genesis::dev(&folder.path().join("cluster"), &options).unwrap();
        Self { _folder: folder, made, listeners }
    }

    pub(crate) fn folder(&self, position: usize) -> &Path {
        &self.made.replicas[position]
    }

    pub(crate) fn data(&self, position: usize) -> PathBuf {
        self.folder(position).join("data")
    }

    pub(crate) fn admin(&self, position: usize) -> SocketAddr {
        self.listeners[position].1.local_addr().unwrap()
    }

    pub(crate) fn address(&self, position: usize) -> SocketAddr {
        self.listeners[position].0.local_addr().unwrap()
    }

    /// Runs a replica on this thread.
    pub(crate) fn run(&self, position: usize, shutdown: Shutdown) -> Result<(), RunError> {
        let (peers, admin) = &self.listeners[position];
        run(self.folder(position), peers.try_clone().unwrap(), admin.try_clone().unwrap(), u32::MAX, shutdown)
    }

    /// Starts a replica. Tests offend as often as they need to.
    pub(crate) fn start(&self, position: usize) -> Running {
        self.start_strict(position, u32::MAX)
    }

    /// Starts a replica that shuts peers out that offend more than so often.
    pub(crate) fn start_strict(&self, position: usize, offences_free: u32) -> Running {
        let (handle, shutdown) = shutdown();
        let folder = self.folder(position).to_owned();
        let (peers, admin) = &self.listeners[position];
        let (peers, admin) = (peers.try_clone().unwrap(), admin.try_clone().unwrap());
        let thread = thread::spawn(move || run(&folder, peers, admin, offences_free, shutdown));
        Running { handle, thread }
    }

    /// Asks the admin pages of a replica, and returns the status and the body.
    pub(crate) async fn get(&self, position: usize, path: &str) -> (u16, String) {
        let answer = self.ask(position, &format!("GET {path} HTTP/1.1\r\nHost: admin\r\n\r\n")).await;
        let code = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (code, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    pub(crate) async fn ask(&self, position: usize, request: &str) -> String {
        let mut stream = TcpStream::connect(self.admin(position)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.unwrap();
        answer
    }

    /// Asks again until a page has this status, and returns its body.
    pub(crate) async fn wait_for(&self, position: usize, path: &str, expected: u16) -> String {
        soon(async {
            loop {
                let (code, body) = self.get(position, path).await;
                if code == expected {
                    return body;
                }
            }
        })
        .await
    }

    /// Asks again until the metrics have this line.
    pub(crate) async fn wait_for_metric(&self, position: usize, line: &str) {
        soon(async { while !self.get(position, "/metrics").await.1.lines().any(|found| found == line) {} }).await;
    }
}

fn run(
    folder: &Path,
    peers: TcpListener,
    admin: TcpListener,
    offences_free: u32,
    shutdown: Shutdown,
) -> Result<(), RunError> {
    let folder = ReplicaFolder::open(folder)?;
    let mut options = ReplicaOptions::new(pbft::PROTOCOL);
    options.listener = Some(peers);
    options.admin_listener = Some(admin);
    options.log.segment_bytes = 1 << 20;
    options.limits.offences_free = offences_free;
    run_replica(&folder, build, Arc::new(Counter), options, shutdown)
}

fn build(cluster: &Cluster, _: ReplicaId, signer: Arc<dyn Signer>) -> Replica {
    Replica::new(Config::new(*cluster.scope(), cluster.descriptor().parameters, signer))
}

//! A listening replica 0 on a real socket, and everybody's keys.

use super::super::accept::Listen;
use super::super::*;
use crate::files::{ReplicaFolder, SecretSeed, read_key};
pub(super) use crate::fixture::soon;
use crate::genesis::{self, DevCluster, DevOptions};
use crate::metrics::Metrics;
use bytes::Bytes;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use synod_kernel::frame::MAX_REPLICA_FRAME;
use synod_kernel::{Address, ReplicaId, SessionId};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Lets other tasks run until something holds.
pub(super) async fn until(mut holds: impl FnMut() -> bool) {
    soon(async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[derive(Clone)]
pub(super) struct Collect(mpsc::UnboundedSender<(Address, Bytes)>, Arc<Roster>);

impl Sink for Collect {
    async fn take(&self, origin: &Arc<Origin>, frame: Bytes, _: Permits) -> Result<(), Refusal> {
        if frame.ends_with(b"offence") {
            return Err(Refusal("an offence"));
        }
        if let [start @ .., session] = &frame[..]
            && start.ends_with(b"session")
        {
            self.1.route(origin, SessionId::new(u64::from(*session)));
        }
        self.0.send((origin.peer, frame)).expect("the test listens");
        Ok(())
    }
}

pub(super) struct Site {
    _folder: TempDir,
    pub(super) made: DevCluster,
    pub(super) address: String,
    pub(super) metrics: Arc<Metrics>,
    pub(super) roster: Arc<Roster>,
    pub(super) connectivity: Connectivity,
    pub(super) members: Arc<MemberAddresses>,
    pub(super) received: mpsc::UnboundedReceiver<(Address, Bytes)>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) acceptor: JoinHandle<()>,
}

/// A listener that fails so often before it works.
pub(super) struct Failing {
    pub(super) failures: AtomicUsize,
    pub(super) listener: TcpListener,
}

impl Listen for Failing {
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let left = self.failures.load(Ordering::Relaxed);
        if left > 0 {
            self.failures.store(left - 1, Ordering::Relaxed);
            // EMFILE: too many open files.
            return Err(io::Error::from_raw_os_error(24));
        }
        self.listener.accept().await
    }
}

/// Replica 0 of four, listening.
pub(super) async fn site(limits: Limits) -> Site {
    failing_site(limits, 0).await
}

/// The same, but the system gives it no connection at first.
pub(super) async fn failing_site(limits: Limits, failures: usize) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let listener = Failing { failures: AtomicUsize::new(failures), listener };
    let folder = TempDir::new().unwrap();
    let mut options = DevOptions::local(4, 1, 7000, 7100).unwrap();
    options.endpoints[0].address.clone_from(&address);
    let made = genesis::dev(&folder.path().join("cluster"), &options).unwrap();
    let replica = ReplicaFolder::open(&made.replicas[0]).unwrap();
    let metrics = Arc::new(Metrics::default());
    let connectivity = Connectivity::new(&made.cluster.scope().membership);
    let roster = Arc::new(Roster::new(limits.clone(), connectivity.clone(), metrics.clone()));
    let (sender, received) = mpsc::unbounded_channel();
    let directory = Arc::new(PeerDirectory::new(&made.cluster, ReplicaId::new(0)));
    let tls = TlsIdentity::new(replica.transport()).server(directory.clone());
    let (metrics_kept, roster_kept) = (metrics.clone(), roster.clone());
    let members = Arc::new(MemberAddresses::default());
    let acceptor = Acceptor {
        tls,
        directory,
        roster,
        metrics,
        members: members.clone(),
        limits,
        replica_frame_max: MAX_REPLICA_FRAME,
        sink: Collect(sender, roster_kept.clone()),
    };
    let (stop, stopped) = watch::channel(false);
    let acceptor = tokio::spawn(acceptor.run(listener, stopped));
    Site {
        _folder: folder,
        made,
        address,
        metrics: metrics_kept,
        roster: roster_kept,
        connectivity,
        members,
        received,
        stop,
        acceptor,
    }
}

impl Site {
    pub(super) fn key_of_replica(&self, position: usize) -> SecretSeed {
        read_key(&self.made.replicas[position].join("transport.key")).unwrap()
    }

    pub(super) fn key_of_client(&self) -> SecretSeed {
        read_key(&self.made.client.join("transport.key")).unwrap()
    }

    fn public_key(&self, replica: usize) -> [u8; 32] {
        self.made.cluster.descriptor().replicas[replica].transport_key
    }

    /// Dials the site with a key, expecting the key of `replica` there.
    pub(super) async fn dial(&self, key: &SecretSeed, replica: usize) -> io::Result<TlsStream<TcpStream>> {
        let tls = TlsIdentity::new(key).client(self.public_key(replica));
        let socket = TcpStream::connect(&self.address).await?;
        let name = IpAddr::V4(Ipv4Addr::UNSPECIFIED).into();
        soon(TlsConnector::from(tls).connect(name, socket)).await
    }

    /// The next frame that was taken.
    pub(super) async fn next(&mut self) -> (Address, Bytes) {
        soon(self.received.recv()).await.expect("the site listens")
    }

    /// How often this line of the metrics was counted.
    pub(super) fn counted(&self, line: &str) -> u64 {
        let page = self.metrics.render();
        let found = page.lines().find_map(|found| found.strip_prefix(line));
        found.map_or(0, |count| count.trim().parse().unwrap())
    }
}

/// A frame whose last bytes are `body`.
pub(super) fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; 4 + synod_kernel::frame::HEADER_BYTES];
    frame.extend_from_slice(body);
    let length = u32::try_from(frame.len() - 4).unwrap();
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame
}

pub(super) async fn send(stream: &mut TlsStream<TcpStream>, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    stream.flush().await.unwrap();
}

/// Whether the other end closes the connection without a word.
pub(super) async fn is_cut_off<S: tokio::io::AsyncRead + Unpin>(stream: &mut S) -> bool {
    let mut buffer = [0; 64];
    matches!(soon(stream.read(&mut buffer)).await, Ok(0) | Err(_))
}

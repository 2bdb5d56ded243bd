//! The listening side: handshakes with strangers, then connections with peers.
//!
//! Until its handshake is done a connection is a stranger's: it gets little time, little memory, and a place in a small
//! room ([`Strangers`]), so that whoever opens connections and says nothing keeps nobody out, and members least of all.
//! Connections that are up do not wait for handshakes. Who is let in then, the roster says.

use super::connection::{End, Sink, Terms, carry};
use super::limits::Limits;
use super::members::MemberAddresses;
use super::peers::PeerDirectory;
use super::roster::{Denied, Roster};
use super::socket;
use super::strangers::{Admission, Strangers};
use super::tls::proved_key;
use crate::metrics::Metrics;
use rustls::{CertificateError, Error as TlsError, ServerConfig};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use synod_kernel::Address;
use synod_kernel::frame::MAX_CLIENT_FRAME;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long to wait when the system cannot give us a connection, for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where connections come from.
pub(crate) trait Listen: Send + Sync + 'static {
    /// Waits for the next one. May be cancelled.
    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send;
}

impl Listen for TcpListener {
    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send {
        self.accept()
    }
}

/// Why a stranger did not become a peer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// Its key is not in the descriptor.
    #[error("its transport key is not in the descriptor")]
    UnknownKey,
    /// It took too long.
    #[error("its handshake took too long")]
    Timeout,
    /// It had to make room for newer ones.
    #[error("too many handshakes were under way")]
    Crowded,
    /// It does not speak our TLS.
    #[error("TLS: {0}")]
    Tls(TlsError),
    /// The connection broke.
    #[error("{0}")]
    Io(io::Error),
}

impl HandshakeError {
    fn from_io(error: io::Error) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()).cloned();
        match tls {
            Some(TlsError::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) => Self::UnknownKey,
            Some(tls) => Self::Tls(tls),
            None => Self::Io(error),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::UnknownKey => "unknown-key",
            Self::Timeout => "timeout",
            Self::Crowded => "crowded",
            Self::Tls(_) => "tls",
            Self::Io(_) => "broken",
        }
    }
}

type Handshake = Result<(TlsStream<TcpStream>, Address), HandshakeError>;

/// What a connection task needs.
#[derive(Clone)]
pub(crate) struct Acceptor<K> {
    /// Our side of the handshake.
    pub(crate) tls: Arc<ServerConfig>,
    /// Who may connect.
    pub(crate) directory: Arc<PeerDirectory>,
    /// The bounds.
    pub(crate) limits: Limits,
    /// Who is connected.
    pub(crate) roster: Arc<Roster>,
    /// Where counts go.
    pub(crate) metrics: Arc<Metrics>,
    /// From where members connect.
    pub(crate) members: Arc<MemberAddresses>,
    /// Bytes of a frame from a replica, at most.
    pub(crate) replica_frame_max: usize,
    /// Where frames go.
    pub(crate) sink: K,
}

impl<K: Sink> Acceptor<K> {
    /// Accepts connections until told to stop, and then waits for those that are up to end. Dropping ends them all.
    pub(crate) async fn run(self, listener: impl Listen, mut stop: watch::Receiver<bool>) {
        let mut connections = JoinSet::new();
        tokio::select! {
            () = self.accept_into(&mut connections, listener) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        while connections.join_next().await.is_some() {}
    }

    /// Accepts for ever. Handshakes under way when this is dropped end.
    async fn accept_into(&self, connections: &mut JoinSet<()>, listener: impl Listen) {
        let mut strangers = Strangers::new(&self.limits, Instant::now());
        loop {
            let (socket, from) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("cannot accept connections: {error}");
                    // Perhaps it was the last descriptor that a stranger took.
                    strangers.evict();
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            while connections.try_join_next().is_some() {}
            match strangers.admit(from.ip(), self.members.contains(from.ip()), Instant::now()) {
                Admission::After(wait, evicted) => {
                    connections.spawn(self.clone().serve(socket, from, wait, evicted));
                }
                Admission::TooFast => self.metrics.refuse_handshake("too-fast"),
            }
        }
    }

    async fn serve(self, socket: TcpStream, from: SocketAddr, wait: Duration, evicted: oneshot::Receiver<()>) {
        let handshake = tokio::select! {
            handshake = self.handshake_after(wait, socket) => handshake,
            _ = evicted => Err(HandshakeError::Crowded),
        };
        match handshake {
            Ok((stream, peer)) => self.carry(stream, peer, from).await,
            Err(error) => {
                self.metrics.refuse_handshake(error.reason());
                tracing::debug!("connection from {from} refused: {error}");
            }
        }
    }

    async fn handshake_after(&self, wait: Duration, socket: TcpStream) -> Handshake {
        if !wait.is_zero() {
            sleep(wait).await;
        }
        self.handshake(socket).await
    }

    async fn handshake(&self, socket: TcpStream) -> Handshake {
        socket::prepare(&socket, self.limits.silence_max).map_err(HandshakeError::Io)?;
        let handshake = TlsAcceptor::from(self.tls.clone()).accept(socket);
        let stream = timeout(self.limits.handshake_timeout, handshake).await;
        let stream = stream.map_err(|_| HandshakeError::Timeout)?.map_err(HandshakeError::from_io)?;
        let key = proved_key(stream.get_ref().1.peer_certificates());
        let peer = key.and_then(|key| self.directory.find(&key)).ok_or(HandshakeError::UnknownKey)?;
        Ok((stream, peer))
    }

    async fn carry(&self, stream: TlsStream<TcpStream>, peer: Address, from: SocketAddr) {
        if let Address::Replica(id) = peer {
            self.members.note(id, from.ip());
        }
        let origin = match self.roster.enter(peer) {
            Ok(origin) => origin,
            Err(denied @ Denied::ShutOut(_)) => {
                self.metrics.refuse_handshake("shut-out");
                tracing::debug!("connection of {peer} from {from} refused: {denied}");
                return;
            }
            Err(denied @ Denied::Crowded) => {
                self.metrics.refuse_handshake("crowded");
                tracing::warn!("connection of {peer} from {from} refused: {denied}");
                return;
            }
        };
        let (frame_max, idle) = match peer {
            Address::Replica(_) => (self.replica_frame_max, self.limits.replica_idle),
            Address::Client(_) => (MAX_CLIENT_FRAME, self.limits.client_idle),
        };
        let terms = Terms::new(frame_max, Some(idle), &self.limits);
        match peer {
            Address::Replica(_) => tracing::info!("connected: {peer} from {from}"),
            Address::Client(_) => tracing::debug!("connected: {peer} from {from}"),
        }
        // Leaves the roster when this task is cancelled, too.
        let _presence = Presence { roster: &self.roster, origin: &origin };
        let end = carry(stream, &origin, &self.sink, terms).await;
        if let Some(reason) = end.offence() {
            self.roster.accuse(&origin, reason);
        }
        self.account(peer, from, &end);
    }

    /// Says how a connection ended, and counts it if the peer is at fault.
    fn account(&self, peer: Address, from: SocketAddr, end: &End) {
        match end.fault() {
            Some(reason) => {
                self.metrics.refuse(peer, reason);
                tracing::warn!("connection of {peer} from {from} cut off: {end}");
            }
            // Clients come and go.
            None => match peer {
                Address::Replica(_) => tracing::info!("connection of {peer} from {from} is over: {end}"),
                Address::Client(_) => tracing::debug!("connection of {peer} from {from} is over: {end}"),
            },
        }
    }
}

struct Presence<'a> {
    roster: &'a Roster,
    origin: &'a Arc<super::connection::Origin>,
}

impl Drop for Presence<'_> {
    fn drop(&mut self) {
        self.roster.leave(self.origin);
    }
}

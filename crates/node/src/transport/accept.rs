//! The listening side: handshakes with strangers, then connections with peers.
//!
//! Until its handshake is done a connection is a stranger's: it gets little time, little memory and a place in a small
//! queue from which the oldest stranger makes room for the newest, so that whoever opens connections and says nothing
//! keeps nobody out. Handshakes are begun at a limited rate, because they cost more processor time than they cost their
//! sender; connections that are up do not wait for them.

use super::bucket::Bucket;
use super::connection::{Sink, Terms, carry};
use super::limits::Limits;
use super::peers::PeerDirectory;
use super::roster::Roster;
use super::socket;
use super::tls::proved_key;
use crate::metrics::Metrics;
use rustls::{CertificateError, Error as TlsError, ServerConfig};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use synod_kernel::Address;
use synod_kernel::frame::{MAX_CLIENT_FRAME, MAX_REPLICA_FRAME};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long to wait when the system cannot give us a connection, for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
    /// Where frames go.
    pub(crate) sink: K,
}

impl<K: Sink> Acceptor<K> {
    /// Accepts connections until told to stop, and then waits for those that are up to end. Dropping ends them all.
    pub(crate) async fn run(self, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let mut connections = JoinSet::new();
        tokio::select! {
            () = self.accept_into(&mut connections, listener) => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        while connections.join_next().await.is_some() {}
    }

    /// Accepts for ever. Handshakes under way when this is dropped end.
    async fn accept_into(&self, connections: &mut JoinSet<()>, listener: TcpListener) {
        let mut bucket = Bucket::new(self.limits.handshakes_per_second, Instant::now());
        let mut strangers: VecDeque<oneshot::Sender<()>> = VecDeque::new();
        loop {
            let (socket, from) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("cannot accept connections: {error}");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            sleep(bucket.take(Instant::now())).await;
            while connections.try_join_next().is_some() {}
            strangers.retain(|stranger| !stranger.is_closed());
            while strangers.len() >= self.limits.handshakes_max {
                strangers.pop_front();
            }
            let (place, evicted) = oneshot::channel();
            strangers.push_back(place);
            connections.spawn(self.clone().serve(socket, from, evicted));
        }
    }

    async fn serve(self, socket: TcpStream, from: SocketAddr, evicted: oneshot::Receiver<()>) {
        let handshake = tokio::select! {
            handshake = self.handshake(socket) => handshake,
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

    async fn handshake(&self, socket: TcpStream) -> Result<(TlsStream<TcpStream>, Address), HandshakeError> {
        socket::prepare(&socket, self.limits.silence_max).map_err(HandshakeError::Io)?;
        let handshake = TlsAcceptor::from(self.tls.clone()).accept(socket);
        let stream = timeout(self.limits.handshake_timeout, handshake).await;
        let stream = stream.map_err(|_| HandshakeError::Timeout)?.map_err(HandshakeError::from_io)?;
        let key = proved_key(stream.get_ref().1.peer_certificates());
        let peer = key.and_then(|key| self.directory.find(&key)).ok_or(HandshakeError::UnknownKey)?;
        Ok((stream, peer))
    }

    async fn carry(&self, stream: TlsStream<TcpStream>, peer: Address, from: SocketAddr) {
        let origin = match self.roster.enter(peer) {
            Ok(origin) => origin,
            Err(crowded) => {
                self.metrics.refuse_handshake("crowded");
                tracing::warn!("connection of {peer} from {from} refused: {crowded}");
                return;
            }
        };
        let (frame_max, idle) = match peer {
            Address::Replica(_) => (MAX_REPLICA_FRAME, self.limits.replica_idle),
            Address::Client(_) => (MAX_CLIENT_FRAME, self.limits.client_idle),
        };
        let terms = Terms { frame_max, idle: Some(idle), write_timeout: self.limits.write_timeout };
        match peer {
            Address::Replica(_) => tracing::info!("connected: {peer} from {from}"),
            Address::Client(_) => tracing::debug!("connected: {peer} from {from}"),
        }
        // Leaves the roster when this task is cancelled, too.
        let _presence = Presence { roster: &self.roster, origin: &origin };
        let end = carry(stream, &origin, &self.sink, terms).await;
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

//! Connections to replicas, with little patience: nothing here waits for long.

use crate::folder::Folder;
use crate::tls::{Show, config, nobody};
use rustls::ClientConnection;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long a connection may take to come up.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// How long a handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(6);

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The other side closed it.
    Closed,
    /// We did.
    Left,
}

/// A connection without anything on it.
pub(crate) async fn tcp(address: &str) -> io::Result<TcpStream> {
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    let address: SocketAddr = lookup_host(address).await?.next().ok_or(io::ErrorKind::NotFound)?;
    let stream = timeout(CONNECT_MAX, TcpStream::connect(address)).await.map_err(late)??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A channel to a replica, or the replica's refusal.
pub(crate) async fn tls(folder: &Folder, replica: usize, show: Show) -> io::Result<TlsStream<TcpStream>> {
    tls_over(tcp(&folder.descriptor.replica[replica].address).await?, folder, replica, show).await
}

/// The same over a connection that is up.
pub(crate) async fn tls_over(
    stream: TcpStream,
    folder: &Folder,
    replica: usize,
    show: Show,
) -> io::Result<TlsStream<TcpStream>> {
    let config = config(show, folder.descriptor.replica[replica].transport_key.0)?;
    let handshake = TlsConnector::from(config).connect(nobody(), stream);
    timeout(HANDSHAKE_MAX, handshake).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// The client's own channel to a replica.
pub(crate) async fn own(folder: &Folder, replica: usize) -> io::Result<TlsStream<TcpStream>> {
    tls(folder, replica, Show::Key(folder.transport)).await
}

/// The first bytes of a handshake with a replica.
pub(crate) fn hello(folder: &Folder, replica: usize) -> io::Result<Vec<u8>> {
    let config = config(Show::Key(folder.transport), folder.descriptor.replica[replica].transport_key.0)?;
    let mut connection = ClientConnection::new(Arc::clone(&config), nobody()).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes)?;
    Ok(bytes)
}

/// Makes the system take in next to nothing for a reader that does not read.
pub(crate) fn shrink(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_recv_buffer_size(1)
}

/// Reads and forgets until the other side closes, or for so long.
pub(crate) async fn drain<R: AsyncRead + Unpin>(stream: &mut R, patience: Duration) -> Fate {
    let mut buffer = vec![0; 4096];
    let read_all = async { while matches!(stream.read(&mut buffer).await, Ok(bytes) if bytes > 0) {} };
    timeout(patience, read_all).await.map_or(Fate::Left, |()| Fate::Closed)
}

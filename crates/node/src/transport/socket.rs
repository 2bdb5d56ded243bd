//! What every socket of ours is told.
//!
//! A cable that is pulled says nothing. Unless a socket is told otherwise, the system goes on trying for a quarter of
//! an hour, ever more rarely, and a link that has long healed stays dead; a new connection would work at once.

use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream, lookup_host};

/// Connects to `host:port`, from the address `source` if there is one. What it names in the other family of addresses
/// cannot be reached from there.
pub(super) async fn connect(address: &str, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(source) = source else { return TcpStream::connect(address).await };
    let unreachable = format!("it has no address that could be reached from {source}");
    let mut connected = Err(io::Error::new(io::ErrorKind::AddrNotAvailable, unreachable));
    for target in lookup_host(address).await?.filter(|target| target.is_ipv4() == source.is_ipv4()) {
        let socket = if source.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.bind(SocketAddr::new(source, 0))?;
        connected = socket.connect(target).await;
        if connected.is_ok() {
            break;
        }
    }
    connected
}

/// Sends small writes at once, and gives up on a peer whose machine acknowledges nothing for `silence_max`.
pub(super) fn prepare(socket: &TcpStream, silence_max: Duration) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let socket = SockRef::from(socket);
    // An idle connection is probed, so that it is noticed there, too.
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(silence_max).with_interval(silence_max / 4))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(silence_max))?;
    Ok(())
}

#[cfg(test)]
mod tests;

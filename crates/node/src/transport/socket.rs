//! What every socket of ours is told.
//!
//! A cable that is pulled says nothing. Unless a socket is told otherwise, the system goes on trying for a quarter of
//! an hour, ever more rarely, and a link that has long healed stays dead; a new connection would work at once.

use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;

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

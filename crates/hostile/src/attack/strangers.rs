//! What those do who are not in the descriptor.

use super::crowd::Member;
use crate::channel::{Fate, drain, hello as first_bytes, tcp, tls};
use crate::folder::public;
use crate::tls::Show;
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// How long the end of a connection is waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same where the replica itself waits.
const HOLD: Duration = Duration::from_secs(8);

/// The address of a replica, or of its admin pages.
fn address(member: &Member) -> &str {
    let replica = &member.folder.descriptor.replica[member.replica()];
    if member.way(2) == 0 { &replica.address } else { &replica.admin }
}

pub(super) async fn random_bytes(member: Member) -> io::Result<Fate> {
    let mut stream = tcp(address(&member)).await?;
    let mut bytes = vec![0; 4096];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    // It may be closed while we write.
    let _ = stream.write_all(&bytes).await;
    Ok(drain(&mut stream, PATIENCE).await)
}

pub(super) async fn http(member: Member) -> io::Result<Fate> {
    let mut stream = tcp(address(&member)).await?;
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(32 << 10));
    let texts = [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\nx",
        "GET /../../etc/passwd HTTP/1.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        &long,
    ];
    let text = texts[member.number / (2 * member.folder.replicas()) % texts.len()];
    let _ = stream.write_all(text.as_bytes()).await;
    Ok(drain(&mut stream, PATIENCE).await)
}

pub(super) async fn connect(member: Member) -> io::Result<Fate> {
    tcp(&member.folder.descriptor.replica[member.replica()].address).await.map(|_| Fate::Left)
}

pub(super) async fn hello(member: Member) -> io::Result<Fate> {
    let mut stream = tcp(&member.folder.descriptor.replica[member.replica()].address).await?;
    stream.write_all(&first_bytes(&member.folder, member.replica())?).await?;
    Ok(Fate::Left)
}

pub(super) async fn half_handshake(member: Member) -> io::Result<Fate> {
    let mut stream = tcp(&member.folder.descriptor.replica[member.replica()].address).await?;
    let bytes = first_bytes(&member.folder, member.replica())?;
    // All of the first message, or a half of it, or nothing.
    let sent = bytes.len() * member.way(3) / 2;
    stream.write_all(&bytes[..sent]).await?;
    Ok(drain(&mut stream, HOLD.min(member.left)).await)
}

pub(super) async fn foreign_key(member: Member) -> io::Result<Fate> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(io::Error::other)?;
    let other = &member.folder.descriptor.replica[(member.replica() + 1) % member.folder.replicas()];
    let client = &member.folder.descriptor.client[0];
    let show = match member.way(6) {
        0 => Show::Key(seed),
        1 => Show::Stolen { public: other.transport_key.0, seed },
        2 => Show::Stolen { public: other.voting_key.0, seed },
        3 => Show::Nothing,
        // The key that signs requests authenticates no channel.
        4 => Show::Key(member.folder.key.into()),
        // With the name of a client, and signatures of one's own.
        _ => Show::Stolen { public: client.transport_key.0, seed: member.folder.transport },
    };
    let show = match show {
        Show::Stolen { public: shown, seed } if shown == public(&seed) => Show::Nothing,
        show => show,
    };
    match tls(&member.folder, member.replica(), show).await {
        // In TLS 1.3 the dialling side is done before the other has looked at its key.
        Ok(mut stream) => Ok(drain(&mut stream, PATIENCE).await),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(error),
        Err(_) => Ok(Fate::Closed),
    }
}

//! What takes its time: senders of a byte now and then, and readers that do not read.

use super::crowd::Member;
use crate::channel::{Fate, hello, own, shrink, tcp, tls_over};
use crate::client::new_session;
use crate::frame::{Header, REQUEST, STATUS_QUERY};
use crate::kv;
use crate::request::{Place, Request};
use crate::tls::Show;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep, timeout};

/// From one byte to the next.
const INTERVAL: Duration = Duration::from_secs(10);
/// Questions of one reader that does not read, and bytes of the value that it wants again and again.
const QUESTIONS: u64 = 60;
const VALUE: usize = 64 << 10;

/// Sends a byte now and then until the other side has enough or the time is over.
async fn drip<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, bytes: &[u8], left: Duration) -> io::Result<Fate> {
    let sending = async {
        for byte in bytes {
            stream.write_all(&[*byte]).await?;
            stream.flush().await?;
            let mut heard = [0];
            match timeout(INTERVAL, stream.read(&mut heard)).await {
                Ok(Ok(0) | Err(_)) => return Ok(Fate::Closed),
                Ok(Ok(_)) => return Ok(Fate::Left),
                Err(_) => {}
            }
        }
        Ok(Fate::Left)
    };
    match timeout(left, sending).await {
        Ok(Err(_)) => Ok(Fate::Closed),
        Ok(fate) => fate,
        Err(_) => Ok(Fate::Left),
    }
}

pub(super) async fn handshake(member: Member) -> io::Result<Fate> {
    let stream = tcp(&member.folder.descriptor.replica[member.replica()].address).await?;
    drip(stream, &hello(&member.folder, member.replica())?, member.left).await
}

pub(super) async fn frame(member: Member) -> io::Result<Fate> {
    let stream = own(&member.folder, member.replica()).await?;
    drip(stream, &Header::new(member.folder.domain, REQUEST).frame(&[0; 512]), member.left).await
}

pub(super) async fn reader(member: Member) -> io::Result<Fate> {
    let (folder, replica) = (&member.folder, member.replica());
    let stream = tcp(&folder.descriptor.replica[replica].address).await?;
    shrink(&stream)?;
    let mut stream = tls_over(stream, folder, replica, Show::Key(folder.transport)).await?;
    let session = new_session();
    let request = |id, operation: Vec<u8>| Request::sign(folder, Place { session, id }, &[operation]).frame(folder);
    let query = Header::new(folder.domain, STATUS_QUERY).frame(b"");
    let asking = async {
        stream.write_all(&request(1, kv::put(b"hostile/large", &[7; VALUE]))).await?;
        for id in 2..QUESTIONS {
            stream.write_all(&request(id, kv::get(b"hostile/large"))).await?;
            stream.write_all(&query.repeat(10)).await?;
        }
        stream.flush().await
    };
    // It is closed for not reading, or we go on not reading for as long as there is.
    let closed = timeout(member.left, asking).await;
    if matches!(closed, Ok(Err(_))) {
        return Ok(Fate::Closed);
    }
    sleep(member.left / 4).await;
    Ok(Fate::Left)
}

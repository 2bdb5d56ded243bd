//! A standing channel to each replica: frames out, and what comes in handed on or counted.

use crate::channel;
use crate::folder::Folder;
use crate::frame::{self, Header, SESSION, TO_REPLICA};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// How long a write may take.
const WRITE_MAX: Duration = Duration::from_secs(2);

/// A frame of a replica: whose, which kind, its body.
pub(crate) type Heard = (usize, u8, Vec<u8>);

/// One channel.
struct Line {
    writer: WriteHalf<TlsStream<TcpStream>>,
    reader: JoinHandle<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Who listens: the session whose replies are wanted, and where frames go.
pub(crate) struct Listener {
    pub(crate) session: u64,
    pub(crate) heard: mpsc::Sender<Heard>,
}

/// Channels to all replicas. One that breaks is made again when something is to be sent over it.
pub(crate) struct Lines {
    folder: Arc<Folder>,
    /// Without it, the bytes that come are counted and forgotten.
    listener: Option<Listener>,
    counted: Arc<AtomicU64>,
    lines: Vec<Option<Line>>,
    /// Channels that were made.
    pub(crate) made: u64,
}

impl Lines {
    /// Nothing is connected yet.
    pub(crate) fn new(folder: Arc<Folder>, listener: Option<Listener>) -> Self {
        let lines = (0..folder.replicas()).map(|_| None).collect();
        Self { folder, listener, counted: Arc::default(), lines, made: 0 }
    }

    /// Bytes that came in, where nobody listens.
    pub(crate) fn heard(&self) -> u64 {
        self.counted.load(Ordering::Relaxed)
    }

    /// Sends a frame to a replica.
    pub(crate) async fn send(&mut self, replica: usize, frame: &[u8]) -> io::Result<()> {
        debug_assert!(frame.len() <= TO_REPLICA + 4, "attacks with such lengths make their own connections");
        if self.lines[replica].as_ref().is_none_or(|line| line.reader.is_finished()) {
            let stream = channel::own(&self.folder, replica).await?;
            let (reader, mut writer) = tokio::io::split(stream);
            let reader = match &self.listener {
                Some(Listener { heard, .. }) => {
                    tokio::spawn(listen(self.folder.clone(), replica, reader, heard.clone()))
                }
                None => tokio::spawn(count(reader, self.counted.clone())),
            };
            if let Some(Listener { session, .. }) = self.listener {
                let said = Header::new(self.folder.domain, SESSION).frame(&session.to_le_bytes());
                writer.write_all(&said).await?;
            }
            self.lines[replica] = Some(Line { writer, reader });
            self.made += 1;
        }
        let Some(line) = &mut self.lines[replica] else { return Ok(()) };
        let written = timeout(WRITE_MAX, async {
            line.writer.write_all(frame).await?;
            line.writer.flush().await
        });
        let written = written.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        if written.is_err() {
            self.lines[replica] = None;
        }
        written
    }

    /// Sends a frame to every replica; how many took it.
    pub(crate) async fn send_to_all(&mut self, frame: &[u8]) -> usize {
        let mut taken = 0;
        for replica in 0..self.lines.len() {
            taken += usize::from(self.send(replica, frame).await.is_ok());
        }
        taken
    }
}

async fn listen(
    folder: Arc<Folder>,
    replica: usize,
    mut reader: ReadHalf<TlsStream<TcpStream>>,
    heard: mpsc::Sender<Heard>,
) {
    while let Ok((kind, body)) = frame::read(&mut reader, folder.domain).await {
        if heard.send((replica, kind, body)).await.is_err() {
            return;
        }
    }
}

/// Counts what comes in until the other side closes.
async fn count(mut reader: ReadHalf<TlsStream<TcpStream>>, counted: Arc<AtomicU64>) {
    let mut buffer = vec![0; 4096];
    while let Ok(bytes @ 1..) = reader.read(&mut buffer).await {
        counted.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

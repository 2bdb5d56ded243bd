//! One connection after its handshake: frames in, frames out, until either side has a reason to end it.
//!
//! Reading waits for whoever takes the frames, which is the back-pressure to the sender; writing puts many small frames
//! into one write. A peer that stays silent, reads too slowly or says what no correct peer says is cut off.

use super::frames::{FrameError, FrameReader};
use super::queue::{Closing, SendQueue};
use crate::metrics::PeerCounters;
use bytes::Bytes;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use synod_kernel::Address;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Bytes put into one write.
const WRITE_BYTES: usize = 128 << 10;

/// Where frames come from: one connection of an authenticated peer.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Who is at the other end, for certain.
    pub(crate) peer: Address,
    /// What is sent back on this connection.
    pub(crate) queue: Arc<SendQueue>,
    /// Bytes that may be under way from here to the protocol.
    pub(crate) budget: Arc<Semaphore>,
    /// Its counters.
    pub(crate) counters: PeerCounters,
}

/// A frame that no correct peer sends, by the reason that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) &'static str);

/// Takes the frames of connections.
pub(crate) trait Sink: Clone + Send + Sync + 'static {
    /// Takes one frame, its length taken off. As long as this waits, nothing more is read from the connection.
    fn take(&self, origin: &Arc<Origin>, frame: Bytes) -> impl Future<Output = Result<(), Refusal>> + Send;
}

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    /// The peer closed it.
    #[error("the peer closed it")]
    Closed,
    /// The connection ended and the peer did not say that it would, as a process that is no more does not.
    #[error("the peer is gone")]
    Gone,
    /// Our side closed it.
    #[error("{0}")]
    Ours(Closing),
    /// No whole frame came for too long.
    #[error("no whole frame arrived for {} s", .0.as_secs())]
    Idle(Duration),
    /// A write waited for too long.
    #[error("it did not take what was sent to it for {} s", .0.as_secs())]
    Stuck(Duration),
    /// What arrived is no sequence of frames, or the connection broke.
    #[error("{0}")]
    Frames(#[from] FrameError),
    /// What arrived is no frame of a correct peer.
    #[error("it sent a frame with {0}")]
    Refused(&'static str),
}

impl End {
    /// The reason to count it by, if the peer is at fault and whoever found that out has not counted it.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        match self {
            Self::Refused(reason) => Some(reason),
            Self::Frames(FrameError::TooLong { .. } | FrameError::TooShort { .. }) => Some("a bad length"),
            Self::Ours(Closing::TooSlow) | Self::Stuck(_) => Some("answers left unread"),
            Self::Ours(Closing::Finished | Closing::Replaced | Closing::Offence(_)) => None,
            Self::Closed | Self::Gone | Self::Idle(_) => None,
            Self::Frames(FrameError::Truncated | FrameError::Io(_)) => None,
        }
    }
}

/// The bounds of one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Bytes of a frame from the peer, at most.
    pub(crate) frame_max: usize,
    /// How long the peer may be silent; none if it is not expected to say anything.
    pub(crate) idle: Option<Duration>,
    /// How long a write may wait.
    pub(crate) write_timeout: Duration,
}

/// Carries frames both ways until the connection is over.
pub(crate) async fn carry<S, K>(stream: S, origin: &Arc<Origin>, sink: &K, terms: Terms) -> End
where
    S: AsyncRead + AsyncWrite + Send,
    K: Sink,
{
    let (reader, writer) = tokio::io::split(stream);
    tokio::select! {
        end = read(FrameReader::new(reader, terms.frame_max), origin, sink, terms.idle) => end,
        end = write(writer, &origin.queue, &origin.counters, terms.write_timeout) => end,
        // A write that waits for the peer is not waited for.
        closing = origin.queue.cut() => End::Ours(closing),
    }
}

async fn read<R, K>(mut reader: FrameReader<R>, origin: &Arc<Origin>, sink: &K, idle: Option<Duration>) -> End
where
    R: AsyncRead + Unpin,
    K: Sink,
{
    loop {
        let next = match idle {
            None => reader.next().await,
            Some(idle) => match timeout(idle, reader.next()).await {
                Ok(next) => next,
                Err(_) => return End::Idle(idle),
            },
        };
        let frame = match next {
            Ok(Some(frame)) => frame,
            Ok(None) => return End::Closed,
            Err(FrameError::Io(error)) if is_departure(&error) => return End::Gone,
            Err(error) => return End::Frames(error),
        };
        origin.counters.frames_received.inc();
        origin.counters.bytes_received.inc_by(frame.len() as u64);
        if let Err(Refusal(reason)) = sink.take(origin, frame).await {
            return End::Refused(reason);
        }
    }
}

/// Whether a connection failed as it does when the process at its other end is no more.
fn is_departure(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}

async fn write<W: AsyncWrite + Unpin>(
    mut writer: W,
    queue: &SendQueue,
    counters: &PeerCounters,
    write_timeout: Duration,
) -> End {
    let mut batch = Vec::new();
    let mut joined = Vec::new();
    loop {
        if let Err(closing) = queue.next_batch(WRITE_BYTES, &mut batch).await {
            // Says goodbye, so that the peer knows that nothing was cut off; it may not be listening any more.
            let _ = timeout(write_timeout, writer.shutdown()).await;
            return End::Ours(closing);
        }
        counters.frames_sent.inc_by(batch.len() as u64);
        match timeout(write_timeout, write_batch(&mut writer, &mut batch, &mut joined)).await {
            Ok(Ok(bytes)) => counters.bytes_sent.inc_by(bytes),
            Ok(Err(error)) => return End::Frames(FrameError::Io(error)),
            Err(_) => return End::Stuck(write_timeout),
        };
    }
}

/// Writes and flushes the frames, small ones joined into one write.
async fn write_batch<W: AsyncWrite + Unpin>(
    writer: &mut W,
    batch: &mut Vec<Bytes>,
    joined: &mut Vec<u8>,
) -> io::Result<u64> {
    let mut bytes = 0;
    for frame in batch.drain(..) {
        bytes += frame.len() as u64;
        if frame.len() >= WRITE_BYTES {
            writer.write_all(joined).await?;
            joined.clear();
            writer.write_all(&frame).await?;
        } else {
            joined.extend_from_slice(&frame);
        }
    }
    writer.write_all(joined).await?;
    joined.clear();
    writer.flush().await?;
    Ok(bytes)
}

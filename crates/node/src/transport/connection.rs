//! One connection after its handshake: frames in, frames out, until either side has a reason to end it.
//!
//! Reading waits for whoever takes the frames, which is the back-pressure to the sender; writing puts many small frames
//! into one write. A peer that stays silent, reads too slowly or says what no correct peer says is cut off.

use super::frames::{CHUNK_BYTES, FrameError, FrameReader};
use super::limits::Limits;
use super::queue::{Closing, SendQueue};
use crate::metrics::PeerCounters;
use bytes::Bytes;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use synod_kernel::Address;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

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
    /// Whether something came by it that no correct peer sends, or its peer was shut out.
    offended: AtomicBool,
}

impl Origin {
    /// A connection by which nothing has come yet.
    pub(crate) fn new(peer: Address, queue: Arc<SendQueue>, budget: Arc<Semaphore>, counters: PeerCounters) -> Self {
        Self { peer, queue, budget, counters, offended: AtomicBool::new(false) }
    }

    /// Notes that the peer offended, and says whether that is news.
    pub(super) fn offend(&self) -> bool {
        !self.offended.swap(true, Ordering::Relaxed)
    }

    /// Whether the peer offended. What else came by this connection is not looked at then.
    pub(crate) fn has_offended(&self) -> bool {
        self.offended.load(Ordering::Relaxed)
    }
}

/// A frame that no correct peer sends, by the reason that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) &'static str);

/// Room in budgets, given back when dropped.
pub(crate) type Permits = Vec<OwnedSemaphorePermit>;

/// Takes the frames of connections.
pub(crate) trait Sink: Clone + Send + Sync + 'static {
    /// Waits for room for a frame of so many bytes that has begun to arrive. As long as this waits, nothing more is
    /// read from the connection.
    fn admit(&self, _origin: &Arc<Origin>, _bytes: usize) -> impl Future<Output = Permits> + Send {
        std::future::ready(Permits::new())
    }

    /// Takes one frame, its length taken off, and the room it was given. As long as this waits, nothing more is read
    /// from the connection.
    fn take(
        &self,
        origin: &Arc<Origin>,
        frame: Bytes,
        permits: Permits,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;
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
    /// A frame began, and its end was too long in coming.
    #[error("a frame of {length} bytes did not arrive within {} s", .within.as_secs())]
    Dawdling {
        /// As claimed.
        length: usize,
        /// What it was given.
        within: Duration,
    },
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
            Self::Dawdling { .. } => Some("a frame that did not end"),
            Self::Ours(Closing::Finished | Closing::Replaced | Closing::Offence(_) | Closing::ShutOut) => None,
            Self::Closed | Self::Gone | Self::Idle(_) => None,
            Self::Frames(FrameError::Truncated | FrameError::Io(_)) => None,
        }
    }
}

impl End {
    /// The reason why the connection ended, if the peer did what no correct peer does, however slow it is, or we are.
    pub(crate) fn offence(&self) -> Option<&'static str> {
        match self {
            Self::Refused(reason) | Self::Ours(Closing::Offence(reason)) => Some(reason),
            Self::Frames(FrameError::TooLong { .. } | FrameError::TooShort { .. }) => Some("a bad length"),
            Self::Ours(Closing::Finished | Closing::Replaced | Closing::TooSlow | Closing::ShutOut) => None,
            Self::Closed | Self::Gone | Self::Idle(_) | Self::Dawdling { .. } | Self::Stuck(_) => None,
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
    /// How long a frame that has begun may take, besides what its length allows for.
    pub(crate) frame_grace: Duration,
    /// Bytes of a frame that have to arrive in a second, at least.
    pub(crate) frame_bytes_per_second: u32,
    /// How long a write may wait.
    pub(crate) write_timeout: Duration,
}

impl Terms {
    /// With the rest of the bounds out of `limits`.
    pub(crate) fn new(frame_max: usize, idle: Option<Duration>, limits: &Limits) -> Self {
        let Limits { frame_grace, frame_bytes_per_second, write_timeout, .. } = *limits;
        Self { frame_max, idle, frame_grace, frame_bytes_per_second, write_timeout }
    }

    /// How long a frame of so many bytes may take from its beginning to its end.
    fn deadline(&self, length: usize) -> Duration {
        let seconds = length / usize::try_from(self.frame_bytes_per_second.max(1)).unwrap_or(usize::MAX);
        self.frame_grace + Duration::from_secs(seconds.try_into().unwrap_or(u64::MAX))
    }
}

/// Carries frames both ways until the connection is over.
pub(crate) async fn carry<S, K>(stream: S, origin: &Arc<Origin>, sink: &K, terms: Terms) -> End
where
    S: AsyncRead + AsyncWrite + Send,
    K: Sink,
{
    let (reader, writer) = tokio::io::split(stream);
    tokio::select! {
        end = read(FrameReader::new(reader, terms.frame_max), origin, sink, &terms) => end,
        end = write(writer, &origin.queue, &origin.counters, terms.write_timeout) => end,
        // A write that waits for the peer is not waited for.
        closing = origin.queue.cut() => End::Ours(closing),
    }
}

async fn read<R, K>(mut reader: FrameReader<R>, origin: &Arc<Origin>, sink: &K, terms: &Terms) -> End
where
    R: AsyncRead + Unpin,
    K: Sink,
{
    loop {
        let (frame, permits) = match read_frame(&mut reader, origin, sink, terms).await {
            Ok(read) => read,
            Err(End::Frames(FrameError::Io(error))) if is_departure(&error) => return End::Gone,
            Err(end) => return end,
        };
        origin.counters.frames_received.inc();
        origin.counters.bytes_received.inc_by(frame.len() as u64);
        if let Err(Refusal(reason)) = sink.take(origin, frame, permits).await {
            return End::Refused(reason);
        }
    }
}

/// One frame, and the room it was given before more than its beginning was read.
async fn read_frame<R, K>(
    reader: &mut FrameReader<R>,
    origin: &Arc<Origin>,
    sink: &K,
    terms: &Terms,
) -> Result<(Bytes, Permits), End>
where
    R: AsyncRead + Unpin,
    K: Sink,
{
    let begun = match terms.idle {
        None => reader.begin().await,
        Some(idle) => timeout(idle, reader.begin()).await.map_err(|_| End::Idle(idle))?,
    };
    let length = begun?.ok_or(End::Closed)?;
    let within = terms.deadline(length);
    let dawdling = |_| End::Dawdling { length, within };
    let since = Instant::now();
    // What is small is all there before it takes up room that others may wait for.
    timeout(within, reader.fill(CHUNK_BYTES)).await.map_err(dawdling)??;
    let left = within.saturating_sub(since.elapsed());
    let permits = sink.admit(origin, length).await;
    let frame = timeout(left, reader.finish()).await.map_err(dawdling)??;
    Ok((frame, permits))
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
        if queue.is_empty() {
            // A connection that is not used holds nothing.
            joined = Vec::new();
        }
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

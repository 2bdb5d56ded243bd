//! Cutting a stream of bytes into frames.
//!
//! A length is checked before anything is made of it, and memory grows with what has arrived, not with what was
//! claimed. Nothing inside a frame is looked at here.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::io;
use synod_kernel::frame::HEADER_BYTES;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes taken from the stream at once. A frame of no more is read without asking for room.
pub(crate) const CHUNK_BYTES: usize = 16 << 10;
const LENGTH_BYTES: usize = 4;

/// Why a stream is no sequence of frames.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A length beyond the limit.
    #[error("a frame of {length} bytes, where {maximum} are the limit")]
    TooLong {
        /// As claimed.
        length: usize,
        /// The limit.
        maximum: usize,
    },
    /// A length that leaves no room for a header.
    #[error("a frame of {length} bytes, which is shorter than a header")]
    TooShort {
        /// As claimed.
        length: usize,
    },
    /// The stream ended within a frame.
    #[error("the connection ended in the middle of a frame")]
    Truncated,
    /// The stream broke.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Reads frames of at most so many bytes, the length in front not counted.
#[derive(Debug)]
pub struct FrameReader<R> {
    stream: R,
    maximum: usize,
    arrived: BytesMut,
    partial: Option<Partial>,
}

/// A frame of which a part has arrived.
#[derive(Debug)]
struct Partial {
    length: usize,
    bytes: Vec<u8>,
}

impl Partial {
    /// Takes what has arrived of it, until it has so many bytes.
    fn take_from(&mut self, arrived: &mut BytesMut, bytes: usize) {
        let missing = self.length.min(bytes).saturating_sub(self.bytes.len());
        let taken = missing.min(arrived.len());
        if self.bytes.capacity() - self.bytes.len() < taken {
            // Doubled, so that copying stays cheap, but never beyond the length.
            let doubled = (2 * self.bytes.capacity()).clamp(self.bytes.len() + taken, self.length);
            self.bytes.reserve_exact(doubled - self.bytes.len());
        }
        self.bytes.extend_from_slice(&arrived[..taken]);
        arrived.advance(taken);
    }
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Cuts `stream` into frames of at most `maximum` bytes.
    pub fn new(stream: R, maximum: usize) -> Self {
        Self { stream, maximum, arrived: BytesMut::new(), partial: None }
    }

    /// Waits for a frame to begin, and says how many bytes it claims to have; none when the stream has ended between
    /// two frames. May be cancelled and called again.
    ///
    /// # Errors
    /// If a length is out of bounds, or the stream breaks or ends within one.
    pub async fn begin(&mut self) -> Result<Option<usize>, FrameError> {
        loop {
            if let Some(partial) = &self.partial {
                return Ok(Some(partial.length));
            }
            if self.arrived.len() >= LENGTH_BYTES {
                self.partial = Some(self.read_length()?);
                continue;
            }
            if !self.read_more().await? {
                return if self.arrived.is_empty() { Ok(None) } else { Err(FrameError::Truncated) };
            }
        }
    }

    /// Waits until a frame that began has so many bytes, or all of its own. May be cancelled and called again.
    ///
    /// # Errors
    /// If the stream breaks or ends before that.
    pub async fn fill(&mut self, bytes: usize) -> Result<(), FrameError> {
        loop {
            let Some(partial) = &mut self.partial else { return Ok(()) };
            partial.take_from(&mut self.arrived, bytes);
            if partial.bytes.len() >= bytes.min(partial.length) {
                return Ok(());
            }
            if !self.read_more().await? {
                return Err(FrameError::Truncated);
            }
        }
    }

    /// Waits for the rest of a frame that began, and returns it without its length. May be cancelled and called again.
    ///
    /// # Errors
    /// If the stream breaks or ends before that.
    pub async fn finish(&mut self) -> Result<Bytes, FrameError> {
        self.fill(usize::MAX).await?;
        Ok(self.partial.take().map_or_else(Bytes::new, |partial| Bytes::from(partial.bytes)))
    }

    /// The next frame, as soon as it is there.
    #[cfg(test)]
    async fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        match self.begin().await? {
            Some(_) => self.finish().await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads what there is, at most a chunk. False at the end of the stream.
    async fn read_more(&mut self) -> Result<bool, FrameError> {
        self.arrived.reserve(CHUNK_BYTES);
        let mut room = (&mut self.arrived).limit(CHUNK_BYTES);
        Ok(self.stream.read_buf(&mut room).await? > 0)
    }

    fn read_length(&mut self) -> Result<Partial, FrameError> {
        let claimed = self.arrived.get_u32_le();
        let length = usize::try_from(claimed).unwrap_or(usize::MAX);
        if length > self.maximum {
            return Err(FrameError::TooLong { length, maximum: self.maximum });
        }
        if length < HEADER_BYTES {
            return Err(FrameError::TooShort { length });
        }
        Ok(Partial { length, bytes: Vec::with_capacity(length.min(CHUNK_BYTES)) })
    }

    /// Bytes of memory held for the frame that is arriving.
    #[cfg(test)]
    fn held(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| partial.bytes.capacity())
    }
}

#[cfg(test)]
mod tests;

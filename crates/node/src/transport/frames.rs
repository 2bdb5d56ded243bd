//! Cutting a stream of bytes into frames.
//!
//! A length is checked before anything is made of it, and memory grows with what has arrived, not with what was
//! claimed. Nothing inside a frame is looked at here.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use std::io;
use synod_kernel::frame::HEADER_BYTES;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes taken from the stream at once.
const CHUNK_BYTES: usize = 16 << 10;
const LENGTH_BYTES: usize = 4;

/// Why a stream is no sequence of frames.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
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
pub(crate) struct FrameReader<R> {
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

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Cuts `stream` into frames of at most `maximum` bytes.
    pub(crate) fn new(stream: R, maximum: usize) -> Self {
        Self { stream, maximum, arrived: BytesMut::new(), partial: None }
    }

    /// The next frame without its length; none when the stream has ended between two frames. May be cancelled and
    /// called again.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        loop {
            if let Some(frame) = self.cut()? {
                return Ok(Some(frame));
            }
            self.arrived.reserve(CHUNK_BYTES);
            let mut room = (&mut self.arrived).limit(CHUNK_BYTES);
            if self.stream.read_buf(&mut room).await? == 0 {
                let is_between = self.partial.is_none() && self.arrived.is_empty();
                return if is_between { Ok(None) } else { Err(FrameError::Truncated) };
            }
        }
    }

    /// A whole frame out of what has arrived, if there is one.
    fn cut(&mut self) -> Result<Option<Bytes>, FrameError> {
        let mut partial = match self.partial.take() {
            Some(partial) => partial,
            None if self.arrived.len() < LENGTH_BYTES => return Ok(None),
            None => {
                let claimed = self.arrived.get_u32_le();
                let length = usize::try_from(claimed).unwrap_or(usize::MAX);
                if length > self.maximum {
                    return Err(FrameError::TooLong { length, maximum: self.maximum });
                }
                if length < HEADER_BYTES {
                    return Err(FrameError::TooShort { length });
                }
                Partial { length, bytes: Vec::with_capacity(length.min(CHUNK_BYTES)) }
            }
        };
        let missing = partial.length - partial.bytes.len();
        let taken = missing.min(self.arrived.len());
        if partial.bytes.capacity() - partial.bytes.len() < taken {
            // Doubled, so that copying stays cheap, but never beyond the length.
            let doubled = (2 * partial.bytes.capacity()).clamp(partial.bytes.len() + taken, partial.length);
            partial.bytes.reserve_exact(doubled - partial.bytes.len());
        }
        partial.bytes.extend_from_slice(&self.arrived[..taken]);
        self.arrived.advance(taken);
        if taken == missing {
            return Ok(Some(Bytes::from(partial.bytes)));
        }
        self.partial = Some(partial);
        Ok(None)
    }

    /// Bytes of memory held for the frame that is arriving.
    #[cfg(test)]
    fn held(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| partial.bytes.capacity())
    }
}

#[cfg(test)]
mod tests;

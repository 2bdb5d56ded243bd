//! A stream of bytes in a file, cut into frames that are verified one by one.
//!
//! Invariant: the reader hands out only bytes of verified frames, in order, and reports the end only where the writer
//! had finished and the file ends too. Neither side holds more than one frame.

use super::error::CheckpointError;
use super::format::HEADER_BYTES;
use crate::DiskFile;
use crate::tag::{Tag, TagKey, array};

/// The most payload of a frame, in bytes.
const FRAME_BYTES: usize = 64 * 1024;

/// Length and end mark before the payload, in bytes.
const PREFIX_BYTES: usize = 8;

/// The shortest file: a header and one empty frame, in bytes.
pub(super) const SHORTEST: u64 = (HEADER_BYTES + PREFIX_BYTES + Tag::BYTES) as u64;

/// Writes a stream behind the header of a file.
pub(super) struct FrameWriter<'a, F> {
    file: &'a mut F,
    offset: u64,
    key: TagKey,
    previous: Tag,
    /// The frame being filled, with room for its prefix.
    frame: Vec<u8>,
}

impl<'a, F: DiskFile> FrameWriter<'a, F> {
    pub(super) fn new(file: &'a mut F, header: Tag, key: TagKey) -> FrameWriter<'a, F> {
        let mut frame = Vec::with_capacity(PREFIX_BYTES + FRAME_BYTES + Tag::BYTES);
        frame.resize(PREFIX_BYTES, 0);
        FrameWriter { file, offset: HEADER_BYTES as u64, key, previous: header, frame }
    }

    pub(super) fn put(&mut self, mut bytes: &[u8]) -> Result<(), CheckpointError> {
        while !bytes.is_empty() {
            let room = PREFIX_BYTES + FRAME_BYTES - self.frame.len();
            if room == 0 {
                self.flush(false)?;
                continue;
            }
            let (taken, rest) = bytes.split_at(bytes.len().min(room));
            self.frame.extend_from_slice(taken);
            bytes = rest;
        }
        Ok(())
    }

    /// Writes the last frame. Returns its tag and the length of the file. Syncs nothing.
    pub(super) fn finish(mut self) -> Result<(Tag, u64), CheckpointError> {
        self.flush(true)?;
        Ok((self.previous, self.offset))
    }

    fn flush(&mut self, last: bool) -> Result<(), CheckpointError> {
        let length = u32::try_from(self.frame.len() - PREFIX_BYTES).unwrap_or(u32::MAX);
        self.frame[..4].copy_from_slice(&length.to_le_bytes());
        self.frame[4..PREFIX_BYTES].copy_from_slice(&u32::from(last).to_le_bytes());
        self.previous = self.key.chain(self.previous, &[&self.frame]);
        self.frame.extend_from_slice(self.previous.as_bytes());
        self.file.write_at(self.offset, &self.frame)?;
        self.offset += self.frame.len() as u64;
        self.frame.truncate(PREFIX_BYTES);
        Ok(())
    }
}

/// Reads a stream behind the header of a file.
pub(super) struct FrameReader<F> {
    name: String,
    file: F,
    length: u64,
    /// Where the next frame begins.
    offset: u64,
    key: TagKey,
    previous: Tag,
    payload: Vec<u8>,
    read: usize,
    last: bool,
}

impl<F: DiskFile> FrameReader<F> {
    pub(super) fn new(name: String, file: F, header: Tag, key: TagKey) -> Result<FrameReader<F>, CheckpointError> {
        let length = file.length()?;
        let offset = HEADER_BYTES as u64;
        Ok(FrameReader { name, file, length, offset, key, previous: header, payload: Vec::new(), read: 0, last: false })
    }

    /// Appends the next `count` bytes to `out`.
    pub(super) fn take(&mut self, count: usize, out: &mut Vec<u8>) -> Result<(), CheckpointError> {
        let mut missing = count;
        while missing > 0 {
            if self.is_at_end()? {
                return Err(self.damaged());
            }
            let taken = missing.min(self.payload.len() - self.read);
            out.extend_from_slice(&self.payload[self.read..self.read + taken]);
            self.read += taken;
            missing -= taken;
        }
        Ok(())
    }

    /// Whether the stream is at its end, which is also the end of the file.
    pub(super) fn is_at_end(&mut self) -> Result<bool, CheckpointError> {
        while self.read == self.payload.len() {
            if self.last {
                return if self.offset == self.length { Ok(true) } else { Err(self.damaged()) };
            }
            self.next_frame()?;
        }
        Ok(false)
    }

    /// The tag of the last frame read.
    pub(super) fn tag(&self) -> Tag {
        self.previous
    }

    /// The next frame, or what is in the present one, is not what was written.
    pub(super) fn damaged(&self) -> CheckpointError {
        CheckpointError::Damaged { file: self.name.clone(), offset: self.offset }
    }

    fn next_frame(&mut self) -> Result<(), CheckpointError> {
        let overhead = (PREFIX_BYTES + Tag::BYTES) as u64;
        let room = self.length.saturating_sub(self.offset);
        if room < overhead {
            return Err(self.damaged());
        }
        let mut prefix = [0; PREFIX_BYTES];
        self.file.read_at(self.offset, &mut prefix)?;
        let length = u32::from_le_bytes(array(&prefix, 0)) as usize;
        if length > FRAME_BYTES || length as u64 > room - overhead {
            return Err(self.damaged());
        }
        self.payload.resize(length + Tag::BYTES, 0);
        self.file.read_at(self.offset + PREFIX_BYTES as u64, &mut self.payload)?;
        let tag = Tag::from_bytes(array(&self.payload, length));
        self.payload.truncate(length);
        if self.key.chain(self.previous, &[&prefix, &self.payload]) != tag {
            return Err(self.damaged());
        }
        self.read = 0;
        self.last = u32::from_le_bytes(array(&prefix, 4)) != 0;
        self.previous = tag;
        self.offset += overhead + length as u64;
        Ok(())
    }
}

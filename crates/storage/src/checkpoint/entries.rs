//! Entries in a stream: the key's length, whether there is a value, its length, the key, the value.

use super::MAX_ENTRY_PART;
use super::error::CheckpointError;
use super::frames::{FrameReader, FrameWriter};
use crate::DiskFile;
use crate::tag::array;

const PREFIX_BYTES: usize = 9;
const REMOVED: u8 = 0;
const PRESENT: u8 = 1;

/// Writes entries, and checks that a loader could make sense of them.
pub(super) struct EntryWriter<'a, F> {
    frames: FrameWriter<'a, F>,
    is_base: bool,
    index: u64,
    previous_key: Option<Vec<u8>>,
}

impl<'a, F: DiskFile> EntryWriter<'a, F> {
    pub(super) fn new(frames: FrameWriter<'a, F>, is_base: bool) -> EntryWriter<'a, F> {
        EntryWriter { frames, is_base, index: 0, previous_key: None }
    }

    pub(super) fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), CheckpointError> {
        let index = self.index;
        if self.is_base && value.is_none() {
            return Err(CheckpointError::RemovalInBase { index });
        }
        let length = key.len().max(value.map_or(0, <[u8]>::len));
        if length > MAX_ENTRY_PART {
            return Err(CheckpointError::EntryTooLarge { index, length });
        }
        match &mut self.previous_key {
            Some(previous) if previous.as_slice() >= key => return Err(CheckpointError::Unordered { index }),
            Some(previous) => {
                previous.clear();
                previous.extend_from_slice(key);
            }
            None => self.previous_key = Some(key.to_vec()),
        }
        let size = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes();
        self.frames.put(&size(key))?;
        self.frames.put(&[if value.is_some() { PRESENT } else { REMOVED }])?;
        self.frames.put(&size(value.unwrap_or_default()))?;
        self.frames.put(key)?;
        self.frames.put(value.unwrap_or_default())?;
        self.index += 1;
        Ok(())
    }

    pub(super) fn into_frames(self) -> FrameWriter<'a, F> {
        self.frames
    }
}

/// A key, and its value unless the key was removed.
pub(super) type Entry = (Vec<u8>, Option<Vec<u8>>);

/// The next entry, or nothing at the end of the stream.
pub(super) fn next_entry<F: DiskFile>(frames: &mut FrameReader<F>) -> Result<Option<Entry>, CheckpointError> {
    if frames.is_at_end()? {
        return Ok(None);
    }
    let mut prefix = Vec::with_capacity(PREFIX_BYTES);
    frames.take(PREFIX_BYTES, &mut prefix)?;
    let key_length = u32::from_le_bytes(array(&prefix, 0)) as usize;
    let value_length = u32::from_le_bytes(array(&prefix, 5)) as usize;
    if key_length > MAX_ENTRY_PART || value_length > MAX_ENTRY_PART {
        return Err(frames.damaged());
    }
    let (mut key, mut value) = (Vec::new(), Vec::new());
    frames.take(key_length, &mut key)?;
    frames.take(value_length, &mut value)?;
    match prefix[4] {
        PRESENT => Ok(Some((key, Some(value)))),
        REMOVED if value_length == 0 => Ok(Some((key, None))),
        _ => Err(frames.damaged()),
    }
}

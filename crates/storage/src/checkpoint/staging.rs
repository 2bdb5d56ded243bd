//! Pieces of a checkpoint that is being fetched, kept through a crash so that only the others have to be fetched again.
//!
//! One file for each checkpoint that is fetched: a header that names it, and the pieces, each with a tag that is
//! chained to the one before it. A piece is durable once [`Staging::append`] has returned. Reading ends at the first
//! piece that is not whole, which is the one that a crash cut short, or damage. Nothing here is believed: whoever reads
//! a piece verifies it again, so whatever is lost or wrong costs time only.

use super::format::{number_of, numbered};
use crate::tag::{Tag, TagKey, array};
use crate::{Disk, DiskError, DiskFile, Failure, Identity};
use bytes::Bytes;
use synod_kernel::Digest;
use synod_kernel::process::RANGE_KEY_MAX;
use synod_state::map::MAX_CHUNK_BYTES;

const MAGIC: [u8; 8] = *b"SYNODTRF";
const VERSION: u32 = 1;
const PREFIX: &str = "transfer-";
/// Magic, version, identity, sequence number and root.
const BODY_BYTES: usize = 8 + 4 + Identity::ENCODED_BYTES + 8 + 32;
const HEADER_BYTES: usize = Tag::BYTES + BODY_BYTES;
/// The lengths of the key and of the piece.
const PREFIX_BYTES: usize = 8;
const HEADER_CONTEXT: &str = "synod storage transfer version 1: header";
const FRAME_CONTEXT: &str = "synod storage transfer version 1: pieces of the file with this header tag";

/// The file of a checkpoint that is being fetched, at its end.
#[derive(Debug)]
pub(crate) struct Staging<F> {
    file: F,
    offset: u64,
    key: TagKey,
    previous: Tag,
}

/// The checkpoints of which pieces are here, ascending.
pub(crate) fn staged<D: Disk>(disk: &D) -> Result<Vec<u64>, DiskError> {
    Ok(disk.list()?.iter().filter_map(|name| number_of(name, PREFIX)).collect())
}

/// The position of the one of these checkpoints, of which there is at least one, that least is here of.
pub(crate) fn smallest<D: Disk>(disk: &D, sequences: &[u64]) -> Result<usize, DiskError> {
    let length = |sequence: &u64| disk.open(&numbered(PREFIX, *sequence))?.length();
    let lengths = sequences.iter().map(length).collect::<Result<Vec<u64>, DiskError>>()?;
    Ok(lengths.iter().enumerate().min_by_key(|(_, length)| **length).map_or(0, |(position, _)| position))
}

/// Forgets the pieces of a checkpoint.
pub(crate) fn discard<D: Disk>(disk: &D, sequence: u64) -> Result<(), DiskError> {
    disk.remove(&numbered(PREFIX, sequence))
}

/// Reads the pieces of a checkpoint, each with the key it starts from, and returns the root they were verified
/// against; none if the file is not whole up to there.
pub(crate) fn read<D: Disk>(
    disk: &D,
    identity: Identity,
    sequence: u64,
    visit: impl FnMut(&Digest, Bytes, Bytes),
) -> Result<Option<Digest>, DiskError> {
    let file = disk.open(&numbered(PREFIX, sequence))?;
    let Some((root, tag)) = read_header(&file, identity, sequence)? else { return Ok(None) };
    Staging::at_start(file, tag).read(&root, visit)?;
    Ok(Some(root))
}

impl<F: DiskFile> Staging<F> {
    /// Opens the file of a checkpoint to append to it, after reading the pieces that are there, or makes it. A file
    /// that is about another root, or whose header is not whole, is made anew.
    pub(crate) fn open<D: Disk<File = F>>(
        disk: &D,
        identity: Identity,
        sequence: u64,
        root: &Digest,
        visit: impl FnMut(&Digest, Bytes, Bytes),
    ) -> Result<Self, DiskError> {
        let name = numbered(PREFIX, sequence);
        match disk.open(&name) {
            Ok(file) => match read_header(&file, identity, sequence)? {
                Some((found, tag)) if found == *root => Self::at_start(file, tag).read(root, visit),
                Some(_) | None => {
                    drop(file);
                    disk.remove(&name)?;
                    Self::create(disk, identity, sequence, root)
                }
            },
            Err(error) if error.failure == Failure::NotFound => Self::create(disk, identity, sequence, root),
            Err(error) => Err(error),
        }
    }

    fn create<D: Disk<File = F>>(
        disk: &D,
        identity: Identity,
        sequence: u64,
        root: &Digest,
    ) -> Result<Self, DiskError> {
        let mut file = disk.create(&numbered(PREFIX, sequence))?;
        let body = body(identity, sequence, root);
        let tag = TagKey::derive(HEADER_CONTEXT, &[]).tag(&body);
        file.write_at(0, &[tag.as_bytes().as_slice(), &body].concat())?;
        file.sync()?;
        disk.sync_dir()?;
        Ok(Self::at_start(file, tag))
    }

    fn at_start(file: F, header: Tag) -> Self {
        let key = TagKey::derive(FRAME_CONTEXT, header.as_bytes());
        Self { file, offset: HEADER_BYTES as u64, key, previous: header }
    }

    /// Keeps a piece, durably.
    pub(crate) fn append(&mut self, from: &[u8], chunk: &[u8]) -> Result<(), DiskError> {
        let length = |part: &[u8]| u32::try_from(part.len()).expect("keys and pieces are bounded").to_le_bytes();
        let prefix = [length(from), length(chunk)].concat();
        let tag = self.key.chain(self.previous, &[&prefix, from, chunk]);
        let frame = [&prefix, from, chunk, tag.as_bytes().as_slice()].concat();
        self.file.write_at(self.offset, &frame)?;
        self.file.sync()?;
        self.offset += frame.len() as u64;
        self.previous = tag;
        Ok(())
    }

    /// Reads on to the last whole piece.
    fn read(mut self, root: &Digest, mut visit: impl FnMut(&Digest, Bytes, Bytes)) -> Result<Self, DiskError> {
        let length = self.file.length()?;
        while let Some((from, chunk)) = self.next(length)? {
            visit(root, from, chunk);
        }
        Ok(self)
    }

    fn next(&mut self, length: u64) -> Result<Option<(Bytes, Bytes)>, DiskError> {
        let room = length.saturating_sub(self.offset);
        let overhead = (PREFIX_BYTES + Tag::BYTES) as u64;
        if room < overhead {
            return Ok(None);
        }
        let mut prefix = [0; PREFIX_BYTES];
        self.file.read_at(self.offset, &mut prefix)?;
        let key = u32::from_le_bytes(array(&prefix, 0)) as usize;
        let chunk = u32::from_le_bytes(array(&prefix, 4)) as usize;
        if key > RANGE_KEY_MAX || chunk > MAX_CHUNK_BYTES || (key + chunk) as u64 > room - overhead {
            return Ok(None);
        }
        let mut bytes = vec![0; key + chunk + Tag::BYTES];
        self.file.read_at(self.offset + PREFIX_BYTES as u64, &mut bytes)?;
        let tag = Tag::from_bytes(array(&bytes, key + chunk));
        bytes.truncate(key + chunk);
        if self.key.chain(self.previous, &[&prefix, &bytes]) != tag {
            return Ok(None);
        }
        self.previous = tag;
        self.offset += overhead + bytes.len() as u64;
        let bytes = Bytes::from(bytes);
        Ok(Some((bytes.slice(..key), bytes.slice(key..))))
    }
}

fn body(identity: Identity, sequence: u64, root: &Digest) -> Vec<u8> {
    let parts: [&[u8]; 5] =
        [&MAGIC, &VERSION.to_le_bytes(), &identity.encode(), &sequence.to_le_bytes(), root.as_bytes()];
    parts.concat()
}

/// The root that a file is about and the tag of its header, if it is whole and about this checkpoint of ours.
fn read_header<F: DiskFile>(file: &F, identity: Identity, sequence: u64) -> Result<Option<(Digest, Tag)>, DiskError> {
    if file.length()? < HEADER_BYTES as u64 {
        return Ok(None);
    }
    let mut bytes = [0; HEADER_BYTES];
    file.read_at(0, &mut bytes)?;
    let tag = Tag::from_bytes(array(&bytes, 0));
    let root = Digest(array(&bytes, HEADER_BYTES - 32));
    let is_whole = TagKey::derive(HEADER_CONTEXT, &[]).tag(&bytes[Tag::BYTES..]) == tag
        && bytes[Tag::BYTES..] == body(identity, sequence, &root);
    Ok(is_whole.then_some((root, tag)))
}

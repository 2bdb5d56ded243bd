//! The name and the header of a checkpoint file.

use super::error::CheckpointError;
use crate::Identity;
use crate::tag::{Tag, TagKey, array};

/// The name of the one unfinished file.
pub(super) const TEMPORARY: &str = "checkpoint.tmp";

/// The length of the header, in bytes.
pub(super) const HEADER_BYTES: usize = 144;

/// Where the header names the parent, in bytes.
pub(super) const PARENT_AT: usize = 120;

const MAGIC: [u8; 8] = *b"SYNODCKP";
const VERSION: u32 = 1;
const BODY_AT: usize = Tag::BYTES;
const PREFIX: &str = "checkpoint-";
const DIGITS: usize = 20;
const HEADER_CONTEXT: &str = "synod storage checkpoint version 1: header";
const FRAME_CONTEXT: &str = "synod storage checkpoint version 1: frames of the file with this header tag";

/// The checkpoint that a delta builds on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) sequence: u64,
    /// The last tag of its file.
    pub(super) end: Tag,
}

/// What a checkpoint file says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) identity: Identity,
    pub(super) sequence: u64,
    pub(super) digest: [u8; 32],
    /// None for a base.
    pub(super) parent: Option<Parent>,
}

impl Header {
    /// The encoded header, its tag, and the key for the frames behind it.
    pub(super) fn encode(&self) -> (Vec<u8>, Tag, TagKey) {
        let mut bytes = vec![0; Tag::BYTES];
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&u32::from(self.parent.is_some()).to_le_bytes());
        bytes.extend_from_slice(&self.identity.encode());
        bytes.extend_from_slice(&[0; 6]);
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.digest);
        let parent = self.parent.unwrap_or(Parent { sequence: 0, end: Tag::default() });
        bytes.extend_from_slice(&parent.sequence.to_le_bytes());
        bytes.extend_from_slice(parent.end.as_bytes());
        assert!(bytes.len() == HEADER_BYTES, "the layout of the header is fixed");
        let tag = TagKey::derive(HEADER_CONTEXT, &[]).tag(&bytes[BODY_AT..]);
        bytes[..Tag::BYTES].copy_from_slice(tag.as_bytes());
        (bytes, tag, frame_key(tag))
    }

    /// Reads the header of `file`, the checkpoint with the number `sequence`.
    pub(super) fn decode(
        bytes: &[u8; HEADER_BYTES],
        file: &str,
        sequence: u64,
        identity: Identity,
    ) -> Result<(Header, Tag, TagKey), CheckpointError> {
        let damaged = || CheckpointError::Damaged { file: file.to_owned(), offset: 0 };
        let tag = Tag::from_bytes(array(bytes, 0));
        let body = &bytes[BODY_AT..];
        if TagKey::derive(HEADER_CONTEXT, &[]).tag(body) != tag || !body.starts_with(&MAGIC) {
            return Err(damaged());
        }
        let version = u32::from_le_bytes(array(body, 8));
        if version != VERSION {
            return Err(CheckpointError::UnsupportedVersion { file: file.to_owned(), version });
        }
        let parent = Parent {
            sequence: u64::from_le_bytes(array(bytes, PARENT_AT)),
            end: Tag::from_bytes(array(bytes, PARENT_AT + 8)),
        };
        let header = Header {
            identity: Identity::decode(&array(body, 16)),
            sequence: u64::from_le_bytes(array(body, 64)),
            digest: array(body, 72),
            parent: (u32::from_le_bytes(array(body, 12)) != 0).then_some(parent),
        };
        if header.identity != identity {
            let (file, found) = (file.to_owned(), header.identity);
            return Err(CheckpointError::ForeignIdentity { file, expected: identity, found });
        }
        if header.sequence != sequence || header.parent.is_some_and(|parent| parent.sequence >= sequence) {
            return Err(damaged());
        }
        Ok((header, tag, frame_key(tag)))
    }
}

fn frame_key(header: Tag) -> TagKey {
    TagKey::derive(FRAME_CONTEXT, header.as_bytes())
}

/// The name of the checkpoint with this number.
pub(super) fn name_of(sequence: u64) -> String {
    numbered(PREFIX, sequence)
}

/// The number of the checkpoint with this name, if it is the name of a checkpoint.
pub(super) fn sequence_of(name: &str) -> Option<u64> {
    number_of(name, PREFIX)
}

/// A name that ends with a number.
pub(super) fn numbered(prefix: &str, sequence: u64) -> String {
    format!("{prefix}{sequence:0DIGITS$}")
}

/// The number of a name that was made with this prefix.
pub(super) fn number_of(name: &str, prefix: &str) -> Option<u64> {
    let digits = name.strip_prefix(prefix)?;
    let well_formed = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed { digits.parse().ok() } else { None }
}

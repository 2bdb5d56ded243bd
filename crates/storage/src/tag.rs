//! The one checksum of this crate: keyed BLAKE3, cut to 128 bits.
//!
//! A tag is not a signature: its keys are not secret. It is wide enough that damage, stale data and data in the wrong
//! place are never accepted by chance, also when a hostile client chose the bytes around them.

/// A checksum that also says where and in which file the checked bytes belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Tag([u8; Tag::BYTES]);

impl Tag {
    pub(crate) const BYTES: usize = 16;

    pub(crate) fn from_bytes(bytes: [u8; Tag::BYTES]) -> Tag {
        Tag(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; Tag::BYTES] {
        &self.0
    }
}

/// The key of all tags of one kind in one file.
#[derive(Clone, Debug)]
pub(crate) struct TagKey([u8; 32]);

impl TagKey {
    /// The key for one purpose, named by `context`, in the file that `salt` identifies.
    pub(crate) fn derive(context: &str, salt: &[u8]) -> TagKey {
        TagKey(blake3::derive_key(context, salt))
    }

    pub(crate) fn tag(&self, bytes: &[u8]) -> Tag {
        Tag(array(blake3::keyed_hash(&self.0, bytes).as_bytes(), 0))
    }

    /// The tag of `bytes` that follow something tagged `previous`.
    pub(crate) fn chain(&self, previous: Tag, bytes: &[&[u8]]) -> Tag {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&previous.0);
        for part in bytes {
            hasher.update(part);
        }
        Tag(array(hasher.finalize().as_bytes(), 0))
    }
}

/// The `N` bytes at `offset` of a buffer whose size the caller has fixed.
pub(crate) fn array<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[offset..offset + N]);
    out
}

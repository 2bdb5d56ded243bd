//! Collision-resistant digests with a purpose.
//!
//! A digest is made for one purpose, and the purpose is hashed in front: bytes hashed as a batch can never pass
//! for bytes hashed as a statement. The hash is BLAKE3 (256 bits).

use core::fmt;

/// 32 bytes of BLAKE3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// All zeros: stands for "nothing yet"; no known input hashes to it.
    pub const ZERO: Self = Self([0; 32]);

    /// The digest of `bytes` for one purpose, e.g. `"synod batch v1"`.
    pub fn of(purpose: &str, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(purpose);
        hasher.update(bytes);
        hasher.finish()
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// An incremental digest for one purpose. Whoever adds more than one field must make lengths unambiguous.
#[derive(Clone, Debug)]
pub struct Hasher(blake3::Hasher);

impl Hasher {
    /// Starts with the purpose, length first.
    pub fn new(purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(purpose.len() as u64).to_le_bytes());
        hasher.update(purpose.as_bytes());
        Self(hasher)
    }

    /// Appends bytes.
    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    /// The digest of everything appended.
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

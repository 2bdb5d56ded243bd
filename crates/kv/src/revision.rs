//! The store's logical time.

use core::fmt;
use synod_kernel::{Decode, Encode, Malformed, Reader, Writer};

/// How many changes the store has seen, plus one. The empty store is at revision 1, its first change makes revision 2.
/// Revision 0 stands for a key that is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a key that is absent.
    pub const ABSENT: Self = Self(0);
    /// The revision of a store that nothing happened to.
    pub const FIRST: Self = Self(1);

    /// The revision with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The one after it.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.checked_add(1).expect("a revision counted one by one never reaches u64::MAX"))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Encode for Revision {
    fn encode(&self, writer: &mut Writer) {
        self.0.encode(writer);
    }
}

impl Decode for Revision {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self(Decode::decode(reader)?))
    }
}

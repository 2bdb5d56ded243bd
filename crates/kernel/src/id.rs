//! Who, when, where: identities and counters.
//!
//! No `From<u64>` and no arithmetic across kinds: a number is not a view. Counters that peers can name are only
//! ever compared; they are advanced from our own state alone, which is why [`View::next`] and [`Seq::next`] may
//! assert.

use core::fmt;

/// One of the n replicas of an epoch, by its position in the descriptor (0 to n-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicaId(u16);

/// A client, named by its Ed25519 verification key: an identity cannot differ from the key that proves it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId([u8; 32]);

/// A period led by one primary. [PBFT-OSDI99 §4]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct View(u64);

/// A position in the agreed order, from 1; 0 is the state before the first batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(u64);

/// A configuration of members. Statements of one epoch mean nothing in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

/// One incarnation of a client: chosen by the client, larger than every one it used before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

/// One request of a session, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

macro_rules! counter {
    ($name:ident) => {
        impl $name {
            /// The counter with this value.
            pub const fn new(value: u64) -> Self {
                Self(value)
            }
            /// Its value.
            pub const fn get(self) -> u64 {
                self.0
            }
            /// The one after it. Asserts below `u64::MAX`, which counting by one from our own state never reaches.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.checked_add(1).expect("a counter advanced one by one never reaches u64::MAX"))
            }
            /// `distance` further on, or the largest value there is.
            #[must_use]
            pub const fn plus(self, distance: u64) -> Self {
                Self(self.0.saturating_add(distance))
            }
            /// `distance` further back, or zero.
            #[must_use]
            pub const fn minus(self, distance: u64) -> Self {
                Self(self.0.saturating_sub(distance))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
counter!(View);
counter!(Seq);
counter!(Epoch);
counter!(SessionId);
counter!(RequestId);

impl ReplicaId {
    /// The replica at this position. Whether it is a member is [`Membership::contains`](crate::Membership::contains).
    pub const fn new(position: u16) -> Self {
        Self(position)
    }
    /// Its position in the descriptor.
    pub const fn get(self) -> u16 {
        self.0
    }
    /// Its position, to index with.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ReplicaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ClientId {
    /// The client whose verification key has these bytes.
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }
    /// The bytes of its verification key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientId({self})")
    }
}

/// An end of a channel, as authenticated by the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A replica of the current epoch.
    Replica(ReplicaId),
    /// A registered client.
    Client(ClientId),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replica(id) => write!(f, "replica {id}"),
            Self::Client(id) => write!(f, "client {id}"),
        }
    }
}

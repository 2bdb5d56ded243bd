//! How many replicas there are, how many may fail, and how many are therefore enough.
//!
//! Every quorum in synod comes from here, for every legal n and not only for n = 3f+1: with five replicas and
//! one liar a quorum of 3 is unsafe and 4 is right, which is what a stored "2f+1" gets wrong.

use crate::id::{ReplicaId, View};
use core::fmt;

/// The largest number of replicas. Certificates name their signers one by one; beyond this size they would not
/// be the right tool.
pub const MAX_REPLICAS: u16 = 100;

/// What at most f replicas may do besides following the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Faults {
    /// Stop and restart. Paxos.
    Crash(u16),
    /// Anything at all, except break cryptography. Byzantine Paxos, PBFT.
    Byzantine(u16),
}

/// A fixed set of replicas and the faults it is promised to survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Membership {
    replicas: u16,
    faults: Faults,
}

/// Why a membership is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipError {
    /// Fewer than 2f+1 (crash) or 3f+1 (Byzantine) replicas.
    TooFewReplicas {
        /// How many there are.
        replicas: u16,
        /// How many it takes.
        minimum: u32,
    },
    /// More than [`MAX_REPLICAS`].
    TooManyReplicas {
        /// How many there are.
        replicas: u16,
    },
}

impl fmt::Display for MembershipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewReplicas { replicas, minimum } => {
                write!(f, "{replicas} replicas are too few: these faults need at least {minimum}")
            }
            Self::TooManyReplicas { replicas } => {
                write!(f, "{replicas} replicas are too many: at most {MAX_REPLICAS}")
            }
        }
    }
}

impl core::error::Error for MembershipError {}

impl Membership {
    /// Fails unless n >= 2f+1 (crash) or n >= 3f+1 (Byzantine), and 1 <= n <= [`MAX_REPLICAS`].
    pub const fn new(replicas: u16, faults: Faults) -> Result<Self, MembershipError> {
        let minimum = match faults {
            Faults::Crash(f) => 2 * f as u32 + 1,
            Faults::Byzantine(f) => 3 * f as u32 + 1,
        };
        if (replicas as u32) < minimum {
            return Err(MembershipError::TooFewReplicas { replicas, minimum });
        }
        if replicas > MAX_REPLICAS {
            return Err(MembershipError::TooManyReplicas { replicas });
        }
        Ok(Self { replicas, faults })
    }

    /// n: how many replicas there are.
    pub const fn size(&self) -> u16 {
        self.replicas
    }

    /// f: how many may be faulty.
    pub const fn tolerated(&self) -> u16 {
        match self.faults {
            Faults::Crash(f) | Faults::Byzantine(f) => f,
        }
    }

    /// The kind of fault and how many of it.
    pub const fn faults(&self) -> Faults {
        self.faults
    }

    /// Any two strong quorums share a replica that follows the protocol: ceil((n+f+1)/2), which is 2f+1 only
    /// when n = 3f+1. With crashes only, a majority.
    pub const fn strong(&self) -> usize {
        let n = self.replicas as usize;
        match self.faults {
            Faults::Crash(_) => n / 2 + 1,
            Faults::Byzantine(f) => (n + f as usize) / 2 + 1,
        }
    }

    /// A weak quorum holds at least one replica that follows the protocol: f+1. With crashes only, one.
    pub const fn weak(&self) -> usize {
        match self.faults {
            Faults::Crash(_) => 1,
            Faults::Byzantine(f) => f as usize + 1,
        }
    }

    /// The primary of a view: v mod n. [PBFT-OSDI99 §4]
    pub fn primary(&self, view: View) -> ReplicaId {
        let position = view.get() % u64::from(self.replicas);
        ReplicaId::new(u16::try_from(position).expect("a remainder of division by a u16 fits a u16"))
    }

    /// Every replica, in order.
    pub fn replicas(&self) -> impl DoubleEndedIterator<Item = ReplicaId> + use<> {
        (0..self.replicas).map(ReplicaId::new)
    }

    /// Whether `id` is one of them.
    pub const fn contains(&self, id: ReplicaId) -> bool {
        id.get() < self.replicas
    }
}

#[cfg(test)]
mod tests;

//! The protocols that can be put on trial.

use crate::names::UnknownName;
use std::fmt;
use std::str::FromStr;
use synod_sim::Count;

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Practical Byzantine fault tolerance, with signatures.
    Pbft,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Pbft];

    /// As it is typed and printed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pbft => "pbft",
        }
    }

    /// What can never happen to it, so that nobody wonders why it did not.
    pub const fn never(self) -> &'static [Count] {
        match self {
            // It executes nothing before it is decided.
            Self::Pbft => &[Count::Rollbacks],
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Protocol {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name).ok_or_else(|| UnknownName {
            kind: "protocol",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).to_vec(),
        })
    }
}

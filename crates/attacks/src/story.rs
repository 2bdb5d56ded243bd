//! What is told of an attack: to whoever lists the gallery, and to the tests that hold it to its word.

use core::fmt;

/// An attack in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story {
    /// One word or a few, with hyphens; no two attacks share it.
    pub name: &'static str,
    /// What the liars do.
    pub tells: &'static str,
    /// What they must not achieve as long as there are no more of them than are tolerated.
    pub withstood: &'static str,
    /// The rules of the simulator that one liar too many breaks, by name; none for an attack that only costs time.
    pub breaks: &'static [&'static str],
    /// Where it comes from: papers by their keys, and sections.
    pub sources: &'static [&'static str],
    /// The rows of `docs/faults.md` that it belongs to.
    pub rows: &'static [&'static str],
    /// Against whom it can be run.
    pub protocols: Protocols,
}

/// Which protocols an attack can be run against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocols {
    /// All, because it never looks inside a message.
    Every,
    /// These, because it knows their words.
    Only(&'static [&'static str]),
}

impl Protocols {
    /// Whether the attack can be run against this one.
    pub fn includes(&self, protocol: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Only(names) => names.contains(&protocol),
        }
    }
}

impl fmt::Display for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("every protocol"),
            Self::Only(names) => names.iter().enumerate().try_for_each(|(index, name)| {
                let comma = if index == 0 { "" } else { ", " };
                write!(f, "{comma}{name}")
            }),
        }
    }
}

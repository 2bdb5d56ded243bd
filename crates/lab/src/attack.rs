//! The attacks that a run can be under, and which of them a campaign chooses for which seed.

use crate::names::UnknownName;
use crate::protocol::Protocol;
use std::fmt;
use synod_attacks::{Story, pbft};
use synod_kernel::chooser::{Chooser, Seeded};

/// What keeps the draw of attacks apart from the other draws of a seed.
const DRAW: u64 = 0xA77A_C4ED_0F5E_ED00;

/// Who owns the corrupted replicas of a run: an attack of the gallery, or nobody, because there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attack(Option<&'static Story>);

impl Attack {
    /// Nobody lies.
    pub const NONE: Self = Self(None);

    /// The attacks that can be tried on a protocol, in the order of the gallery.
    pub fn against(protocol: Protocol) -> Vec<Self> {
        let stories: Vec<&'static Story> = match protocol {
            Protocol::Pbft => pbft::gallery().iter().map(synod_attacks::Attack::story).collect(),
        };
        stories.into_iter().map(|story| Self(Some(story))).collect()
    }

    /// The attack of this name, or none, if it is called that.
    ///
    /// # Errors
    /// If there is none that can be tried on this protocol.
    pub fn named(name: &str, protocol: Protocol) -> Result<Self, UnknownName> {
        if name == Self::NONE.name() {
            return Ok(Self::NONE);
        }
        Self::against(protocol)
            .into_iter()
            .find(|attack| attack.name() == name)
            .ok_or_else(|| unknown(name, protocol, &["none"]))
    }

    /// As it is typed and printed.
    pub const fn name(self) -> &'static str {
        match self.0 {
            Some(story) => story.name,
            None => "none",
        }
    }

    /// What is told of it.
    pub const fn story(self) -> Option<&'static Story> {
        self.0
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn unknown(name: &str, protocol: Protocol, more: &[&'static str]) -> UnknownName {
    let attacks = Attack::against(protocol);
    let known = attacks.into_iter().map(Attack::name).chain(more.iter().copied()).collect();
    UnknownName { kind: "attack", name: name.to_owned(), known }
}

/// Which attacks a campaign tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assault {
    /// The same in every run, or none.
    Only(Attack),
    /// Each seed draws one of all, or none.
    Any,
}

impl Assault {
    /// The attack in the run of this seed: a function of the seed alone. `must_attack` leaves out none.
    pub fn of(self, seed: u64, protocol: Protocol, must_attack: MustAttack) -> Attack {
        match self {
            Self::Only(attack) => attack,
            Self::Any => {
                let mut all = Attack::against(protocol);
                if must_attack == MustAttack::No {
                    all.insert(0, Attack::NONE);
                }
                all[Seeded::new(seed ^ DRAW).choose("attack", all.len())]
            }
        }
    }
}

/// Whether a run without an attack would mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MustAttack {
    /// It would not: some runs are to be without.
    No,
    /// It would: the campaign is there to see what breaks.
    Yes,
}

impl fmt::Display for Assault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only(attack) => attack.fmt(f),
            Self::Any => f.pad("any"),
        }
    }
}

impl Assault {
    /// What this name asks for: an attack, none, or any.
    ///
    /// # Errors
    /// If there is no such attack that can be tried on this protocol.
    pub fn named(name: &str, protocol: Protocol) -> Result<Self, UnknownName> {
        match name {
            "any" => Ok(Self::Any),
            name => {
                Attack::named(name, protocol).map(Self::Only).map_err(|_| unknown(name, protocol, &["any", "none"]))
            }
        }
    }
}

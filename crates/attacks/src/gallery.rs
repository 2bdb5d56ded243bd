//! Every attack there is, by name: a story each, and a way to make the adversary.
//!
//! Attacks that look inside messages are listed with their protocol, as in [`pbft::gallery`](crate::pbft::gallery),
//! together with those of [`generic`], which run against every protocol.

use crate::amnesia::{self, Amnesia};
use crate::attacker::Attacker;
use crate::censor::{self, Censor};
use crate::delay::{self, Delay};
use crate::misroute::{self, Misroute};
use crate::mute::{self, MuteAfter};
use crate::pause::{self, Pause};
use crate::repeat::{self, Repeat};
use crate::replay::{self, Replay};
use crate::replies::{self, LyingReplies};
use crate::selective::{self, Selective};
use crate::silent::{self, Silent};
use crate::story::Story;
use crate::twins::{self, Twins};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use synod_kernel::Process;
use synod_kernel::adversary::Adversary;

/// An attack that can be run against the protocol `P`.
pub struct Attack<P: Process> {
    story: &'static Story,
    make: fn() -> Attacker<P>,
}

impl<P: Process> Attack<P> {
    /// The attack of an adversary that needs to be told nothing.
    pub(crate) fn of<A: Adversary<P> + Default>(story: &'static Story) -> Self {
        Self { story, make: || Attacker::new(A::default()) }
    }

    /// What is told of it.
    pub fn story(&self) -> &'static Story {
        self.story
    }

    /// An adversary that has not done anything yet.
    pub fn adversary(&self) -> Attacker<P> {
        (self.make)()
    }
}

impl<P: Process> Clone for Attack<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Process> Copy for Attack<P> {}

impl<P: Process> fmt::Debug for Attack<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Attack").field(&self.story.name).finish()
    }
}

/// The attacks that never look inside a message.
pub fn generic<P: Process>() -> Vec<Attack<P>> {
    vec![
        Attack::of::<Silent>(&silent::STORY),
        Attack::of::<MuteAfter>(&mute::STORY),
        Attack::of::<Selective>(&selective::STORY),
        Attack::of::<Delay<P>>(&delay::STORY),
        Attack::of::<Pause<P>>(&pause::STORY),
        Attack::of::<Repeat>(&repeat::STORY),
        Attack::of::<Replay<P>>(&replay::STORY),
        Attack::of::<Twins<P>>(&twins::STORY),
        Attack::of::<Amnesia<P>>(&amnesia::STORY),
        Attack::of::<Censor>(&censor::STORY),
        Attack::of::<Misroute>(&misroute::STORY),
        Attack::of::<LyingReplies>(&replies::STORY),
    ]
}

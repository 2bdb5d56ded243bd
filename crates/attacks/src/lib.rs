//! Adversaries: each owns honest cores and makes them lie.
//!
//! No honest core contains a fault. An attack stands in front of it, sees everything that reaches the coalition,
//! and decides what leaves; it signs as its puppets and as nobody else. Each file tells its story, what the attack
//! must not achieve with f replicas, and what it does achieve with f+1: the second is what makes a test of the
//! first worth anything.
//!
//! Attacks that never look inside a message run against every protocol, and are listed by [`generic`]; those under
//! [`pbft`] know its words, and [`pbft::gallery`] lists all that PBFT has to withstand.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod amnesia;
mod attacker;
mod censor;
mod delay;
mod gallery;
mod misroute;
mod mute;
mod pause;
pub mod pbft;
mod repeat;
mod replay;
mod replies;
mod selective;
mod service;
mod silent;
mod story;
mod strings;
mod twins;

pub use amnesia::Amnesia;
pub use attacker::Attacker;
pub use censor::Censor;
pub use delay::Delay;
pub use gallery::{Attack, generic};
pub use misroute::Misroute;
pub use mute::MuteAfter;
pub use pause::Pause;
pub use repeat::Repeat;
pub use replay::Replay;
pub use replies::LyingReplies;
pub use selective::Selective;
pub use silent::Silent;
pub use story::{Protocols, Story};
pub use twins::Twins;

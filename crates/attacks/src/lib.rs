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

mod attacker;
mod gallery;
pub mod pbft;
mod silent;
mod story;

pub use attacker::Attacker;
pub use gallery::{Attack, generic};
pub use silent::Silent;
pub use story::{Protocols, Story};

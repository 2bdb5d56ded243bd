//! The rules of PBFT, one test each, named by the section they come from. [PBFT-OSDI99] [PBFT-TOCS02]
#![allow(clippy::unwrap_used, unreachable_pub)]

mod normal;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "one vocabulary for all modules")]
mod support;

//! The rules of PBFT, one test each, named by the section they come from. [PBFT-OSDI99] [PBFT-TOCS02]
#![allow(clippy::unwrap_used, unreachable_pub)]

mod boot;
mod catch_up;
mod checkpoint;
mod floor;
mod new_view;
mod normal;
mod repeats;
mod replies;
mod requests;
mod settled;
mod slow_help;
mod storm;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "one vocabulary for all modules")]
mod support;
mod syncs;
mod transfer;
mod view_change;

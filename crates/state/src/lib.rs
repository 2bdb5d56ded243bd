//! The replicated service: what is kept, how it changes, and how any part of it is proved.
//!
//! * [`map`] is the authenticated ordered map in which everything that is replicated lives. Its root digest is what
//!   replicas vote on at a checkpoint, and what state transfer and proofs to outsiders are checked against.
//! * [`StateMachine`] is what a user writes; [`Space`] is the part of the map it may touch.
//! * [`Service`] executes batches: it puts [`sessions`], which make every request happen at most once, in front of
//!   the machine. [`Resolution`] is what it answers.
//! * [`client`] is the other side: what a client sends, to whom and how often, and when it believes an answer.
//! * [`plain`] reads data that carries no signatures, such as operations.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod client;
#[cfg(test)]
mod fixture;
mod machine;
pub mod map;
pub mod plain;
mod reply;
mod service;
pub mod sessions;
mod space;

pub use machine::{Context, MIN_RESULT_ROOM, StateMachine};
pub use reply::{Refusal, ReplyBody, Resolution};
pub use service::{MAX_BATCH_RESULTS, ROOM_PER_BATCH, ROOM_PER_REQUEST, Service};
pub use space::{MAX_SPACE_KEY_BYTES, Space};

//! Tests of the log: its ordinary life, its crashes and its damages.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod crash;
mod damage;
mod life;
mod support;

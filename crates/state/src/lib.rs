//! The replicated service: what is kept, and how any part of it is proved.
//!
//! [`map`] is the authenticated ordered map in which everything that is replicated lives. Its root digest is what
//! replicas vote on at a checkpoint, and what state transfer and proofs to outsiders are checked against.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod map;

//! Consensus protocols as pure state machines.
//!
//! Each protocol is a [`Process`](synod_kernel::Process): it can be simulated, cloned, hashed, forked and run in a
//! real node without a change. A protocol knows no driver, no clock and no socket, and no other protocol.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod pbft;

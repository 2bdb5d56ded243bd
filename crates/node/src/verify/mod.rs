//! Everything that arrives is decoded and its signatures are checked here, before a protocol sees it.
//!
//! [`BatchVerifier`] gives the same verdict as checking one signature after the other, at about half the cost;
//! what was found good lately is not checked again.
//! The pool does the work on threads of its own. What is acceptable at the moment is not decided here: that is the
//! protocol's rule.

mod batch;
mod inputs;
mod lanes;
mod pool;
mod remembering;

pub use batch::BatchVerifier;
pub(crate) use inputs::{Inputs, Verified, inputs};
pub(crate) use pool::{Content, Job, Pool, PoolHandle, REMEMBERED};
pub(crate) use remembering::{BYTES_EACH, Remembering};

//! The explorer: everything that can happen in a small world, in every order.
//!
//! [`explore`] visits each reachable state of a [`Plan`] once, in order of distance, so the first violation it meets
//! has a shortest path to it. A state is what each honest replica is in and what they have said so far. What was said
//! may arrive at any time, any number of times, or never; corrupted replicas say whatever the plan lets them, as often
//! as they like; timers fire in any order; a replica may crash between any two effects. So loss, duplication, delay,
//! reordering and every schedule are covered without being counted one by one.
//!
//! It is fast because of what such states are made of: few different replicas in many combinations. Each different
//! replica, message and set of messages is kept once and has a number, each step is taken once, and a state of the
//! world is a handful of numbers.
//!
//! Worlds end only if replicas do not go on counting what is repeated. What is to be forgotten for that between two
//! steps, and why nothing is lost by it, is the plan's to say ([`Plan::settle`]).
//!
//! That no state is lost or invented was counted against another explorer: decision 0009.
//!
//! What it does not do: no time (any timer may fire next, each name once), no disks (what is durable is durable at the
//! end of a step, or up to the effect before which the replica crashed), no checkpoints and no transfer of state, and
//! a service that only remembers what it executed. A finding is a finding about the real process; that nothing was
//! found holds within the plan's bounds, which [`Found`] repeats.

mod intern;
mod local;
mod plan;
mod report;
mod search;
mod soup;

pub use plan::{Limits, Plan};
pub use report::{Found, Outcome, Path, Progress, Step};
pub use search::{REPLICAS_MAX, explore, explore_while};

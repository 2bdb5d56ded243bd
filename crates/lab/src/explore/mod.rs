//! Exhaustive exploration: a protocol, and a free attacker, in worlds small enough to look at all of.
//!
//! * A [`SmallWorld`] is one of them: who lies, and how many views and places there are. What a protocol's world leaves
//!   out, and why it may, stands with its plan.
//! * An [`Exploration`] goes through every choice of liars that is not the same as another one, and sums up in a
//!   [`Findings`].
//!
//! The explorer itself is the simulator's: [`synod_sim::explore`].

mod choices;
mod exploration;
mod findings;
mod pbft;
mod world;

pub use choices::{Choice, choices};
pub use exploration::{Exploration, Liars};
pub use findings::{Bounds, Findings, Looked, Step, Violation};
pub use synod_sim::explore::{Found, Limits, Outcome, Progress, REPLICAS_MAX};
pub use world::{PLACES_MAX, SmallWorld, VIEWS_MAX};

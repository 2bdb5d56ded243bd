//! The laboratory: where protocols and attacks meet the simulator, which knows neither.
//!
//! * A [`Setup`] is one run: [`Protocol`], [`Attack`], who is corrupted, and every number. A seed draws it.
//! * [`run_seed`] runs a seed and checks the tester itself; a [`Campaign`] does that for many, on all cores, and sums
//!   them up in a [`Summary`], which shards on other machines can be merged with.
//! * An [`Enumeration`] goes through all scenarios of a bounded family instead: who has a twin, and who is with whom.
//! * A [`Trace`] is one run as a text, with every choice that was made in it: to be played again, and
//!   [shrunk](shrink::shrink) to the shortest story of the same failure.
//! * An [`Exploration`] goes through everything that can happen in a world small enough.
//!
//! Nothing here judges: the simulator's judges do. What the laboratory adds is which rules are owed in which setup, and
//! the means to see a run again.

pub mod attack;
pub mod campaign;
mod cluster;
pub mod explore;
pub mod names;
pub mod protocol;
pub mod setup;
pub mod shrink;
mod store;
pub mod summary;
pub mod trace;
pub mod trial;
pub mod twins;

pub use attack::{Assault, Attack};
pub use campaign::{Campaign, Next, Series, Shard};
pub use explore::Exploration;
pub use protocol::Protocol;
pub use setup::{Setup, Sizes};
pub use summary::Summary;
/// One run of the simulator, judged.
pub use synod_sim::Report;
pub use trace::{Outcome, Trace};
pub use trial::{Defect, Trial, run_seed};
pub use twins::Enumeration;

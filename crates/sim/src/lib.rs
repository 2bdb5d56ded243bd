//! The simulator: a whole cluster, its clients, its network and its disks in one thread, in virtual time, decided by
//! one seed.
//!
//! * A [`Scenario`] says which protocol, service and adversary; [`Options`] draws everything else from the seed.
//! * A [`World`](world::World) lets things happen, and tells the [`judge`]s everything.
//! * [`run`](run::run) drives one world through faults and healing to a [`Report`]. Many seeds, protocols and attacks
//!   are brought together by the laboratory, a crate of its own: nothing here knows them.
//! * [`explore`](explore::explore) goes through everything that can happen in a world that is small enough.
//!
//! The same seed gives the same run, to the last bit of its fingerprint. What is simulated is the network, the power,
//! the clocks and the disk; everything that runs over them is what runs in production.

pub mod backend;
pub mod counters;
pub mod draw;
pub mod explore;
pub mod judge;
pub mod options;
pub mod panics;
pub mod run;
pub mod scenario;
pub mod transcript;
pub mod world;

pub use backend::Backend;
pub use counters::{Count, Counters};
pub use judge::{Model, Rule, Violation};
pub use options::Options;
pub use run::{Failure, Report, Story};
pub use scenario::{Booted, Engine, EngineError, Scenario, Setting};

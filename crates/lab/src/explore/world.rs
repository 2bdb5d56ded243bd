//! One small world.

use super::pbft::SmallPbft;
use crate::protocol::Protocol;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use synod_kernel::{Membership, ReplicaId};
use synod_sim::explore::{Found, Limits, Progress, explore_while};
use synod_sim::panics;

/// Views of a small world, at most.
pub const VIEWS_MAX: u16 = 16;
/// Places of a small world, at most.
pub const PLACES_MAX: u16 = 8;

/// A protocol, who lies, and where the world ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallWorld {
    /// What is on trial.
    pub protocol: Protocol,
    /// How many replicas there are, at most [`synod_sim::explore::REPLICAS_MAX`], and how many may lie.
    pub membership: Membership,
    /// Who lies. They say whatever they can sign, to anybody, at any time.
    pub liars: BTreeSet<ReplicaId>,
    /// How many views there are, 1 to [`VIEWS_MAX`]: nobody gets beyond the last one.
    pub views: u16,
    /// How many places in the order there are, 1 to [`PLACES_MAX`].
    pub places: u16,
}

impl SmallWorld {
    /// Visits every state of it within the limits, as long as `watch` lets it go on.
    ///
    /// # Panics
    /// If a number is out of its bounds.
    pub fn explore(&self, limits: Limits, watch: impl FnMut(Progress) -> ControlFlow<()>) -> Found {
        panics::watch();
        assert!((1..=VIEWS_MAX).contains(&self.views), "a small world has one to {VIEWS_MAX} views");
        assert!((1..=PLACES_MAX).contains(&self.places), "a small world has one to {PLACES_MAX} places");
        match self.protocol {
            Protocol::Pbft => explore_while(&SmallPbft::new(self), limits, watch),
        }
    }
}

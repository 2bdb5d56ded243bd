//! Talks to some replicas and not to others.
//!
//! Each puppet draws whom it ignores, for good or until it changes its mind, so that darkness may rotate. With f: those
//! left in the dark learn from others what was decided. With f+1: puppets that each talk to another replica leave
//! nobody a quorum.

use crate::story::{Protocols, Story};
use crate::strings::{once_in, receivers, say, wishes};
use alloc::collections::{BTreeMap, BTreeSet};
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Outbox, Process, ReplicaId};

pub(crate) const STORY: Story = Story {
    name: "selective",
    tells: "Each liar talks to some replicas and never says a word to the others, for good or until it changes its \
            mind.",
    withstood: "Whoever is left in the dark learns from others what was decided.",
    breaks: &["Liveness"],
    sources: &["PBFT-OSDI99 §4.4", "AARDVARK-09"],
    rows: &["L-13", "L-14", "B-19"],
    protocols: Protocols::Every,
};

/// Inputs after which a fickle puppet draws anew whom it ignores, about.
const FICKLE: usize = 200;

/// Says things to some only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selective {
    /// Whom each puppet ignores.
    ignored: BTreeMap<ReplicaId, BTreeSet<ReplicaId>>,
    /// Who changes its mind.
    fickle: BTreeSet<ReplicaId>,
}

impl<P: Process> Adversary<P> for Selective {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        if !self.ignored.contains_key(&at) && once_in(2, "fickle", choose) {
            self.fickle.insert(at);
        }
        let changes = self.fickle.contains(&at) && once_in(FICKLE, "changes its mind", choose);
        if changes || !self.ignored.contains_key(&at) {
            let ignored = puppets.honest().filter(|_| once_in(2, "ignored", choose)).collect();
            self.ignored.insert(at, ignored);
        }
        let ignored = &self.ignored[&at];
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Send { to, message } => {
                    let heard = receivers(puppets, at, to).into_iter().filter(|to| !ignored.contains(to));
                    heard.for_each(|to| say(to, message.clone(), out));
                }
                Effect::Forward { to, .. } if ignored.contains(&to) => {}
                effect => out.extend([effect]),
            }
        }
    }
}

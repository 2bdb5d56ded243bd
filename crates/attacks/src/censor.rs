//! Never hears what one client asks.
//!
//! With f: the others hand the client's requests on, wait for them, and replace a primary that orders everything else.
//! With f+1: the same, since to vote for what another proposes the puppets need not have heard of it.

use crate::story::{Protocols, Story};
use crate::strings::wishes;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{ClientId, Effect, Input, Outbox, Process, ReplicaId};

pub(crate) const STORY: Story = Story {
    name: "censor",
    tells: "The liars serve everybody but one client, whose requests they drop and whom they never answer.",
    withstood: "Others wait for the client's requests, and replace a primary that does not order them.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.1"],
    rows: &["L-06"],
    protocols: Protocols::Every,
};

/// Ignores one client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Censor {
    /// The first one the coalition heard of.
    ignored: Option<ClientId>,
}

impl<P: Process> Adversary<P> for Censor {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        _: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        if let Input::Request { request, .. } = &input {
            let client = request.key().client;
            if *self.ignored.get_or_insert(client) == client {
                return;
            }
        }
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Reply { to, .. } if Some(to) == self.ignored => {}
                effect => out.extend([effect]),
            }
        }
    }
}

//! Does with clients' requests what it should not: drops them, repeats them, hands them to the wrong replicas.
//!
//! With f or more: requests are signed and happen once, so wherever they turn up they are asked for, or were answered.

use crate::story::{Protocols, Story};
use crate::strings::{victim, wishes};
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Outbox, Process, ReplicaId, Request};

pub(crate) const STORY: Story = Story {
    name: "misroute",
    tells: "The liars drop clients' requests, repeat them, or hand them to replicas for whom they are not meant.",
    withstood: "Every request is executed once, and its client is answered.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.1"],
    rows: &["C-05", "C-06", "L-06"],
    protocols: Protocols::Every,
};

/// How often a request is handed on, at most.
const TIMES_MAX: usize = 4;

/// Relays badly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Misroute;

/// Hands a request to replicas that are drawn, none to [`TIMES_MAX`] times.
fn scatter<P: Process>(puppets: &Puppets<P>, request: &Request, choose: &mut dyn Chooser, out: &mut Outbox<P>) {
    for _ in 0..choose.choose("times", TIMES_MAX + 1) {
        if let Some(to) = victim(puppets, choose) {
            out.forward(to, request.clone());
        }
    }
}

impl<P: Process> Adversary<P> for Misroute {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        if let Input::Request { request, .. } = &input {
            match choose.choose("request", 3) {
                0 => return,
                1 => return scatter(puppets, request, choose, out),
                _ => {}
            }
        }
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Forward { request, .. } => scatter(puppets, &request, choose, out),
                effect => out.extend([effect]),
            }
        }
    }
}

//! Tells clients what did not happen: a result that is off by a bit, or the right one at another place.
//!
//! All puppets tell the same lie about a request, so that there are f equal answers. With f: a client wants f+1. With
//! f+1: it believes what no correct replica ever said. [PBFT-OSDI99 §4.1]

use crate::story::{Protocols, Story};
use crate::strings::wishes;
use bytes::Bytes;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::reply::Answer;
use synod_kernel::{Effect, Input, Outbox, Process, ReplicaId, Reply};

pub(crate) const STORY: Story = Story {
    name: "lying-replies",
    tells: "The liars answer clients with a result that is off by a bit, or with the right one at another place, all \
            of them alike.",
    withstood: "A client believes what f+1 replicas say, and nothing less.",
    breaks: &["AcknowledgedWrites", "Results"],
    sources: &["PBFT-OSDI99 §4.1"],
    rows: &["C-13", "C-14", "L-25"],
    protocols: Protocols::Every,
};

/// Answers with lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LyingReplies;

/// The lie that all puppets tell in the place of a reply; none if it came without its result, which has to be known to
/// lie about it so that a client can still read it.
fn lie<P: Process>(puppets: &Puppets<P>, at: ReplicaId, truth: &Reply) -> Option<Reply> {
    let Answer { request, seq, .. } = *truth.answer();
    let mut result = truth.result()?.to_vec();
    let mut seq = seq;
    match result.last_mut() {
        Some(last) if request.id.get().is_multiple_of(2) => *last ^= 1,
        Some(_) | None => seq = seq.plus(1),
    }
    Some(Reply::sign(truth.view(), request, seq, Bytes::from(result), puppets.domain(), puppets.signer(at)))
}

impl<P: Process> Adversary<P> for LyingReplies {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        _: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Reply { reply, .. } => lie(puppets, at, &reply).into_iter().for_each(|lie| out.reply(lie)),
                effect => out.extend([effect]),
            }
        }
    }
}

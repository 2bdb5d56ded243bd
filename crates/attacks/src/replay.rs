//! Keeps what anybody said, and says it again at any later time, to anybody.
//!
//! Its own statements, those of others, which it can only hand on as what they are, and requests of all ages. With f or
//! more: nothing, because statements name their view and place, count once, and come from their author or not at all.

use crate::story::{Protocols, Story};
use crate::strings::{any, keep, once_in, say, victim};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Message, Outbox, Process, ReplicaId, Request};

pub(crate) const STORY: Story = Story {
    name: "replay",
    tells: "The liars keep messages and requests of everybody, and send them again at any later time, to anybody, \
            their authors included.",
    withstood: "Whatever is old, or comes from somebody else than its author, is ignored; no request happens twice.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.1"],
    rows: &["C-05", "R-01", "R-05", "R-09", "B-17", "B-18"],
    protocols: Protocols::Every,
};

/// Messages and requests kept, at most: each.
const KEPT_MAX: usize = 256;

/// Repeats what was said.
#[derive(Clone, Debug, Hash)]
pub struct Replay<P: Process> {
    messages: Vec<Message<P>>,
    requests: Vec<Request>,
}

impl<P: Process> Default for Replay<P> {
    fn default() -> Self {
        Self { messages: Vec::new(), requests: Vec::new() }
    }
}

impl<P: Process> Adversary<P> for Replay<P> {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        match &input {
            Input::Deliver { message, .. } => keep(&mut self.messages, message.clone(), KEPT_MAX, choose),
            Input::Request { request, .. } => keep(&mut self.requests, request.clone(), KEPT_MAX, choose),
            Input::Start { .. } | Input::Timeout(_) | Input::Done(_) => {}
        }
        for effect in crate::strings::wishes(puppets, at, input) {
            if let Effect::Send { message, .. } = &effect {
                keep(&mut self.messages, message.clone(), KEPT_MAX, choose);
            }
            out.extend([effect]);
        }
        let Some(to) = victim(puppets, choose).filter(|_| once_in(4, "repeat", choose)) else { return };
        if let Some(message) = any(&self.messages, "which message", choose) {
            say(to, message.clone(), out);
        }
        if let Some(request) = any(&self.requests, "which request", choose) {
            out.forward(to, request.clone());
        }
    }
}

//! How a process speaks. There is no raw send here, so a vow cannot leave unrecorded.

use super::{Effect, Message, Note, Process, Record, Target, Task};
use crate::id::ReplicaId;
use crate::reply::Reply;
use crate::request::Request;
use alloc::vec::Vec;
use core::time::Duration;

/// Where a step writes its effects. The only ways to speak are [`vow`](Outbox::vow) and [`hint`](Outbox::hint): a
/// vow cannot leave unrecorded, because no method does that.
#[derive(Clone, Debug, Hash)]
pub struct Outbox<P: Process> {
    effects: Vec<Effect<P>>,
}

impl<P: Process> Default for Outbox<P> {
    fn default() -> Self {
        Self { effects: Vec::new() }
    }
}

impl<P: Process> Outbox<P> {
    /// Promises something: on disk, then on the wire.
    pub fn vow(&mut self, to: Target, vow: P::Vow) {
        self.effects.push(Effect::Persist(Record::Vow(vow.clone())));
        self.effects.push(Effect::Send { to, message: Message::Vow(vow) });
    }
    /// Remembers something across crashes.
    pub fn remember(&mut self, fact: P::Fact) {
        self.effects.push(Effect::Persist(Record::Fact(fact)));
    }
    /// Says something that binds nobody.
    pub fn hint(&mut self, to: Target, hint: P::Hint) {
        self.effects.push(Effect::Send { to, message: Message::Hint(hint) });
    }
    /// Hands a client's request on.
    pub fn forward(&mut self, to: ReplicaId, request: Request) {
        self.effects.push(Effect::Forward { to, request });
    }
    /// Answers the client that asked.
    pub fn reply(&mut self, reply: Reply) {
        let to = reply.answer().request.client;
        self.effects.push(Effect::Reply { to, reply });
    }
    /// Sets a timer, replacing one of the same name.
    pub fn arm(&mut self, timer: P::Timer, after: Duration) {
        self.effects.push(Effect::Arm { timer, after });
    }
    /// Stops a timer.
    pub fn disarm(&mut self, timer: P::Timer) {
        self.effects.push(Effect::Disarm(timer));
    }
    /// Has the service do something.
    pub fn ask(&mut self, task: Task) {
        self.effects.push(Effect::Ask(task));
    }
    /// Replaces the log by what is still needed.
    pub fn compact(&mut self, keep: Vec<Record<P>>) {
        self.effects.push(Effect::Compact(keep));
    }
    /// Names the rule that was applied.
    pub fn applied(&mut self, rule: P::Rule) {
        self.effects.push(Effect::Applied(rule));
    }
    /// Tells the operator something.
    pub fn note(&mut self, note: Note) {
        self.effects.push(Effect::Note(note));
    }
    /// Takes the effects out.
    pub fn drain(&mut self) -> Vec<Effect<P>> {
        core::mem::take(&mut self.effects)
    }
    /// Puts effects back in: for whoever stands between a process and its driver, as an adversary does.
    pub fn extend(&mut self, effects: impl IntoIterator<Item = Effect<P>>) {
        self.effects.extend(effects);
    }
}

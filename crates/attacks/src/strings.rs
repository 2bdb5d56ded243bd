//! How attacks hold their puppets: what a core would do, and whom it would reach.

use alloc::vec::Vec;
use synod_kernel::adversary::Puppets;
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Message, Outbox, Process, ReplicaId, Target};

/// What the core of a puppet does upon an input, for an attack to edit.
pub(crate) fn wishes<P: Process>(puppets: &mut Puppets<P>, at: ReplicaId, input: Input<P>) -> Vec<Effect<P>> {
    let mut honest = Outbox::default();
    puppets.behave(at, input, &mut honest);
    honest.drain()
}

/// Whom something that a puppet says reaches.
pub(crate) fn receivers<P: Process>(puppets: &Puppets<P>, at: ReplicaId, to: Target) -> Vec<ReplicaId> {
    match to {
        Target::One(to) => [to].into(),
        Target::Others => puppets.membership().replicas().filter(|id| *id != at).collect(),
    }
}

/// Says something to one replica. A liar's log need not fit what it says.
pub(crate) fn say<P: Process>(to: ReplicaId, message: Message<P>, out: &mut Outbox<P>) {
    out.extend([Effect::Send { to: Target::One(to), message }]);
}

/// Whether the one case in so many comes true.
pub(crate) fn once_in(options: usize, question: &'static str, choose: &mut dyn Chooser) -> bool {
    choose.choose(question, options) == 0
}

/// One of several; none of none.
pub(crate) fn any<'a, T>(all: &'a [T], question: &'static str, choose: &mut dyn Chooser) -> Option<&'a T> {
    if all.is_empty() { None } else { all.get(choose.choose(question, all.len())) }
}

/// One of the replicas that the coalition does not own, if there is one.
pub(crate) fn victim<P: Process>(puppets: &Puppets<P>, choose: &mut dyn Chooser) -> Option<ReplicaId> {
    let honest: Vec<ReplicaId> = puppets.honest().collect();
    any(&honest, "victim", choose).copied()
}

/// Keeps a thing among at most `most`, in the place of any other once they are so many.
pub(crate) fn keep<T>(kept: &mut Vec<T>, thing: T, most: usize, choose: &mut dyn Chooser) {
    if kept.len() < most {
        kept.push(thing);
    } else {
        let place = choose.choose("what to forget", most);
        kept[place] = thing;
    }
}

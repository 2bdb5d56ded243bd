//! Small changes to what puppets would say, signed anew: a view, a place, a digest that is off by one or another's.
//!
//! Small changes get past checks that large ones do not. With f: what is changed is another statement, and counts as
//! that or not at all. With f+1: puppets that vote for neighbouring places and for each other's digests are missing
//! where they are needed, or are too many where they are not; sometimes it all stands still. [BYZZFUZZ-23]

use super::forge::{sign, subject};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{any, keep, once_in, receivers, say, wishes};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Digest, Effect, Input, Message, Outbox, ReplicaId, Seq, View};
use synod_protocols::pbft::{Checkpoint, Commit, Hint, PrePrepare, Prepare, Replica, Suspect, Vow};

pub(super) const STORY_NUDGE: Story = Story {
    name: "nudge",
    tells: "Now and then a liar changes what it says by one in view or place, to one replica or to all.",
    withstood: "It is another statement then, and counts as that or not at all.",
    breaks: &[],
    sources: &["BYZZFUZZ-23"],
    rows: &["L-04", "B-05", "B-16", "V-30", "K-01"],
    protocols: HERE,
};

pub(super) const STORY_SWAP: Story = Story {
    name: "swap",
    tells: "Now and then a liar puts the view, the place or the digest of one statement that it saw into another one.",
    withstood: "It is another statement then, and counts as that or not at all.",
    breaks: &[],
    sources: &["BYZZFUZZ-23"],
    rows: &["L-03", "B-05", "B-17", "V-30"],
    protocols: HERE,
};

/// Statements that fields are taken from, at most.
const KEPT_MAX: usize = 64;

/// What a change does to the three fields of a vote.
type Change<'a> = &'a mut dyn FnMut(Prepare) -> Prepare;

/// The same message with other fields, signed by the puppet.
fn changed(
    puppets: &Puppets<Replica>,
    at: ReplicaId,
    message: Message<Replica>,
    change: Change<'_>,
) -> Message<Replica> {
    match message {
        Message::Vow(Vow::PrePrepare(message)) => {
            let Prepare { view, seq, .. } = change(*message.vote().statement());
            // The digest is the batch's, or it would not decode.
            let vote = sign(puppets, at, Prepare { view, seq, digest: message.batch().digest() });
            Message::Vow(Vow::PrePrepare(PrePrepare::new(vote, message.batch().clone())))
        }
        Message::Vow(Vow::Prepare(vote)) => Message::Vow(Vow::Prepare(sign(puppets, at, change(*vote.statement())))),
        Message::Vow(Vow::Commit(vote)) => {
            let Commit { view, seq, digest } = *vote.statement();
            let Prepare { view, seq, digest } = change(Prepare { view, seq, digest });
            Message::Vow(Vow::Commit(sign(puppets, at, Commit { view, seq, digest })))
        }
        Message::Vow(Vow::Checkpoint(vote)) => {
            let Checkpoint { seq, state } = *vote.statement();
            let Prepare { seq, digest: state, .. } = change(Prepare { view: View::default(), seq, digest: state });
            Message::Vow(Vow::Checkpoint(sign(puppets, at, Checkpoint { seq, state })))
        }
        Message::Hint(Hint::Suspect(vote)) => {
            let (view, seq, digest) = (vote.statement().view, Seq::default(), Digest::ZERO);
            let view = change(Prepare { view, seq, digest }).view;
            Message::Hint(Hint::Suspect(sign(puppets, at, Suspect { view })))
        }
        message @ (Message::Vow(_) | Message::Hint(_)) => message,
    }
}

/// Lets a core behave, and changes one in so many of its messages, for each receiver or for all of them.
fn act(
    puppets: &mut Puppets<Replica>,
    at: ReplicaId,
    input: Input<Replica>,
    choose: &mut dyn Chooser,
    out: &mut Outbox<Replica>,
    change: &mut dyn FnMut(Prepare, &mut dyn Chooser) -> Prepare,
) {
    const ONE_IN: usize = 10;
    for effect in wishes(puppets, at, input) {
        let Effect::Send { to, message } = effect else {
            out.extend([effect]);
            continue;
        };
        let mut edit =
            |choose: &mut dyn Chooser| changed(puppets, at, message.clone(), &mut |fields| change(fields, choose));
        let for_all = once_in(ONE_IN, "change for all", choose).then(|| edit(choose));
        for to in receivers(puppets, at, to) {
            let told = match &for_all {
                Some(changed) => changed.clone(),
                None if once_in(ONE_IN, "change", choose) => edit(choose),
                None => message.clone(),
            };
            say(to, told, out);
        }
    }
}

/// Changes by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Nudge;

impl Adversary<Replica> for Nudge {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        act(puppets, at, input, choose, out, &mut |fields, choose| match choose.choose("nudge", 4) {
            0 => Prepare { view: fields.view.plus(1), ..fields },
            1 => Prepare { view: fields.view.minus(1), ..fields },
            2 => Prepare { seq: fields.seq.plus(1), ..fields },
            _ => Prepare { seq: fields.seq.minus(1), ..fields },
        });
    }
}

/// Puts the fields of one statement into another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Swap {
    seen: Vec<Prepare>,
}

impl Adversary<Replica> for Swap {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        if let Input::Deliver { message: Message::Vow(vow), .. } = &input
            && let Some(fields) = subject(vow)
        {
            keep(&mut self.seen, fields, KEPT_MAX, choose);
        }
        let seen = &self.seen;
        act(puppets, at, input, choose, out, &mut |fields, choose| {
            let other = any(seen, "other", choose).copied().unwrap_or(fields);
            match choose.choose("field", 3) {
                0 => Prepare { view: other.view, ..fields },
                1 => Prepare { seq: other.seq, ..fields },
                _ => Prepare { digest: other.digest, ..fields },
            }
        });
    }
}

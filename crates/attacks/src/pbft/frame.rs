//! Tries to make honest replicas look like liars.
//!
//! It shows what they signed to those who hold something else of theirs: votes as if they were proposals, statements of
//! other views, their own words relayed or back to themselves, proposals of its own where another is primary. With any
//! number of liars: evidence is two statements of one key that exclude each other, and nobody has an honest one's key.
//! A liar whose core later votes for another batch, where it proposed one out of turn, has contradicted itself.

use super::forge::{hint, proposal, tell};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{any, keep, once_in, victim};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Input, Message, Outbox, ReplicaId};
use synod_protocols::pbft::{Hint, Prepare, Replica, Vow};

pub(super) const STORY: Story = Story {
    name: "frame",
    tells: "The liars show what honest replicas signed as if it were something else, to others and to themselves, and \
            propose in views whose primary is honest.",
    withstood: "Nobody is accused who did not sign two statements that exclude each other.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.2"],
    rows: &["B-16", "B-18", "B-22", "L-17", "R-05", "R-09"],
    protocols: HERE,
};

/// Statements kept, at most.
const KEPT_MAX: usize = 128;

/// Frames honest replicas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Frame {
    vows: Vec<Vow>,
}

impl Frame {
    fn frame(
        &self,
        puppets: &Puppets<Replica>,
        at: ReplicaId,
        to: ReplicaId,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        let Some(vow) = any(&self.vows, "whose word", choose) else { return };
        match vow {
            Vow::Prepare(vote) => hint(to, Hint::Proposal(vote.clone()), out),
            Vow::PrePrepare(message) => {
                hint(to, Hint::Proposal(message.vote().clone()), out);
                let Prepare { view, seq, .. } = *message.vote().statement();
                if !puppets.contains(puppets.membership().primary(view)) {
                    tell(to, proposal(puppets, at, view.plus(1), seq, message.batch().clone()), out);
                }
            }
            Vow::NewView(message) => hint(to, Hint::NewView(message.clone()), out),
            Vow::Commit(_) | Vow::Checkpoint(_) | Vow::ViewChange(_) => {}
        }
        tell(to, vow.clone(), out);
    }
}

impl Adversary<Replica> for Frame {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        if let Input::Deliver { message: Message::Vow(vow), .. } = &input {
            keep(&mut self.vows, vow.clone(), KEPT_MAX, choose);
        }
        puppets.behave(at, input, out);
        if let Some(to) = victim(puppets, choose).filter(|_| once_in(3, "frame", choose)) {
            self.frame(puppets, at, to, choose, out);
        }
    }
}

//! Proposes at numbers that are none of its business: with gaps, below and beyond the window, in other views.
//!
//! With f: what lies outside the window is ignored, and so is what another view's primary should say; a gap stalls
//! execution until the liar is replaced. With f+1: the same. [PBFT-OSDI99 §4.2]

use super::forge::{proposal, tell};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{once_in, wishes};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Message, Outbox, ReplicaId, Seq, View};
use synod_protocols::pbft::{Prepare, Replica, Vow};

pub(super) const STORY: Story = Story {
    name: "wild-numbers",
    tells: "A primary proposes with gaps, below the window, beyond it, at the largest number there is, and in views \
            that are not its own.",
    withstood: "Numbers outside the window are ignored, and a primary that leaves gaps is replaced.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.2"],
    rows: &["L-04", "L-05", "L-17", "D-15"],
    protocols: HERE,
};

/// Proposes anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WildNumbers;

fn wild_seq(seq: Seq, choose: &mut dyn Chooser) -> Seq {
    match choose.choose("number", 6) {
        0 => seq.plus(1),
        1 => seq.plus(1 << choose.choose("distance", 12)),
        2 => seq.minus(1 << choose.choose("distance", 6)),
        3 => Seq::new(0),
        4 => Seq::new(u64::MAX),
        _ => seq.plus(2),
    }
}

fn wild_view(view: View, choose: &mut dyn Chooser) -> View {
    match choose.choose("view", 8) {
        0 => view.plus(1),
        1 => view.minus(1),
        2 => view.plus(1 << choose.choose("distance", 40)),
        3 => View::new(u64::MAX),
        _ => view,
    }
}

impl Adversary<Replica> for WildNumbers {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        let mut seen = None;
        if let Input::Deliver { message: Message::Vow(Vow::PrePrepare(message)), .. } = &input {
            seen = Some(message.clone());
        }
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Send { message: Message::Vow(Vow::PrePrepare(message)), .. } if once_in(3, "wild", choose) => {
                    seen = Some(message);
                }
                effect => out.extend([effect]),
            }
        }
        let Some(message) = seen else { return };
        let Prepare { view, seq, .. } = *message.vote().statement();
        for to in puppets.honest().collect::<Vec<_>>() {
            let (view, seq) = (wild_view(view, choose), wild_seq(seq, choose));
            tell(to, proposal(puppets, at, view, seq, message.batch().clone()), out);
        }
    }
}

//! Offers state and gives something else: damaged pieces, pieces of other ranges, old ones, none, or drop by drop.
//!
//! With f: every piece proves itself against a root that a strong quorum signed; who gives a bad one is not asked
//! again, and who gives none is asked last. With f+1: the same, while one correct replica has that state. [PBFT-TOCS02]

use super::forge::hint;
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{any, keep, once_in, receivers, wishes};
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::process::KeyRange;
use synod_kernel::{Effect, Input, Message, Outbox, ReplicaId, Seq};
use synod_protocols::pbft::{Hint, Replica};

pub(super) const STORY: Story = Story {
    name: "poison-state",
    tells: "Asked for a piece of state the liars send a damaged one, an older one, another range, nothing, or the \
            right one much later.",
    withstood: "A piece is kept if it proves itself against the certified root; others are asked for the rest.",
    breaks: &[],
    sources: &["PBFT-TOCS02"],
    rows: &["K-04", "K-05", "K-06", "K-07", "K-10"],
    protocols: HERE,
};

/// Pieces kept for later, at most.
const KEPT_MAX: usize = 16;

/// Gives bad pieces.
#[derive(Clone, Debug, Default, Hash)]
pub struct PoisonState {
    old: Vec<(Seq, KeyRange, Bytes)>,
    late: Vec<(ReplicaId, ReplicaId, Hint)>,
}

fn damaged(chunk: &Bytes, choose: &mut dyn Chooser) -> Bytes {
    let mut damaged = chunk.to_vec();
    if damaged.is_empty() || once_in(4, "cut", choose) {
        damaged.truncate(damaged.len() / 2);
    } else {
        let place = choose.choose("byte", damaged.len());
        damaged[place] ^= 1 << choose.choose("bit", 8);
    }
    damaged.into()
}

impl PoisonState {
    fn answer(
        &mut self,
        (at, to): (ReplicaId, ReplicaId),
        (seq, range, chunk): (Seq, KeyRange, Bytes),
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        let given = match choose.choose("piece", 6) {
            0 => Hint::Chunk { seq, range: range.clone(), chunk: Some(damaged(&chunk, choose)) },
            1 => Hint::Chunk { seq, range: range.clone(), chunk: None },
            2 => {
                let old = any(&self.old, "old piece", choose).map_or(Bytes::new(), |(_, _, old)| old.clone());
                Hint::Chunk { seq, range: range.clone(), chunk: Some(old) }
            }
            3 => Hint::Chunk { seq, range: KeyRange::all(), chunk: Some(chunk.clone()) },
            4 => {
                let late = (at, to, Hint::Chunk { seq, range: range.clone(), chunk: Some(chunk.clone()) });
                keep(&mut self.late, late, KEPT_MAX, choose);
                return;
            }
            _ => return,
        };
        keep(&mut self.old, (seq, range, chunk), KEPT_MAX, choose);
        hint(to, given, out);
    }
}

impl Adversary<Replica> for PoisonState {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Send { to, message: Message::Hint(Hint::Chunk { seq, range, chunk: Some(chunk) }) } => {
                    for to in receivers(puppets, at, to) {
                        self.answer((at, to), (seq, range.clone(), chunk.clone()), choose, out);
                    }
                }
                // Help with decisions would make the transfer needless.
                Effect::Send { message: Message::Hint(Hint::Decided { .. }), .. } => {}
                effect => out.extend([effect]),
            }
        }
        let is_due = |choose: &mut dyn Chooser| once_in(20, "late piece", choose);
        for place in (0..self.late.len()).rev() {
            if self.late[place].0 == at && is_due(choose) {
                let (_, to, late) = self.late.swap_remove(place);
                hint(to, late, out);
            }
        }
    }
}

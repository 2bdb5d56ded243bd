//! Proposes batches that are not as they should be, to everybody alike.
//!
//! Empty ones, the same request several times, old requests among new ones or instead of them, requests in another
//! order, more than agreed. With f or more: a batch that is no batch is refused; the others are a primary's right, and
//! what was executed is answered from memory and changes nothing. [PBFT-OSDI99 §4.1, §4.2]

use super::forge::{overhear, proposal};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{any, wishes};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Batch, Effect, Input, Message, Outbox, ReplicaId, Request};
use synod_protocols::pbft::{Prepare, Replica, Vow};

pub(super) const STORY: Story = Story {
    name: "odd-batches",
    tells: "A primary proposes empty batches, batches that are too large, and batches in which requests are repeated, \
            reordered, or long executed.",
    withstood: "What is no batch is refused, and no request is executed twice.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.1"],
    rows: &["L-09", "L-10", "L-15", "L-16", "L-04"],
    protocols: HERE,
};

/// Requests put into a batch that is too large, at most.
const MANY: usize = 40;

/// Proposes odd batches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct OddBatches {
    seen: Vec<Request>,
}

impl OddBatches {
    fn oddly(&self, requests: &[Request], choose: &mut dyn Chooser) -> Batch {
        let mut odd = requests.to_vec();
        match choose.choose("batch", 7) {
            0 => return Batch::null(),
            1 => odd.reverse(),
            2 => odd.extend_from_slice(requests),
            3 => odd.extend(any(&self.seen, "old", choose).cloned()),
            4 => odd = any(&self.seen, "old", choose).cloned().into_iter().collect(),
            5 => odd.extend(self.seen.iter().cycle().take(if self.seen.is_empty() { 0 } else { MANY }).cloned()),
            _ => {}
        }
        Batch::new(odd)
    }
}

impl Adversary<Replica> for OddBatches {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        overhear(&mut self.seen, &input, choose);
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Send { to, message: Message::Vow(Vow::PrePrepare(message)) } => {
                    let Prepare { view, seq, .. } = *message.vote().statement();
                    let batch = self.oddly(message.batch().requests(), choose);
                    let message = Message::Vow(proposal(puppets, at, view, seq, batch));
                    out.extend([Effect::Send { to, message }]);
                }
                effect => out.extend([effect]),
            }
        }
    }
}

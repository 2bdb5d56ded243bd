//! A primary that is as slow as it can be without being replaced.
//!
//! It holds every proposal until somebody says that it is suspected, and lets go before f+1 do. With f or more: time.
//! Rule by rule it does nothing wrong; that requests are executed is all that is promised here. [AARDVARK-09]

use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{once_in, wishes};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Message, Outbox, ReplicaId};
use synod_protocols::pbft::{Hint, Replica, Vow};

pub(super) const STORY: Story = Story {
    name: "slow-primary",
    tells: "A primary holds every proposal until the first replica suspects it, and lets go before f+1 do.",
    withstood: "Every request is executed, by this primary or by the next.",
    breaks: &[],
    sources: &["AARDVARK-09"],
    rows: &["L-08", "L-09"],
    protocols: HERE,
};

/// Proposals held, at most.
const HELD_MAX: usize = 64;

/// Waits until it is suspected.
#[derive(Clone, Debug, Default, Hash)]
pub struct SlowPrimary {
    held: Vec<(ReplicaId, Effect<Replica>)>,
}

impl Adversary<Replica> for SlowPrimary {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        let is_suspected = matches!(&input, Input::Deliver { message: Message::Hint(Hint::Suspect(_)), .. });
        let gives_in = is_suspected || once_in(300, "gives in", choose);
        for effect in wishes(puppets, at, input) {
            let is_proposal = matches!(&effect, Effect::Send { message: Message::Vow(Vow::PrePrepare(_)), .. });
            if is_proposal && self.held.len() < HELD_MAX { self.held.push((at, effect)) } else { out.extend([effect]) }
        }
        if gives_in {
            let ours = self.held.extract_if(.., |(holder, _)| *holder == at);
            out.extend(ours.map(|(_, effect)| effect).collect::<Vec<_>>());
        }
    }
}

//! What would happen if the power failed at this moment: a copy of a replica starts from what is durable, hears what
//! was said lately, to anybody, and must not say anything that contradicts what the replica has said.
//!
//! What was said to others is what a liar would tell this one: among it are the votes and proposals of the other side.
//! Nothing that the copy does reaches the world.

use super::World;
use super::seat::{Seat, open_log};
use crate::counters::Count;
use crate::judge::{Rule, Violation};
use crate::scenario::{Booted, Scenario};
use std::sync::Arc;
use synod_kernel::ReplicaId;
use synod_kernel::process::{Effect, Input, Message, Outbox, Process};
use synod_kernel::signature::Author;

/// Messages that a copy hears.
const RECENT_MAX: usize = 64;

impl<S: Scenario> World<S> {
    /// Keeps what was said, if there are rehearsals in this run.
    pub(super) fn remember_said(&mut self, from: ReplicaId, message: &Arc<Message<S::Process>>) {
        if self.setting.options.rehearse_every == 0 {
            return;
        }
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back((from, message.clone()));
    }

    /// Starts a copy of an honest replica from its disk, as a power cut would leave it now, and listens to it.
    pub(super) fn rehearse(&mut self, at: ReplicaId) -> Result<(), Violation> {
        let Seat::Honest(honest) = &self.seats[at.index()] else { return Ok(()) };
        self.counters.add(Count::Rehearsals);
        let mut disk = honest.disk.fork();
        disk.power_cut(|_, _| false);
        let opened = open_log::<S::Process>(&self.setting, at, &disk)
            .and_then(|opened| Ok((opened.records, self.scenario.engine(&self.setting, at, disk)?)));
        let (records, Booted { executed, state, .. }) = match opened {
            Ok(parts) => parts,
            Err(error) => {
                let sentence = format!("after a power cut now replica {at} would not start: {error}");
                return self.court.hear(Err(Violation::of(Rule::Recovery, sentence)));
            }
        };
        let signer = Arc::new(self.referee.signer(Author::Replica(at)));
        let mut copy = self.scenario.process(&self.setting, at, signer);
        let mut said = Outbox::default();
        copy.step(Input::Start { records, executed, state }, &mut said);
        for (from, message) in self.recent.iter().filter(|(from, _)| *from != at) {
            copy.step(Input::Deliver { from: *from, message: (**message).clone() }, &mut said);
        }
        for effect in said.drain() {
            if let Effect::Send { message: Message::Vow(vow), .. } = effect {
                let finding = self.judges.vows.rehearsed(at, &vow);
                self.court.hear(finding)?;
            }
        }
        Ok(())
    }
}

//! Rounds: stretches of virtual time, each with its own partition of all replicas into blocks.
//!
//! A round ends when its time is over and not when views change, because the world knows no views; rounds are to be
//! so long that views can change in them. Honest replicas of different blocks are cut off from each other. Which of
//! the cores behind a corrupted seat is in which block is for the adversary to say, and to keep to. Clients reach
//! everybody.

use super::{Action, World};
use crate::counters::Count;
use crate::scenario::Scenario;
use crate::transcript::{Event, Place};
use synod_kernel::ReplicaId;
use synod_kernel::adversary::{Adversary, Parting};
use synod_kernel::chooser::Chooser;

impl<S: Scenario> World<S> {
    /// Begins the first round, if there are any, before anybody has started.
    pub(super) fn begin_rounds(&mut self, choose: &mut dyn Chooser) {
        if self.setting.options.rounds.count > 0 {
            self.on_round(choose);
        }
    }

    /// The next round begins, or the last is over.
    pub(super) fn on_round(&mut self, choose: &mut dyn Chooser) {
        let rounds = self.setting.options.rounds.clone();
        if self.healed || self.rounds > rounds.count {
            return;
        }
        self.rounds += 1;
        if self.rounds > rounds.count {
            self.part(1, choose);
            self.note(Place::World, Event::World("ROUNDS", "are over".to_owned()));
            return;
        }
        let until = self.now + rounds.length;
        let (parting, puppets) = self.part(rounds.blocks, choose);
        self.network.part(until, |place| {
            let id = u16::try_from(place).ok().map(ReplicaId::new);
            id.and_then(|id| parting.of(id))
        });
        self.schedule.plan(until, Action::Round);
        let honest = self.setting.options.membership.replicas().filter_map(|id| Some((id, parting.of(id)?)));
        let mut everybody: Vec<(ReplicaId, usize)> = honest.chain(puppets).collect();
        everybody.sort_unstable();
        let blocks: Vec<String> = (0..parting.blocks()).map(|block| names(&everybody, block)).collect();
        let blocks: Vec<&str> = blocks.iter().map(String::as_str).filter(|names| !names.is_empty()).collect();
        self.counters.add_many(Count::Partitions, u64::from(blocks.len() > 1));
        let text = format!("{} of {}: {}", self.rounds, rounds.count, blocks.join(" | "));
        self.note(Place::World, Event::World("ROUND", text));
    }

    /// Nobody is parted any more.
    pub(super) fn end_rounds(&mut self, choose: &mut dyn Chooser) {
        if (1..=self.setting.options.rounds.count).contains(&self.rounds) {
            self.part(1, choose);
        }
    }

    /// Draws who is in which block, and lets the adversary decide where its own are.
    fn part(&mut self, blocks: usize, choose: &mut dyn Chooser) -> (Parting, Vec<(ReplicaId, usize)>) {
        let options = &self.setting.options;
        let honest = options.membership.replicas().filter(|id| !options.corrupt.contains(id));
        let parting = Parting::draw(blocks, honest, choose);
        let puppets = self.adversary.parted(&self.puppets, &parting, choose);
        (parting, puppets)
    }
}

/// Who is in a block. Who has two of its own there is named twice.
fn names(everybody: &[(ReplicaId, usize)], block: usize) -> String {
    let inside = everybody.iter().filter(|(_, of)| *of == block);
    let names: Vec<String> = inside.map(|(id, _)| format!("r{id}")).collect();
    names.join(" ")
}

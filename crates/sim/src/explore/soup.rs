//! What has been said so far: messages that may arrive at any time, and what liars can add to them.
//!
//! Nothing ever leaves a soup, so a world in which a message was lost or is late is one in which it has not arrived
//! yet, and one in which it comes twice is covered, too.

use super::intern::Interned;
use super::plan::Plan;
use std::collections::HashMap;
use synod_kernel::ReplicaId;
use synod_kernel::process::{Message, Process, Target};

/// Something said.
#[derive(Clone, Debug, Hash)]
pub(super) struct Utterance<P: Process> {
    pub(super) from: ReplicaId,
    pub(super) to: Target,
    pub(super) message: Message<P>,
}

impl<P: Process> Utterance<P> {
    fn is_for(&self, at: ReplicaId) -> bool {
        self.from != at && (self.to == Target::Others || self.to == Target::One(at))
    }
}

/// Every message and every set of them that ever came up.
pub(super) struct Soups<P: Process> {
    utterances: Interned<Utterance<P>>,
    soups: Interned<Box<[u32]>>,
    /// What may arrive at each replica from a soup, by the soup's number.
    arrivals: Vec<Vec<Box<[u32]>>>,
    /// Which soup becomes which when a set of messages is added.
    joined: HashMap<(u32, u32), u32>,
}

/// The soup in which nothing was said. It is also the set of messages that adds nothing.
pub(super) const NOTHING: u32 = 0;

impl<P: Process> Soups<P> {
    pub(super) fn new(plan: &impl Plan<Process = P>) -> Self {
        let (utterances, soups, arrivals) = (Interned::default(), Interned::default(), Vec::new());
        let mut soups = Self { utterances, soups, arrivals, joined: HashMap::new() };
        soups.set_of(Vec::new(), plan);
        soups
    }

    /// The number of a set of messages that one replica said.
    pub(super) fn set(
        &mut self,
        from: ReplicaId,
        said: Vec<(Target, Message<P>)>,
        plan: &impl Plan<Process = P>,
    ) -> u32 {
        let carried = said.into_iter().filter(|(_, message)| plan.carries(message));
        let numbers: Vec<u32> =
            carried.map(|(to, message)| self.utterances.intern(Utterance { from, to, message }).0).collect();
        self.set_of(numbers, plan)
    }

    /// The number of a soup with what is in both.
    pub(super) fn join(&mut self, soup: u32, added: u32, plan: &impl Plan<Process = P>) -> u32 {
        if added == NOTHING {
            return soup;
        }
        if let Some(&known) = self.joined.get(&(soup, added)) {
            return known;
        }
        let both = self.soups.get(soup).iter().chain(self.soups.get(added)).copied().collect();
        let number = self.set_of(both, plan);
        self.joined.insert((soup, added), number);
        number
    }

    fn set_of(&mut self, mut numbers: Vec<u32>, plan: &impl Plan<Process = P>) -> u32 {
        numbers.sort_unstable();
        numbers.dedup();
        let (number, is_new) = self.soups.intern(numbers.into_boxed_slice());
        if is_new {
            let arrivals = self.arrivals_of(number, plan);
            self.arrivals.push(arrivals);
        }
        number
    }

    /// What may arrive where: what honest replicas said there, and everything that liars can say by now.
    fn arrivals_of(&mut self, soup: u32, plan: &impl Plan<Process = P>) -> Vec<Box<[u32]>> {
        let mut lies = Vec::new();
        {
            let heard = self.soups.get(soup).iter().map(|&number| self.utterances.get(number));
            let mut heard = heard.map(|Utterance { from, message, .. }| (*from, message));
            plan.lies(&mut heard, &mut |from, message| lies.push(Utterance { from, to: Target::Others, message }));
        }
        let lies: Vec<u32> = lies.into_iter().map(|lie| self.utterances.intern(lie).0).collect();
        let honest = self.soups.get(soup);
        let of = |at: ReplicaId| {
            let all = honest.iter().chain(&lies).copied();
            let mut numbers: Vec<u32> = all.filter(|&number| self.utterances.get(number).is_for(at)).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers.into_boxed_slice()
        };
        plan.membership().replicas().map(of).collect()
    }

    /// What may arrive at a replica.
    pub(super) fn arrivals(&self, soup: u32, at: ReplicaId) -> &[u32] {
        &self.arrivals[soup as usize][at.index()]
    }

    pub(super) fn utterance(&self, number: u32) -> &Utterance<P> {
        self.utterances.get(number)
    }

    /// How many different messages and soups there are.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.utterances.len(), self.soups.len())
    }
}

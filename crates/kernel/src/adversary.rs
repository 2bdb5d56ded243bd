//! A fault is a wrapper around an honest core, and no honest core knows about faults.
//!
//! One mind runs the whole coalition. It owns the cores of its puppets: it may obey them, ignore them, edit what
//! they say to each peer, fork them (twins), rewind them (amnesia) and sign as them. It may not sign as anybody
//! else, for the reason it could not in life: it does not have the key. Attacks themselves live elsewhere; the
//! trait is here because every driver can run an adversary without knowing what an attack is.

use crate::chooser::Chooser;
use crate::chooser::Seeded;
use crate::codec::Encode;
use crate::id::{ReplicaId, Seq};
use crate::process::{Input, Message, Outbox, Process, Record, Status};
use crate::signature::Signer;
use crate::{Digest, Domain, Membership};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

/// A coalition of corrupted replicas with one mind.
pub trait Adversary<P: Process>: Clone + fmt::Debug + Hash + Send + 'static {
    /// One of the puppets receives an input. The default is to be honest.
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        let _ = choose;
        puppets.behave(at, input, out);
    }

    /// What a puppet writes when it says something: what it encodes to, by default. It may be anything else, for which
    /// there is no type perhaps; whoever receives it decodes and verifies it. Asked once for all receivers, and only by
    /// drivers in which puppets have a wire.
    fn write(
        &mut self,
        puppets: &Puppets<P>,
        at: ReplicaId,
        message: &Message<P>,
        choose: &mut dyn Chooser,
    ) -> Vec<u8> {
        let _ = (puppets, at, choose);
        message.to_bytes()
    }

    /// The network is parted anew. Links between honest replicas of different blocks are cut, and no others: the
    /// network does not know how many cores stand behind a seat, so whoever keeps several decides which of them are
    /// where, and returns each of its seats with each block in which it has somebody. The default reaches everybody.
    fn parted(&mut self, puppets: &Puppets<P>, parting: &Parting, choose: &mut dyn Chooser) -> Vec<(ReplicaId, usize)> {
        let _ = (puppets, parting, choose);
        Vec::new()
    }
}

/// How the network is parted: who is in one block reaches everybody in it, and nobody elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parting {
    blocks: usize,
    honest: BTreeMap<ReplicaId, usize>,
}

impl Parting {
    /// What is asked for everybody who is to be in a block.
    pub const QUESTION: &'static str = "block";

    /// Draws a block among so many for each honest replica, in their order. Where there is only one, nothing is asked.
    ///
    /// # Panics
    /// If there is no block.
    pub fn draw(blocks: usize, honest: impl IntoIterator<Item = ReplicaId>, choose: &mut dyn Chooser) -> Self {
        assert!(blocks > 0, "everybody is somewhere");
        let mut parting = Self { blocks, honest: BTreeMap::new() };
        for id in honest {
            let block = parting.draw_one(choose);
            parting.honest.insert(id, block);
        }
        parting
    }

    /// Draws a block for somebody else.
    pub fn draw_one(&self, choose: &mut dyn Chooser) -> usize {
        if self.blocks == 1 { 0 } else { choose.choose(Self::QUESTION, self.blocks) }
    }

    /// How many blocks there may be.
    pub const fn blocks(&self) -> usize {
        self.blocks
    }

    /// The block of an honest replica.
    pub fn of(&self, id: ReplicaId) -> Option<usize> {
        self.honest.get(&id).copied()
    }
}

/// Does nothing but what the cores do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Honest;
impl<P: Process> Adversary<P> for Honest {}

/// The honest cores an adversary owns, and their keys.
#[derive(Clone)]
pub struct Puppets<P> {
    cores: BTreeMap<ReplicaId, P>,
    signers: BTreeMap<ReplicaId, Arc<dyn Signer>>,
    domain: Domain,
    membership: Membership,
}

impl<P: Process> Puppets<P> {
    /// No puppets yet.
    pub fn new(domain: Domain, membership: Membership) -> Self {
        Self { cores: BTreeMap::new(), signers: BTreeMap::new(), domain, membership }
    }

    /// Corrupts a replica: its core and its key now belong to the coalition.
    pub fn corrupt(&mut self, id: ReplicaId, core: P, signer: Arc<dyn Signer>) {
        self.cores.insert(id, core);
        self.signers.insert(id, signer);
    }

    /// Whether the coalition owns this replica.
    pub fn contains(&self, id: ReplicaId) -> bool {
        self.cores.contains_key(&id)
    }

    /// The replicas the coalition owns.
    pub fn ids(&self) -> impl Iterator<Item = ReplicaId> + '_ {
        self.cores.keys().copied()
    }

    /// The replicas it does not own.
    pub fn honest(&self) -> impl Iterator<Item = ReplicaId> + '_ {
        self.membership.replicas().filter(|id| !self.contains(*id))
    }

    /// Lets a puppet do what it would have done.
    ///
    /// # Panics
    /// If the coalition does not own it.
    pub fn behave(&mut self, at: ReplicaId, input: Input<P>, out: &mut Outbox<P>) {
        self.core(at).step(input, out);
    }

    /// A puppet's core, to look into or to replace.
    ///
    /// # Panics
    /// If the coalition does not own it.
    pub fn core(&mut self, at: ReplicaId) -> &mut P {
        self.cores.get_mut(&at).expect("an adversary asks only for cores it owns")
    }

    /// A copy of a puppet that goes its own way from here: twins.
    pub fn fork(&mut self, at: ReplicaId) -> P {
        self.core(at).clone()
    }

    /// Replaces a puppet by one that booted from these records alone: amnesia.
    pub fn rewind(&mut self, at: ReplicaId, mut fresh: P, records: Vec<Record<P>>, out: &mut Outbox<P>) {
        fresh.step(Input::Start { records, executed: Seq::default(), state: Digest::ZERO }, out);
        *self.core(at) = fresh;
    }

    /// The key of a puppet.
    ///
    /// # Panics
    /// If the coalition does not own it.
    pub fn signer(&self, at: ReplicaId) -> &dyn Signer {
        &**self.signers.get(&at).expect("an adversary signs only with keys it owns")
    }

    /// What signatures are separated by.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Everybody.
    pub fn membership(&self) -> &Membership {
        &self.membership
    }
}

impl<P: fmt::Debug> fmt::Debug for Puppets<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.cores).finish()
    }
}

impl<P: Hash> Hash for Puppets<P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.cores.hash(state);
    }
}

/// One replica and an adversary that owns it, as a process: this is how a real node is made to lie.
#[derive(Clone, Debug, Hash)]
pub struct Corrupted<P: Process, A> {
    id: ReplicaId,
    puppets: Puppets<P>,
    adversary: A,
    chooser: Seeded,
}

impl<P: Process, A: Adversary<P>> Corrupted<P, A> {
    /// Corrupts one replica.
    pub fn new(id: ReplicaId, mut puppets: Puppets<P>, core: P, signer: Arc<dyn Signer>, adversary: A) -> Self {
        puppets.corrupt(id, core, signer);
        Self { id, puppets, adversary, chooser: Seeded::new(u64::from(id.get())) }
    }
}

// `Corrupted` is its own `Process` type, so that its effects are the core's by way of a translation of type only.
impl<P: Process, A: Adversary<P>> Process for Corrupted<P, A> {
    type Vow = P::Vow;
    type Fact = P::Fact;
    type Hint = P::Hint;
    type Timer = P::Timer;
    type Rule = P::Rule;
    // An adversary hears everything.
    type Settled = ();

    fn step(&mut self, input: Input<Self>, out: &mut Outbox<Self>) {
        let mut inner = Outbox::default();
        self.adversary.step(&mut self.puppets, self.id, input.cast(), &mut self.chooser, &mut inner);
        out.extend(inner.drain().into_iter().map(|effect| effect.cast()));
    }

    fn status(&self) -> Status {
        self.puppets.cores[&self.id].status()
    }
}

#[cfg(test)]
mod tests;

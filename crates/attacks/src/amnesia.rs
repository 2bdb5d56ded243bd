//! Forgets what it promised: a disk that was rolled back, or lost.
//!
//! A puppet starts again from an empty log, or from one of a while ago, and votes as if it had never voted since. With
//! f: two strong quorums share a correct replica that remembers. With f+1: those who remember are too few, and a place
//! can be decided twice if the others did not hear of the first time.

use crate::service::{Asked, Copy, Service};
use crate::story::{Protocols, Story};
use crate::strings::once_in;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Outbox, Process, Record, ReplicaId};

pub(crate) const STORY: Story = Story {
    name: "amnesia",
    tells: "A liar starts again from an empty log or an old one, and votes as if it had never voted since.",
    withstood: "Any two strong quorums share a correct replica that remembers what it promised.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §2", "TWINS-21"],
    rows: &["B-04"],
    protocols: Protocols::Every,
};

/// Inputs between two losses, about.
const LOSS: usize = 300;
/// Records kept, at most; a log that would grow beyond is no longer written.
const RECORDS_MAX: usize = 8192;

/// Forgets.
#[derive(Clone, Debug, Hash)]
pub struct Amnesia<P: Process> {
    seats: BTreeMap<ReplicaId, Seat<P>>,
}

#[derive(Clone, Debug, Hash)]
struct Seat<P: Process> {
    /// The core before it started.
    fresh: P,
    service: Service,
    /// How often it forgot.
    life: Copy,
    log: Vec<Record<P>>,
    /// What the log was at some moment.
    backup: Vec<Record<P>>,
}

impl<P: Process> Default for Amnesia<P> {
    fn default() -> Self {
        Self { seats: BTreeMap::new() }
    }
}

impl<P: Process> Adversary<P> for Amnesia<P> {
    fn step(
        &mut self,
        puppets: &mut Puppets<P>,
        at: ReplicaId,
        input: Input<P>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<P>,
    ) {
        let seat = self.seats.entry(at).or_insert_with(|| Seat {
            fresh: puppets.fork(at),
            service: Service::default(),
            life: 0,
            log: Vec::new(),
            backup: Vec::new(),
        });
        let mut inner = Outbox::default();
        match &input {
            Input::Done(report) => {
                let life = seat.life;
                if seat.service.report(report).contains(&life) {
                    puppets.behave(at, input, &mut inner);
                }
            }
            Input::Start { .. } | Input::Deliver { .. } | Input::Request { .. } | Input::Timeout(_) => {
                puppets.behave(at, input, &mut inner);
            }
        }
        seat.perform(puppets, at, inner, out);
        if once_in(LOSS, "backs up", choose) {
            seat.backup.clone_from(&seat.log);
        }
        if once_in(LOSS, "forgets", choose) {
            if once_in(2, "everything", choose) {
                seat.backup.clear();
            }
            seat.log.clone_from(&seat.backup);
            seat.life += 1;
            let mut inner = Outbox::default();
            puppets.rewind(at, seat.fresh.clone(), seat.backup.clone(), &mut inner);
            seat.perform(puppets, at, inner, out);
        }
    }
}

impl<P: Process> Seat<P> {
    /// Lets effects of the core happen, and what follows from what the service is known to have done.
    fn perform(&mut self, puppets: &mut Puppets<P>, at: ReplicaId, mut inner: Outbox<P>, out: &mut Outbox<P>) {
        let mut effects = VecDeque::from(inner.drain());
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Ask(task) => match self.service.ask(self.life, task) {
                    Asked::Pass(task) => out.ask(task),
                    Asked::Known(report) => {
                        puppets.behave(at, Input::Done(report), &mut inner);
                        effects.extend(inner.drain());
                    }
                    Asked::Nothing => {}
                },
                Effect::Persist(record) if self.log.len() < RECORDS_MAX => self.log.push(record),
                Effect::Persist(_) => {}
                Effect::Compact(records) => self.log = records,
                effect => out.extend([effect]),
            }
        }
    }
}

//! Reports wrongly what prepared, to everybody something else, and begins views with the emptiest reports there are.
//!
//! A report may leave out certificates, name older ones, or understate the checkpoint: each such report is well formed.
//! With f: a strong quorum of reports holds one of a correct replica that tells what was decided. With f+1: a new
//! primary of the coalition finds a quorum without one, its accomplices vote for what it begins with, and what a client
//! was told is overwritten. [PBFT-OSDI99 §4.4]

use super::forge::{Chorus, Reports, overhear, overwrite, provoke, sign, tell};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{any, receivers, wishes};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Certificate, Effect, Input, Message, Outbox, ReplicaId, Request, Seq};
use synod_protocols::pbft::{Checkpoint, Departure, Prepare, Replica, ViewChange, Vow};

pub(super) const STORY: Story = Story {
    name: "shade-reports",
    tells: "When they leave a view the liars report nothing that prepared, or what prepared long ago, or an old \
            checkpoint, to everybody something else; and they begin views with the emptiest reports there are.",
    withstood: "Any strong quorum of reports holds one of a correct replica that tells what was decided.",
    breaks: &["Agreement"],
    sources: &["PBFT-OSDI99 §4.4"],
    rows: &["V-09", "V-10", "V-11", "V-25", "V-26"],
    protocols: HERE,
};

/// Old proofs kept, at most: of checkpoints in all, of what prepared for each place.
const OLD_MAX: usize = 4;
/// Places whose old proofs are kept, at most.
const PLACES_MAX: usize = 64;

/// Reports wrongly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ShadeReports {
    seen: Vec<Request>,
    reports: Reports,
    chorus: Chorus,
    checkpoints: Vec<Certificate<Checkpoint>>,
    prepared: BTreeMap<Seq, Vec<Certificate<Prepare>>>,
}

impl ShadeReports {
    /// Keeps the proofs in a report, to use them when they are old.
    fn learn(&mut self, report: &ViewChange) {
        if let Some(stable) = report.stable().filter(|stable| !self.checkpoints.contains(stable))
            && self.checkpoints.len() < OLD_MAX
        {
            self.checkpoints.push(stable.clone());
        }
        for proof in report.prepared() {
            let kept = self.prepared.entry(proof.statement().seq).or_default();
            if kept.len() < OLD_MAX && !kept.contains(proof) {
                kept.push(proof.clone());
            }
        }
        while self.prepared.len() > PLACES_MAX {
            self.prepared.pop_first();
        }
    }

    /// A report in place of a true one.
    fn shade(&self, truth: &ViewChange, puppets: &Puppets<Replica>, choose: &mut dyn Chooser) -> ViewChange {
        let stable = match choose.choose("checkpoint", 3) {
            0 => None,
            1 => any(&self.checkpoints, "which checkpoint", choose).cloned(),
            _ => truth.stable().cloned(),
        };
        let low = stable.as_ref().map_or(Seq::default(), |stable| stable.statement().seq);
        let is_usable =
            |proof: &&Certificate<Prepare>| proof.statement().seq > low && proof.statement().view < truth.view();
        let prepared = match choose.choose("prepared", 4) {
            0 | 1 => Vec::new(),
            2 => {
                let oldest = self.prepared.values().filter_map(|kept| kept.iter().find(is_usable));
                // More than a window of them would not decode.
                oldest.filter(|proof| proof.statement().seq <= low.plus(8)).cloned().collect()
            }
            _ => truth.prepared().iter().filter(is_usable).filter(|_| choose.choose("name", 2) == 0).cloned().collect(),
        };
        ViewChange::new(truth.view(), stable, prepared, puppets.membership()).unwrap_or_else(|_| truth.clone())
    }

    fn depart(
        &mut self,
        puppets: &Puppets<Replica>,
        at: ReplicaId,
        to: ReplicaId,
        truth: &Departure,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        let report = self.shade(truth.vote().statement(), puppets, choose);
        if let Ok(departure) = Departure::new(sign(puppets, at, report), truth.proof().clone()) {
            self.reports.note(&departure);
            tell(to, Vow::ViewChange(departure), out);
        }
    }
}

impl Adversary<Replica> for ShadeReports {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        self.reports.hear(&input);
        overhear(&mut self.seen, &input, choose);
        provoke(puppets, at, choose, out);
        self.chorus.hear(puppets, at, &input, out);
        if let Input::Deliver { message: Message::Vow(Vow::ViewChange(departure)), .. } = &input {
            self.learn(departure.vote().statement());
        }
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Send { to, message: Message::Vow(Vow::ViewChange(departure)) } => {
                    for to in receivers(puppets, at, to) {
                        self.depart(puppets, at, to, &departure, choose, out);
                    }
                }
                Effect::Send { to, message: Message::Vow(Vow::NewView(message)) } => {
                    let view = message.statement().view();
                    let emptiest =
                        self.reports.new_view(puppets, at, view, |report| report.statement().prepared().len());
                    let message = emptiest.unwrap_or(message);
                    puppets.honest().for_each(|to| self.chorus.back_all(puppets, (at, to), message.statement(), out));
                    out.extend([Effect::Send { to, message: Message::Vow(Vow::NewView(message.clone())) }]);
                    overwrite(puppets, at, message.statement(), &self.seen, choose, out);
                }
                effect => out.extend([effect]),
            }
        }
    }
}

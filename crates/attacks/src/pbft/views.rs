//! A new primary that begins its view twice, or only for some.
//!
//! From different quorums of reports follow different proposals, and each NEW-VIEW is right by itself. Some are shown
//! one, some another, some none. With f: what was decided is in both, and elsewhere a strong quorum prepares one of the
//! two at most. With f+1: a quorum of reports can leave out what was decided, and each half finds votes enough.
//! [PBFT-OSDI99 §4.4]

use super::forge::{Chorus, Reports, overhear, overwrite, provoke, sign, tell};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{receivers, wishes};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::{Effect, Input, Message, Outbox, ReplicaId, Request, Signed, Target};
use synod_protocols::pbft::{Departure, Hint, NewView, Replica, ViewChange, Vow};

pub(super) const STORY: Story = Story {
    name: "two-new-views",
    tells: "A new primary begins its view from one quorum of reports for some and from another for the rest, or does \
            not tell some that it has begun.",
    withstood: "What was decided is in both, and of the rest at most one prepares; whoever was not told learns it.",
    breaks: &["Agreement"],
    sources: &["PBFT-OSDI99 §4.4"],
    rows: &["V-11", "V-14", "V-15", "V-16"],
    protocols: HERE,
};

/// Begins views twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TwoNewViews {
    seen: Vec<Request>,
    reports: Reports,
    chorus: Chorus,
}

impl TwoNewViews {
    /// Notes what a puppet reports, and the same without anything that prepared.
    fn note_both(&mut self, puppets: &Puppets<Replica>, at: ReplicaId, departure: &Departure) {
        self.reports.note(departure);
        if let Ok(empty) = ViewChange::new(departure.view(), None, Vec::new(), puppets.membership())
            && let Ok(empty) = Departure::new(sign(puppets, at, empty), departure.proof().clone())
        {
            self.reports.note(&empty);
        }
    }

    fn begin(
        &mut self,
        puppets: &Puppets<Replica>,
        at: ReplicaId,
        message: &Signed<NewView>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        let view = message.statement().view();
        let named = |report: &Signed<ViewChange>| report.statement().prepared().len();
        let fullest = self.reports.new_view(puppets, at, view, |report| usize::MAX - named(report));
        let emptiest = self.reports.new_view(puppets, at, view, named);
        for to in receivers(puppets, at, Target::Others) {
            let told = match choose.choose("which view", 5) {
                0 => continue,
                1 | 2 => fullest.as_ref(),
                _ => emptiest.as_ref(),
            };
            let told = told.unwrap_or(message);
            tell(to, Vow::NewView(told.clone()), out);
            self.chorus.back_all(puppets, (at, to), told.statement(), out);
        }
    }
}

impl Adversary<Replica> for TwoNewViews {
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
        for effect in wishes(puppets, at, input) {
            match effect {
                Effect::Send { message: Message::Vow(Vow::NewView(message)), .. } => {
                    self.begin(puppets, at, &message, choose, out);
                    overwrite(puppets, at, message.statement(), &self.seen, choose, out);
                }
                // It was said to be the proof of the view; whoever was not told shall not learn it from us.
                Effect::Send { message: Message::Hint(Hint::NewView(_)), .. } => {}
                Effect::Send { message: Message::Vow(Vow::ViewChange(ref departure)), .. } => {
                    self.note_both(puppets, at, departure);
                    out.extend([effect]);
                }
                effect => out.extend([effect]),
            }
        }
    }
}

//! Shows proofs that prove nothing: signed by too few, by one several times, or by nobody who was asked; and what would
//! follow from them.
//!
//! Nothing of this can be said in our own types, so it is written byte by byte. Whoever receives it has to notice: by
//! its form, or because a signature is not one of whom it names. A proof that is none is refused, however many show it.
//! [PBFT-OSDI99 §4.2, §4.4]

use super::forge::{overhear, provoke, sign};
use super::gallery::HERE;
use crate::story::Story;
use crate::strings::{any, once_in};
use alloc::vec::Vec;
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Chooser;
use synod_kernel::codec::decode_own;
use synod_kernel::descriptor::MAX_WINDOW;
use synod_kernel::statement::Kind;
use synod_kernel::{
    Batch, Digest, Encode, Input, Membership, Message, Outbox, ReplicaId, Request, Scope, Seq, Signed, Statement, View,
    Writer,
};
use synod_protocols::pbft::{
    Checkpoint, Commit, Departure, Hint, NewView, PrePrepare, Prepare, Replica, Suspect, ViewChange, Vow,
};

pub(super) const STORY: Story = Story {
    name: "unfounded",
    tells: "The liars show proofs with too few signers, with themselves several times, or with signatures that they \
            made for others; new views that do not follow from their reports; and requests that no client signed.",
    withstood: "What does not prove itself is refused by everybody, and costs its sender the connection.",
    breaks: &[],
    sources: &["PBFT-OSDI99 §4.2", "PBFT-OSDI99 §4.4"],
    rows: &["L-03", "L-11", "V-08", "V-12", "V-13", "R-06"],
    protocols: HERE,
};

/// How far above a stable checkpoint lies what is proved falsely, at most.
const AHEAD_MAX: usize = 12;

/// Shows proofs that prove nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Unfounded {
    seen: Vec<Request>,
}

impl Adversary<Replica> for Unfounded {
    fn step(
        &mut self,
        puppets: &mut Puppets<Replica>,
        at: ReplicaId,
        input: Input<Replica>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Replica>,
    ) {
        overhear(&mut self.seen, &input, choose);
        provoke(puppets, at, choose, out);
        puppets.behave(at, input, out);
    }

    fn write(
        &mut self,
        puppets: &Puppets<Replica>,
        at: ReplicaId,
        message: &Message<Replica>,
        choose: &mut dyn Chooser,
    ) -> Vec<u8> {
        let truth = message.to_bytes();
        let liar = Liar { puppets, at, seen: &self.seen };
        // What a message carries comes last in it.
        let (carried, lie) = match message {
            // Views change rarely, and there is more to lie about.
            Message::Vow(Vow::ViewChange(_) | Vow::NewView(_)) if once_in(5, "truth", choose) => return truth,
            Message::Vow(Vow::PrePrepare(_)) | Message::Hint(_) if !once_in(3, "lie", choose) => return truth,
            Message::Vow(Vow::ViewChange(departure)) => (departure.to_bytes(), liar.departure(departure, choose)),
            Message::Vow(Vow::NewView(message)) if message.signer() == at => {
                (message.to_bytes(), liar.new_view(message.statement(), choose))
            }
            Message::Vow(Vow::PrePrepare(message)) => (message.to_bytes(), liar.proposal(message, choose)),
            Message::Hint(Hint::Stable(certificate)) => {
                let Checkpoint { seq, .. } = *certificate.statement();
                let statement = Checkpoint { seq, state: false_state() };
                (certificate.to_bytes(), Some(liar.proof(&statement, liar.members().strong(), choose)))
            }
            Message::Hint(Hint::Decided { certificate, batch, more }) => {
                let carried = [certificate.to_bytes(), batch.to_bytes(), more.to_bytes()].concat();
                let (Commit { view, seq, .. }, null) = (*certificate.statement(), Batch::null());
                let statement = Commit { view, seq, digest: null.digest() };
                let proof = liar.proof(&statement, liar.members().strong(), choose);
                (carried, Some([proof, null.to_bytes(), more.to_bytes()].concat()))
            }
            Message::Vow(_) | Message::Hint(_) => return truth,
        };
        match lie {
            Some(lie) => [&truth[..truth.len() - carried.len()], &lie].concat(),
            None => truth,
        }
    }
}

fn false_state() -> Digest {
    Digest::of("unfounded", b"state")
}

/// Bytes where something else is expected.
struct Raw(Vec<u8>);

impl Encode for Raw {
    fn encode(&self, writer: &mut Writer) {
        writer.raw(&self.0);
    }
}

/// Who writes.
struct Liar<'a> {
    puppets: &'a Puppets<Replica>,
    at: ReplicaId,
    seen: &'a [Request],
}

impl Liar<'_> {
    fn members(&self) -> &Membership {
        self.puppets.membership()
    }

    /// Something that a list of signers makes a proof of, if nobody looks at them.
    fn proof<S: Statement>(&self, statement: &S, size: usize, choose: &mut dyn Chooser) -> Vec<u8> {
        let signers: Vec<ReplicaId> = match choose.choose("signers", 3) {
            0 => [self.at].into(),
            1 => core::iter::repeat_n(self.at, size).collect(),
            _ => self.members().replicas().collect(),
        };
        let own = sign(self.puppets, self.at, statement.clone()).signature();
        let mut writer = Writer::default();
        statement.encode(&mut writer);
        writer.count(signers.len());
        for signer in signers {
            signer.encode(&mut writer);
            own.encode(&mut writer);
        }
        writer.into_bytes()
    }

    /// A statement that may be none, signed by the liar all the same, in whoever's name.
    fn signed(&self, kind: Kind, statement: Vec<u8>, name: ReplicaId) -> Vec<u8> {
        let digest = self.puppets.domain().digest(kind, &statement);
        let signature = self.puppets.signer(self.at).sign(&digest);
        [statement, name.to_bytes(), signature.to_bytes()].concat()
    }

    /// A batch that others have, or one that they have heard of.
    fn some_digest(&self, choose: &mut dyn Chooser) -> Digest {
        let request = any(self.seen, "request", choose).filter(|_| choose.choose("whose batch", 2) == 0);
        request.map_or(Batch::null(), |request| Batch::new([request.clone()].into())).digest()
    }

    /// The newest view below one in which the liar is the primary, or just the one below: only there a proof of its own
    /// names the primary.
    fn below(&self, view: View, choose: &mut dyn Chooser) -> View {
        let last = view.get().saturating_sub(1);
        let size = u64::from(self.members().size());
        let mut own = (last.saturating_sub(size)..=last).rev().map(View::new);
        let own = own.find(|view| self.members().primary(*view) == self.at);
        own.filter(|_| choose.choose("whose view", 2) == 0).unwrap_or(View::new(last))
    }

    /// A report with something in it that nobody proved, or with no reason for it.
    fn departure(&self, truth: &Departure, choose: &mut dyn Chooser) -> Option<Vec<u8>> {
        let report = truth.vote().statement();
        let low = report.stable_seq();
        let ahead = low.plus(1 + choose.choose("how far ahead", AHEAD_MAX) as u64);
        let mut writer = Writer::default();
        report.view().encode(&mut writer);
        match choose.choose("what is unfounded", 4) {
            0 => {
                true.encode(&mut writer);
                let stable = Checkpoint { seq: ahead, state: false_state() };
                writer.raw(&self.proof(&stable, self.members().strong(), choose));
                writer.count(0);
            }
            1 => {
                let suspicion = Suspect { view: View::new(report.view().get().saturating_sub(1)) };
                let proof = self.proof(&suspicion, self.members().weak(), choose);
                return Some([truth.vote().to_bytes(), proof].concat());
            }
            _ => {
                report.stable().cloned().encode(&mut writer);
                let view = self.below(report.view(), choose);
                let lie = Prepare { view, seq: ahead, digest: self.some_digest(choose) };
                let mut all: Vec<(Seq, Raw)> = Vec::new();
                let others = report.prepared().iter().filter(|proof| proof.statement().seq != ahead);
                all.extend(others.map(|proof| (proof.statement().seq, Raw(proof.to_bytes()))));
                all.push((ahead, Raw(self.proof(&lie, self.members().strong(), choose))));
                all.sort_by_key(|(seq, _)| *seq);
                let all: Vec<Raw> = all.into_iter().map(|(_, proof)| proof).collect();
                writer.list(all.iter());
            }
        }
        let vote = self.signed(ViewChange::KIND, writer.into_bytes(), self.at);
        Some([vote, truth.proof().to_bytes()].concat())
    }

    /// A new view that does not follow from its reports, or whose reports are not what they seem.
    fn new_view(&self, truth: &NewView, choose: &mut dyn Chooser) -> Option<Vec<u8>> {
        let view = truth.view();
        let mut reports: Vec<Signed<ViewChange>> = truth.view_changes().to_vec();
        let mut proposals: Vec<Prepare> = truth.proposals().iter().map(|proposal| *proposal.statement()).collect();
        let mut shown: Vec<Raw> = reports.iter().map(|report| Raw(report.to_bytes())).collect();
        match choose.choose("what does not follow", 4) {
            0 => {
                let place = choose.choose("whose report", reports.len());
                reports.remove(place);
                shown.remove(place);
                proposals = NewView::wanted(view, &reports)?;
            }
            1 if !proposals.is_empty() => {
                let place = choose.choose("which place", proposals.len());
                proposals[place].digest = self.some_digest(choose);
            }
            2 if !proposals.is_empty() => drop(proposals.pop()),
            _ => {
                // Everybody else, it says, has nothing to report.
                let empty = ViewChange::new(view, None, Vec::new(), self.members()).ok()?;
                for (report, shown) in reports.iter_mut().zip(&mut shown) {
                    shown.0 = self.signed(ViewChange::KIND, empty.to_bytes(), report.signer());
                    *report = sign(self.puppets, self.at, empty.clone());
                }
                proposals = NewView::wanted(view, &reports)?;
            }
        }
        let proposals: Vec<Signed<Prepare>> =
            proposals.into_iter().map(|proposal| sign(self.puppets, self.at, proposal)).collect();
        let mut writer = Writer::default();
        view.encode(&mut writer);
        writer.list(shown.iter());
        writer.list(proposals.iter());
        Some(self.signed(NewView::KIND, writer.into_bytes(), self.at))
    }

    /// A proposal that carries another batch than it names, or a request that its client did not sign.
    fn proposal(&self, truth: &PrePrepare, choose: &mut dyn Chooser) -> Option<Vec<u8>> {
        if choose.choose("what is wrong", 2) == 0 {
            let other = Batch::new([any(self.seen, "request", choose)?.clone()].into());
            return Some([truth.vote().to_bytes(), other.to_bytes()].concat());
        }
        let Prepare { view, seq, .. } = *truth.vote().statement();
        let batch = Batch::new([self.altered(truth.batch().requests().first()?, choose)?].into());
        let vote = sign(self.puppets, self.at, Prepare { view, seq, digest: batch.digest() });
        Some(PrePrepare::new(vote, batch).to_bytes())
    }

    /// A request of which one bit is another, if that still is one.
    fn altered(&self, request: &Request, choose: &mut dyn Chooser) -> Option<Request> {
        let mut bytes = request.to_bytes();
        let place = choose.choose("byte", bytes.len());
        bytes[place] ^= 1 << choose.choose("bit", 8);
        let scope = Scope { domain: *self.puppets.domain(), membership: *self.members(), window: MAX_WINDOW };
        decode_own(bytes.into(), &scope).ok()
    }
}

//! The certificates in what a replica says and keeps, for judges.
//!
//! Named are those of which no two can differ: what prepared at a place in a view, what was decided at a place, the
//! state after a batch, and that a primary is suspected. That a view began may be proved in several ways.

use super::message::{Fact, Hint, Vow};
use super::replica::Replica;
use super::statement::{Checkpoint, Commit, NewView, Prepare, Suspect, ViewChange};
use alloc::vec::Vec;
use synod_kernel::certificate::Weak;
use synod_kernel::process::{Binding, Message, Proof, Question, Quorum, Record, Shown};
use synod_kernel::{Certificate, Digest, Seq, Signed, Statement, View};

/// What is proved in it.
pub fn proofs(shown: Shown<'_, Replica>) -> Vec<Proof> {
    let mut found = Vec::new();
    match shown {
        Shown::Message(Message::Vow(vow)) | Shown::Record(Record::Vow(vow)) => of_vow(vow, &mut found),
        Shown::Message(Message::Hint(hint)) => of_hint(hint, &mut found),
        Shown::Record(Record::Fact(fact)) => of_fact(fact, &mut found),
    }
    found
}

/// The answers that a replica gives when it vows this: its own, and in a NEW-VIEW a PREPARE for each place of O.
/// [PBFT-OSDI99 §4.4]
pub fn promises(vow: &Vow) -> Vec<(Question, Digest)> {
    let mut answers = alloc::vec![(vow.question(), vow.answer())];
    if let Vow::NewView(message) = vow {
        answers.extend(message.statement().proposals().iter().map(|proposal| {
            let Prepare { view, seq, digest } = *proposal.statement();
            (Question { statement: Prepare::KIND.statement, view: Some(view), seq: Some(seq) }, digest)
        }));
    }
    answers
}

fn of_vow(vow: &Vow, found: &mut Vec<Proof>) {
    match vow {
        Vow::ViewChange(departure) => {
            of_view_change(departure.vote().statement(), found);
            found.push(suspected(departure.proof()));
        }
        Vow::NewView(message) => of_new_view(message, found),
        Vow::PrePrepare(_) | Vow::Prepare(_) | Vow::Commit(_) | Vow::Checkpoint(_) => {}
    }
}

fn of_fact(fact: &Fact, found: &mut Vec<Proof>) {
    match fact {
        Fact::Prepared(certificate) => found.push(prepared(certificate)),
        Fact::Stable(certificate) => found.push(stable(certificate)),
        Fact::Decided(certificate) => found.push(decided(certificate)),
        Fact::NewView(message) => of_new_view(message, found),
        // What liars signed proves nothing but that they lie.
        Fact::Evidence(_) | Fact::Body(_) | Fact::Proposal(_) => {}
    }
}

fn of_hint(hint: &Hint, found: &mut Vec<Proof>) {
    match hint {
        Hint::Decided { certificate, .. } => found.push(decided(certificate)),
        Hint::Stable(certificate) => found.push(stable(certificate)),
        Hint::NewView(message) => of_new_view(message, found),
        Hint::Progress(_)
        | Hint::Proposal(_)
        | Hint::Fetch(_)
        | Hint::Body(_)
        | Hint::Suspect(_)
        | Hint::FetchChunk { .. }
        | Hint::Chunk { .. } => {}
    }
}

fn of_new_view(message: &Signed<NewView>, found: &mut Vec<Proof>) {
    message.statement().view_changes().iter().for_each(|report| of_view_change(report.statement(), found));
}

fn of_view_change(report: &ViewChange, found: &mut Vec<Proof>) {
    found.extend(report.stable().map(stable));
    found.extend(report.prepared().iter().map(prepared));
}

fn prepared(certificate: &Certificate<Prepare>) -> Proof {
    let Prepare { view, seq, digest } = *certificate.statement();
    proof(certificate, (Some(view), seq), Some(view), digest)
}

fn decided(certificate: &Certificate<Commit>) -> Proof {
    let Commit { view, seq, digest } = *certificate.statement();
    proof(certificate, (None, seq), Some(view), digest)
}

fn stable(certificate: &Certificate<Checkpoint>) -> Proof {
    let Checkpoint { seq, state } = *certificate.statement();
    proof(certificate, (None, seq), None, state)
}

/// That a primary is suspected binds nobody, and there is one thing to say.
fn suspected(certificate: &Certificate<Suspect, Weak>) -> Proof {
    let question = Question { statement: Suspect::KIND.statement, view: Some(certificate.statement().view), seq: None };
    let signers = certificate.signers().collect();
    Proof { question, answer: Digest::ZERO, signers, promised: None, quorum: Quorum::Weak }
}

/// What is proved about a place, perhaps in a view, by promises that were made in a view.
fn proof<S: Statement>(
    certificate: &Certificate<S>,
    (view, seq): (Option<View>, Seq),
    promised_in: Option<View>,
    answer: Digest,
) -> Proof {
    let ask = |view| Question { statement: S::KIND.statement, view, seq: Some(seq) };
    let signers = certificate.signers().collect();
    Proof { question: ask(view), answer, signers, promised: Some(ask(promised_in)), quorum: Quorum::Strong }
}

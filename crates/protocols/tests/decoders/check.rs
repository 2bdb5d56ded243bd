//! What must hold of any input to the decoders of this crate.

use crate::judge::{self, Judge};
use crate::verdict::Verdict;
use std::sync::LazyLock;
use synod_kernel::process::{Binding, KeyRange};
use synod_kernel::{Certificate, Encode, Message, Record, Statement};
use synod_protocols::pbft::{Evidence, Fact, Hint, NewView, Replica, ViewChange, Vow};

pub(crate) mod samples;

fn encodings<T: Encode>(samples: Vec<(&'static str, T)>) -> Vec<Vec<u8>> {
    samples.iter().map(|(_, value)| value.to_bytes()).collect()
}

static MESSAGES: LazyLock<Judge> =
    LazyLock::new(|| Judge::who_heard::<Message<Replica>>(encodings(samples::messages())));
static RECORDS: LazyLock<Judge> = LazyLock::new(|| Judge::who_heard::<Record<Replica>>(encodings(samples::records())));

/// What one replica sends another.
pub(crate) fn message(input: &[u8]) -> Verdict {
    let (verdict, value) = MESSAGES.judge::<Message<Replica>>(input);
    match value {
        Some(Message::Vow(vow)) => assert_vow(&vow),
        Some(Message::Hint(hint)) => assert_hint(&hint),
        None => {}
    }
    verdict
}

/// What a replica writes to its log.
pub(crate) fn record(input: &[u8]) -> Verdict {
    let (verdict, value) = RECORDS.judge::<Record<Replica>>(input);
    match value {
        Some(Record::Vow(vow)) => assert_vow(&vow),
        Some(Record::Fact(fact)) => assert_fact(&fact),
        None => {}
    }
    verdict
}

fn assert_vow(vow: &Vow) {
    assert!(judge::scope().membership.contains(vow.signer()), "a member's");
    let (question, answer) = (vow.question(), vow.answer());
    match vow {
        Vow::PrePrepare(proposal) => {
            assert_eq!(proposal.vote().statement().digest, proposal.batch().digest(), "it names its batch");
            assert_eq!(answer, proposal.batch().digest());
        }
        Vow::Prepare(_) | Vow::Commit(_) => assert!(question.view.is_some() && question.seq.is_some()),
        Vow::Checkpoint(vote) => assert_eq!(question.seq, Some(vote.statement().seq)),
        Vow::ViewChange(departure) => {
            assert_eq!(vow.leaves(), Some(departure.view()));
            assert_eq!(departure.proof().statement().view.next(), departure.view());
            assert!(departure.proof().signers().len() >= judge::scope().membership.weak());
            assert_view_change(departure.vote().statement());
        }
        Vow::NewView(message) => {
            assert_eq!(vow.leaves(), Some(message.statement().view()));
            assert_new_view(message.statement());
        }
    }
}

fn assert_fact(fact: &Fact) {
    match fact {
        Fact::Body(_) | Fact::Proposal(_) => {}
        Fact::Prepared(certificate) => assert_strong(certificate),
        Fact::Stable(certificate) => assert_strong(certificate),
        Fact::Decided(certificate) => assert_strong(certificate),
        Fact::NewView(message) => assert_new_view(message.statement()),
        Fact::Evidence(evidence) => {
            let contradicts = match evidence {
                Evidence::Prepare(pair) => pair.first.statement().contradicts(pair.second.statement()),
                Evidence::Commit(pair) => pair.first.statement().contradicts(pair.second.statement()),
                Evidence::Checkpoint(pair) => pair.first.statement().contradicts(pair.second.statement()),
                Evidence::ViewChange(pair) => pair.first.statement().contradicts(pair.second.statement()),
            };
            assert!(contradicts && judge::scope().membership.contains(evidence.culprit()));
        }
    }
}

fn assert_hint(hint: &Hint) {
    match hint {
        Hint::Decided { certificate, batch, .. } => {
            assert_strong(certificate);
            assert_eq!(certificate.statement().digest, batch.digest(), "it names its batch");
        }
        Hint::Stable(certificate) => assert_strong(certificate),
        Hint::NewView(message) => assert_new_view(message.statement()),
        Hint::FetchChunk { range, .. } => assert_range(range),
        Hint::Chunk { range, chunk, .. } => {
            assert_range(range);
            assert!(chunk.as_ref().is_none_or(|chunk| chunk.len() <= 8 << 20));
        }
        Hint::Progress(_) | Hint::Suspect(_) | Hint::Proposal(_) | Hint::Fetch(_) | Hint::Body(_) => {}
    }
}

fn assert_strong<S: Statement>(certificate: &Certificate<S>) {
    let signers: Vec<_> = certificate.signers().collect();
    assert!(signers.len() >= judge::scope().membership.strong() && signers.is_sorted_by(|a, b| a < b));
}

/// P ascends above C, was prepared in earlier views, and each of it with the word of the primary.
fn assert_view_change(message: &ViewChange) {
    message.stable().into_iter().for_each(assert_strong);
    message.prepared().iter().for_each(assert_strong);
    let places: Vec<_> = message.prepared().iter().map(|certificate| certificate.statement().seq).collect();
    assert!(places.is_sorted_by(|a, b| a < b) && places.first().is_none_or(|&first| first > message.stable_seq()));
    for certificate in message.prepared() {
        let view = certificate.statement().view;
        assert!(view < message.view() && certificate.has_signer(judge::scope().membership.primary(view)));
    }
}

/// V is a strong quorum for the view, and O has one proposal for each place up to the last that prepared: what
/// prepared there in the highest view.
fn assert_new_view(message: &NewView) {
    let members = judge::scope().membership;
    let reports = message.view_changes();
    assert!(reports.len() >= members.strong());
    assert!(reports.is_sorted_by(|a, b| a.signer() < b.signer()));
    for report in reports {
        assert_eq!(report.statement().view(), message.view());
        assert_view_change(report.statement());
    }
    let prepared = || reports.iter().flat_map(|report| report.statement().prepared()).map(Certificate::statement);
    let lowest = reports.iter().map(|report| report.statement().stable_seq()).max().unwrap_or_default();
    let above = || prepared().filter(|vote| vote.seq > lowest);
    let last = above().map(|vote| vote.seq).max().unwrap_or(lowest);
    assert_eq!(message.proposals().len() as u64, last.get() - lowest.get());
    for proposal in message.proposals() {
        let vote = proposal.statement();
        assert!(proposal.signer() == members.primary(message.view()) && vote.view == message.view());
        let newest = above().filter(|other| other.seq == vote.seq).map(|other| other.view).max();
        let is_it =
            |digest| above().any(|other| (other.seq, Some(other.view)) == (vote.seq, newest) && other.digest == digest);
        assert!(newest.is_none_or(|_| is_it(vote.digest)), "what prepared in the highest view");
    }
}

fn assert_range(range: &KeyRange) {
    assert!(range.from().len() <= 2048 && range.to().is_none_or(|to| to.len() <= 2048 && range.from() < to));
}

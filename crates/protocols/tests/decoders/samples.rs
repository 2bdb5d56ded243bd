//! What is honestly said in the corpora of this crate; a liar says two things here and there.

use crate::judge;
use bytes::Bytes;
use synod_kernel::certificate::Weak;
use synod_kernel::process::KeyRange;
use synod_kernel::{
    Batch, Certificate, Digest, Equivocation, Message, Record, Request, RequestId, Seq, SessionId, Signed, Statement,
    Tally, View,
};
use synod_protocols::pbft::{
    Checkpoint, Commit, Departure, Evidence, Fact, Hint, NewView, PrePrepare, Prepare, Progress, Replica, Suspect,
    ViewChange, Vow,
};

/// A batch of two requests.
pub(crate) fn batch() -> Batch {
    let request = |id, operations: &[&'static [u8]]| {
        let operations = operations.iter().map(|operation| Bytes::from_static(operation)).collect();
        let (domain, id) = (judge::scope().domain, RequestId::new(id));
        Request::sign(SessionId::new(9), id, operations, &domain, &judge::client()).expect("within bounds")
    };
    Batch::new(vec![request(1, &[b"put a", b""]), request(2, &[b"get a"])])
}

/// Signs as one replica.
pub(crate) fn signed<S: Statement>(position: u16, statement: S) -> Signed<S> {
    Signed::sign(statement, &judge::scope().domain, &judge::replica(position))
}

/// Signed by three of the four.
pub(crate) fn certificate<S: Statement>(statement: &S, signers: [u16; 3]) -> Certificate<S> {
    let mut tally = Tally::default();
    for position in signers {
        tally.cast(signed(position, statement.clone())).expect("nobody votes twice");
    }
    tally.certificate(statement, &judge::scope().membership).expect("a strong quorum")
}

pub(crate) fn prepare(view: u64, seq: u64, digest: Digest) -> Prepare {
    Prepare { view: View::new(view), seq: Seq::new(seq), digest }
}

fn commit(seq: u64, digest: Digest) -> Commit {
    Commit { view: View::new(0), seq: Seq::new(seq), digest }
}

pub(crate) fn checkpoint(content: &[u8]) -> Checkpoint {
    Checkpoint { seq: Seq::new(128), state: Digest::of("synod fuzz v1", content) }
}

fn stable() -> Certificate<Checkpoint> {
    certificate(&checkpoint(b"state"), [0, 1, 3])
}

/// Prepared in view 0, whose primary is replica 0.
pub(crate) fn prepared(seq: u64) -> Certificate<Prepare> {
    certificate(&prepare(0, seq, batch().digest()), [0, 2, 3])
}

/// Leaves for view 1.
fn view_change(stable: Option<Certificate<Checkpoint>>, prepared: Vec<Certificate<Prepare>>) -> ViewChange {
    ViewChange::new(View::new(1), stable, prepared, &judge::scope().membership).expect("consistent")
}

/// Batches prepared at 129 and 131, and nothing at 130.
pub(crate) fn new_view() -> NewView {
    let reports = vec![
        signed(0, view_change(Some(stable()), vec![prepared(129)])),
        signed(2, view_change(None, vec![prepared(129), prepared(131)])),
        signed(3, view_change(None, Vec::new())),
    ];
    let (body, null) = (batch().digest(), Batch::null().digest());
    let proposals = [(129, body), (130, null), (131, body)];
    let proposals = proposals.map(|(seq, digest)| signed(1, prepare(1, seq, digest))).to_vec();
    NewView::new(View::new(1), reports, proposals, &judge::scope().membership).expect("O follows from V")
}

fn empty_new_view() -> NewView {
    let reports = [0, 1, 2, 3].map(|position| signed(position, view_change(None, Vec::new()))).to_vec();
    NewView::new(View::new(1), reports, Vec::new(), &judge::scope().membership).expect("O follows from V")
}

/// Proof that two suspect the primary of a view.
pub(crate) fn suspicion(view: u64) -> Certificate<Suspect, Weak> {
    let (mut tally, statement) = (Tally::<Suspect, Weak>::default(), Suspect { view: View::new(view) });
    (0..2).for_each(|id| tally.cast(signed(id, statement)).expect("nothing contradicts a suspicion"));
    tally.certificate(&statement, &judge::scope().membership).expect("a weak quorum")
}

/// A view-change message with its reason.
fn departure(signer: u16, report: ViewChange) -> Departure {
    Departure::new(signed(signer, report), suspicion(0)).expect("about the view before")
}

/// Every kind of vow.
fn vows() -> Vec<(&'static str, Vow)> {
    let digest = batch().digest();
    let null = PrePrepare::new(signed(0, prepare(0, 130, Batch::null().digest())), Batch::null());
    vec![
        ("pre-prepare", Vow::PrePrepare(PrePrepare::new(signed(0, prepare(0, 129, digest)), batch()))),
        ("null-pre-prepare", Vow::PrePrepare(null)),
        ("prepare", Vow::Prepare(signed(2, prepare(0, 129, digest)))),
        ("commit", Vow::Commit(signed(2, commit(129, digest)))),
        ("checkpoint", Vow::Checkpoint(signed(3, checkpoint(b"state")))),
        ("view-change", Vow::ViewChange(departure(2, view_change(Some(stable()), vec![prepared(129), prepared(131)])))),
        ("empty-view-change", Vow::ViewChange(departure(3, view_change(None, Vec::new())))),
        ("new-view", Vow::NewView(signed(1, new_view()))),
        ("empty-new-view", Vow::NewView(signed(1, empty_new_view()))),
    ]
}

/// Every kind of hint.
fn hints() -> Vec<(&'static str, Hint)> {
    let (digest, seq, key) = (batch().digest(), Seq::new(128), Bytes::from_static);
    let range = KeyRange::new(key(b"\x01key"), Some(key(b"\x02"))).expect("not empty");
    let ordered = Seq::new(131);
    let progress = Progress { view: View::new(1), active: true, stable: seq, ordered, stuck: false };
    let certificate = certificate(&commit(129, digest), [1, 2, 3]);
    let chunk = Some(Bytes::from_static(b"not looked at here"));
    vec![
        ("progress", Hint::Progress(progress)),
        ("proposal", Hint::Proposal(signed(0, prepare(0, 129, digest)))),
        ("suspect", Hint::Suspect(signed(2, Suspect { view: View::new(0) }))),
        ("fetch", Hint::Fetch(digest)),
        ("body", Hint::Body(batch())),
        ("decided", Hint::Decided { certificate, batch: batch(), more: true }),
        ("stable", Hint::Stable(stable())),
        ("shown-new-view", Hint::NewView(signed(1, new_view()))),
        ("fetch-chunk", Hint::FetchChunk { seq, range: range.clone() }),
        ("chunk", Hint::Chunk { seq, range: range.clone(), chunk }),
        ("no-chunk", Hint::Chunk { seq, range, chunk: None }),
    ]
}

/// Every kind of evidence.
fn evidence() -> Vec<(&'static str, Evidence)> {
    let (one, other) = (batch().digest(), Batch::null().digest());
    let pair =
        |first: ViewChange, second: ViewChange| Equivocation { first: signed(2, first), second: signed(2, second) };
    vec![
        ("two-prepares", Evidence::Prepare(two(0, prepare(0, 129, one), prepare(0, 129, other)))),
        ("two-commits", Evidence::Commit(two(3, commit(129, one), commit(129, other)))),
        ("two-checkpoints", Evidence::Checkpoint(two(3, checkpoint(b"state"), checkpoint(b"other")))),
        (
            "two-view-changes",
            Evidence::ViewChange(pair(view_change(None, Vec::new()), view_change(None, vec![prepared(129)]))),
        ),
    ]
}

fn two<S: Statement>(liar: u16, first: S, second: S) -> Equivocation<S> {
    Equivocation { first: signed(liar, first), second: signed(liar, second) }
}

/// Every kind of message.
pub(crate) fn messages() -> Vec<(&'static str, Message<Replica>)> {
    let vows = vows().into_iter().map(|(name, vow)| (name, Message::Vow(vow)));
    vows.chain(hints().into_iter().map(|(name, hint)| (name, Message::Hint(hint)))).collect()
}

/// Every kind of record; of vows one is enough, as messages have the others.
pub(crate) fn records() -> Vec<(&'static str, Record<Replica>)> {
    let facts = vec![
        ("body", Fact::Body(batch())),
        ("proposal", Fact::Proposal(signed(0, prepare(0, 129, batch().digest())))),
        ("prepared", Fact::Prepared(prepared(129))),
        ("decided", Fact::Decided(certificate(&commit(129, batch().digest()), [1, 2, 3]))),
        ("stable", Fact::Stable(stable())),
        ("new-view", Fact::NewView(signed(1, new_view()))),
    ];
    let evidence = evidence().into_iter().map(|(name, evidence)| (name, Fact::Evidence(evidence)));
    let facts = facts.into_iter().chain(evidence).map(|(name, fact)| (name, Record::Fact(fact)));
    vows().into_iter().take(1).map(|(name, vow)| (name, Record::Vow(vow))).chain(facts).collect()
}

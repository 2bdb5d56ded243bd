//! A PBFT replica: its state, and `step`, the only place that looks at what kind of input came.

use super::config::Config;
use super::departure::Departure;
use super::help::Help;
use super::history::History;
use super::message::{Evidence, Fact, Hint, Vow};
use super::new_view;
use super::requests::Requests;
use super::rule::{Rule, Timer};
use super::settled::Settled;
use super::slot::Slot;
use super::statement::{Checkpoint, NewView, Prepare};
use super::suspicion::Suspicions;
use super::transfer::Transfer;
use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::ToString;
use alloc::vec::Vec;
use synod_kernel::{
    Batch, Certificate, Digest, Input, Message, Outbox, Process, ReplicaId, Report, Seq, Signed, Status, Tally, View,
};

/// What is written during a step.
pub(super) type Out = Outbox<Replica>;

/// Whether the replica votes in its view or only wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    /// In the view, voting.
    Normal,
    /// Left the views below; waits for the proof of this one.
    ViewChange {
        /// For what.
        wait: Wait,
    },
}

/// What a replica that has left a view waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wait {
    /// Until a strong quorum asks for the next view.
    Quorum,
    /// Until that view starts, which it should before a timer fires.
    Start,
    /// The timer has fired: the primary of that view is suspected.
    Over,
}

/// A PBFT replica.
#[derive(Clone, Debug, Hash)]
pub struct Replica {
    pub(super) config: Config,
    pub(super) view: View,
    pub(super) mode: Mode,
    /// View changes since a request was last executed: the exponent of the view timeout.
    pub(super) attempts: u32,
    /// The proof of the view, if it is not the first.
    pub(super) new_view: Option<Signed<NewView>>,
    /// The newest view-change message of every replica, our own included: at most n.
    pub(super) departures: BTreeMap<ReplicaId, Departure>,
    /// Votes for later views, in a bounded queue per sender.
    pub(super) early: BTreeMap<ReplicaId, VecDeque<Vow>>,
    /// h and its proof.
    pub(super) stable: Option<Certificate<Checkpoint>>,
    /// Above h; at most twice the window.
    pub(super) slots: BTreeMap<Seq, Slot>,
    /// Batches, durable here: at most three per slot, one per prepared certificate in `departures`, and what was
    /// proposed in the view left last, until a view is entered.
    pub(super) bodies: BTreeMap<Digest, Batch>,
    /// Checkpoint votes above h, within twice the window.
    pub(super) checkpoints: BTreeMap<Seq, Tally<Checkpoint>>,
    /// Our own durable checkpoints, from h on.
    pub(super) taken: BTreeMap<Seq, Digest>,
    /// The highest proved checkpoint that this replica has not reached.
    pub(super) target: Option<Certificate<Checkpoint>>,
    pub(super) transfer: Option<Transfer>,
    /// Transfers for which the service was asked to get ready, and has not said that it is.
    pub(super) beginning: usize,
    /// Proofs of checkpoints that this replica will come to, within twice the window.
    pub(super) proved: BTreeMap<Seq, Certificate<Checkpoint>>,
    /// Who has more decisions for us, after this one.
    pub(super) helper: Option<(ReplicaId, Seq)>,
    /// Decisions below h, within a bound.
    pub(super) history: History,
    /// What was done for peers in this status interval, and what they wait for.
    pub(super) help: Help,
    /// The last batch handed to the service, without gaps.
    pub(super) ordered: Seq,
    /// The last batch the service reported.
    pub(super) executed: Seq,
    /// What each peer last said that it has ordered: at most n.
    pub(super) reports: BTreeMap<ReplicaId, Seq>,
    /// Status intervals for which this replica, which was far behind, does not blame the primary.
    pub(super) grace: u32,
    /// How often one peer alone was asked for what others have.
    pub(super) turn: usize,
    /// `ordered` when the others were last told.
    pub(super) reported: Seq,
    /// The last number this replica proposed or saw used in its view.
    pub(super) proposed: Seq,
    pub(super) requests: Requests,
    /// Who suspects the primary of this view.
    pub(super) suspicions: Suspicions,
    /// Whether the operator is to be told of the first batch decided in this view.
    pub(super) tells_execution: bool,
    /// The first evidence against each replica: at most n.
    pub(super) evidence: BTreeMap<ReplicaId, Evidence>,
}

impl Replica {
    /// A replica that has not started: its first input is `Start`.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            view: View::default(),
            mode: Mode::Normal,
            attempts: 0,
            new_view: None,
            departures: BTreeMap::new(),
            early: BTreeMap::new(),
            stable: None,
            slots: BTreeMap::new(),
            bodies: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            taken: BTreeMap::new(),
            target: None,
            transfer: None,
            beginning: 0,
            proved: BTreeMap::new(),
            helper: None,
            history: History::default(),
            help: Help::default(),
            ordered: Seq::default(),
            executed: Seq::default(),
            reports: BTreeMap::new(),
            grace: 0,
            turn: 0,
            reported: Seq::default(),
            proposed: Seq::default(),
            requests: Requests::default(),
            suspicions: Suspicions::default(),
            tells_execution: false,
            evidence: BTreeMap::new(),
        }
    }

    /// The view this replica is in or wants to be in.
    pub fn view(&self) -> View {
        self.view
    }

    /// The evidence this replica holds.
    pub fn evidence(&self) -> impl Iterator<Item = &Evidence> + '_ {
        self.evidence.values()
    }

    /// h: the last stable checkpoint. [PBFT-OSDI99 §4.3]
    pub(super) fn low(&self) -> Seq {
        self.stable.as_ref().map_or(Seq::default(), |stable| stable.statement().seq)
    }

    /// H: the last sequence number this replica votes for. [PBFT-OSDI99 §4.3]
    pub(super) fn high(&self) -> Seq {
        self.low().plus(self.config.window())
    }

    /// Nothing at or below this is voted on in this view: h, or min-s of the message that began the view if that is
    /// more. Up to min-s a strong quorum has decided, and O does not say what; a primary that says something else there
    /// finds no replica that binds itself to it, one that has not come to min-s least of all. [PBFT-OSDI99 §4.4]
    pub(super) fn floor(&self) -> Seq {
        let begun = self.new_view.as_ref().map(|message| new_view::lowest(message.statement().view_changes()));
        begun.unwrap_or_default().max(self.low())
    }

    /// Whether something about this number is kept. Twice the window, because others may be a checkpoint ahead
    /// and a new view may start up to two windows above our h; votes are cast in the first window only.
    pub(super) fn is_kept(&self, seq: Seq) -> bool {
        self.low() < seq && seq <= self.low().plus(2 * self.config.window())
    }

    pub(super) fn is_active(&self) -> bool {
        self.mode == Mode::Normal
    }

    pub(super) fn is_active_primary(&self) -> bool {
        self.is_active() && self.config.is_primary(self.view)
    }

    /// The batch with this digest, if it is durable here. The null request always is.
    pub(super) fn body(&self, digest: Digest) -> Option<Batch> {
        let kept = self.bodies.get(&digest).cloned();
        kept.or_else(|| Some(Batch::null()).filter(|null| null.digest() == digest))
    }

    /// Keeps evidence: the first against each replica.
    pub(super) fn accuse(&mut self, evidence: Evidence, out: &mut Out) {
        out.applied(Rule::Accuse);
        if let Entry::Vacant(place) = self.evidence.entry(evidence.culprit()) {
            out.remember(Fact::Evidence(evidence.clone()));
            place.insert(evidence);
        }
    }

    fn on_vow(&mut self, from: ReplicaId, vow: Vow, out: &mut Out) {
        if vow.signer() != from {
            return out.applied(Rule::IgnoreRelayed);
        }
        match vow {
            Vow::PrePrepare(_) | Vow::Prepare(_) | Vow::Commit(_) => self.on_vote(vow, out),
            Vow::Checkpoint(vote) => self.on_checkpoint(vote, out),
            Vow::ViewChange(departure) => self.on_view_change(departure, out),
            Vow::NewView(message) => self.on_new_view(message, out),
        }
    }

    fn on_hint(&mut self, from: ReplicaId, hint: Hint, out: &mut Out) {
        match hint {
            Hint::Progress(progress) => self.on_progress(from, progress, out),
            Hint::Proposal(vote) => self.on_shown_proposal(from, vote, out),
            Hint::Fetch(digest) => self.on_fetch(from, digest, out),
            Hint::Body(batch) => self.on_body(batch, out),
            Hint::Decided { certificate, batch, more } => self.on_decided(from, certificate, batch, more, out),
            Hint::Stable(certificate) => self.learn_stable(certificate, out),
            Hint::NewView(message) => self.on_new_view(message, out),
            Hint::Suspect(vote) => self.on_suspect(vote, out),
            Hint::FetchChunk { seq, range } => self.on_fetch_chunk(from, seq, range, out),
            Hint::Chunk { seq, range, chunk } => self.on_chunk(from, seq, range, chunk, out),
        }
    }

    fn on_timeout(&mut self, timer: Timer, out: &mut Out) {
        match timer {
            Timer::Request(key, view) => self.on_request_timeout(key, view, out),
            Timer::NewView(view) => self.on_new_view_timeout(view, out),
            Timer::Status => self.on_status_timeout(out),
            Timer::Piece(seq, peer) => self.on_piece_timeout(seq, peer, out),
            Timer::Transfer(seq) => self.on_transfer_timeout(seq, out),
        }
    }

    fn on_report(&mut self, report: Report, out: &mut Out) {
        match report {
            Report::Executed { seq, outcomes } => self.on_executed(seq, outcomes, out),
            Report::Recalled { request, outcome } => self.on_recalled(&request, outcome, out),
            Report::CheckpointTaken { seq, state } => self.on_checkpoint_taken(seq, state, out),
            Report::ChunkRead { to, seq, range, chunk } => self.on_chunk_read(to, seq, range, chunk, out),
            Report::TransferBegun { seq, transfer } => self.on_transfer_begun(seq, transfer, out),
            Report::ChunkStored { from, seq, range, transfer } => {
                self.on_chunk_stored(from, seq, range, transfer, out);
            }
            Report::Installed { seq, state } => self.on_installed(seq, state, out),
            // This protocol does not speculate, so it never asks for a rollback.
            Report::RolledBack { .. } => out.applied(Rule::IgnoreUnwanted),
        }
    }
}

impl Process for Replica {
    type Vow = Vow;
    type Fact = Fact;
    type Hint = Hint;
    type Timer = Timer;
    type Rule = Rule;
    type Settled = Settled;

    fn step(&mut self, input: Input<Self>, out: &mut Out) {
        match input {
            Input::Start { records, executed, state } => self.on_start(records, executed, state, out),
            Input::Deliver { from, message: Message::Vow(vow) } => self.on_vow(from, vow, out),
            Input::Deliver { from, message: Message::Hint(hint) } => self.on_hint(from, hint, out),
            Input::Request { from, request } => self.on_request(from, request, out),
            Input::Timeout(timer) => self.on_timeout(timer, out),
            Input::Done(report) => self.on_report(report, out),
        }
    }

    fn status(&self) -> Status {
        let state = match (&self.transfer, self.mode) {
            (Some(_), _) => "transfer",
            (None, Mode::Normal) => "normal",
            (None, Mode::ViewChange { .. }) => "view-change",
        };
        let stable = self.stable.as_ref().map(Certificate::statement);
        Status {
            state: state.to_string(),
            view: self.view,
            executed: self.executed,
            checkpoint: self.low(),
            digest: stable.map_or(Digest::ZERO, |stable| stable.state),
            pending: self.requests.waiting() as u64,
            accused: self.evidence.keys().copied().collect(),
        }
    }

    fn settled(&self) -> Settled {
        self.settled_places()
    }

    fn is_needless(message: &Message<Self>, settled: &Settled) -> bool {
        match message {
            Message::Vow(vow) => settled.covers(vow),
            Message::Hint(_) => false,
        }
    }
}

/// What this replica said in its view, of the kind `S`, if it did.
pub(super) fn own_vote<S: synod_kernel::Statement>(tally: &Tally<S>, config: &Config) -> Option<Signed<S>> {
    tally.vote_of(config.id()).cloned()
}

/// Signs as this replica.
pub(super) fn sign<S: synod_kernel::Statement>(statement: S, config: &Config) -> Signed<S> {
    Signed::sign(statement, config.domain(), config.signer())
}

/// The certificates of everything prepared above h, ascending: P. [PBFT-OSDI99 §4.4]
pub(super) fn prepared(slots: &BTreeMap<Seq, Slot>) -> Vec<Certificate<Prepare>> {
    slots.values().filter_map(|slot| slot.prepared.clone()).collect()
}

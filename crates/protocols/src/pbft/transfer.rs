//! Fetching a state that a strong quorum vouches for, piece by piece, from peers that need not be believed.
//! [PBFT-TOCS02]
//!
//! Several peers are asked at once, each for a range of keys of its own. Each piece proves itself against the certified
//! root; a peer that sends a bad one is not asked again, and one that sends none, or nothing in time, is not asked for
//! a while. A piece that comes late is as good as any, and its sender gets more time for the next. What is missing is
//! known to the service, which keeps pieces through a crash. The state becomes ours only when it is complete and
//! durable.
//!
//! The others go on meanwhile, and their next checkpoints are not chased: a transfer ends with the state it was started
//! for, unless so few peers still have that one that all of them may be lying.

use super::message::Hint;
use super::replica::{Out, Replica};
use super::rule::{Rule, Timer};
use super::statement::Checkpoint;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use bytes::Bytes;
use core::cmp::Reverse;
use synod_kernel::process::{KeyRange, Transfer as Progressed};
use synod_kernel::{Certificate, Digest, ReplicaId, Seq, Target, Task};

/// Pieces of one peer that the service has not looked at yet, at most, while that peer is asked for another.
pub(super) const CHECKING_MAX: usize = 2;

/// How often the time that a peer has for a piece is doubled, at most, because its pieces came late.
const DOUBLINGS_MAX: u32 = 3;

/// A transfer under way.
#[derive(Clone, Debug, Hash)]
pub(super) struct Transfer {
    certificate: Certificate<Checkpoint>,
    stage: Stage,
    /// Our own state is known to be wrong: nothing is executed on top of it.
    diverged: bool,
    /// What is missing, as the service said last.
    missing: Vec<KeyRange>,
    /// What each peer was asked for and has not sent: one piece each.
    asked: BTreeMap<ReplicaId, KeyRange>,
    /// Pieces that are with the service, and who sent them.
    checking: BTreeSet<(ReplicaId, KeyRange)>,
    /// Bytes of the last piece of each peer: who gave more is asked first.
    pace: BTreeMap<ReplicaId, usize>,
    /// Who sent a bad piece.
    refused: BTreeSet<ReplicaId>,
    /// Who had nothing, or took too long.
    left: BTreeSet<ReplicaId>,
    /// What was asked of each peer last that did not come in time.
    overdue: BTreeMap<ReplicaId, KeyRange>,
    /// How often pieces of each peer came late.
    late: BTreeMap<ReplicaId, u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stage {
    /// The service gets ready.
    Beginning,
    /// Pieces come.
    Fetching,
    /// Everything is there and is being made durable.
    Installing,
}

impl Transfer {
    fn seq(&self) -> Seq {
        self.certificate.statement().seq
    }

    /// The signers besides us that can be asked: they vouched for the state, so they had it.
    fn peers(&self, own: ReplicaId) -> impl Iterator<Item = ReplicaId> + '_ {
        let is_good = move |id: &ReplicaId| *id != own && !self.refused.contains(id) && !self.left.contains(id);
        self.certificate.signers().filter(is_good)
    }

    /// Who may be asked for one more piece: who gave most first, then from us on in a circle.
    fn idle(&self, own: ReplicaId) -> Vec<ReplicaId> {
        let checking = |id: ReplicaId| self.checking.iter().filter(|(from, _)| *from == id).count();
        let is_idle = |id: &ReplicaId| !self.asked.contains_key(id) && checking(*id) < CHECKING_MAX;
        let mut idle: Vec<ReplicaId> = self.peers(own).filter(is_idle).collect();
        idle.sort_by_key(|id| (Reverse(self.pace.get(id).copied().unwrap_or_default()), *id < own, *id));
        idle
    }

    /// The first missing range that nobody was asked for.
    fn unasked(&self) -> Option<KeyRange> {
        let is_under_way = |range: &KeyRange| {
            // The service may have cut it short meanwhile. A piece reaches as far as it does, from where it starts.
            let mut asked = self.asked.values().chain(self.checking.iter().map(|(_, checked)| checked));
            asked.any(|asked| asked.from() == range.from())
        };
        self.missing.iter().find(|range| !is_under_way(range)).cloned()
    }
}

impl Replica {
    /// Whether the service's state is being replaced, so that nothing may be executed on the old one.
    pub(super) fn is_reinstalling(&self) -> bool {
        self.transfer.as_ref().is_some_and(|transfer| transfer.stage == Stage::Installing || transfer.diverged)
    }

    /// Starts to fetch the state that this certificate proves, in place of an older one.
    pub(super) fn start_transfer(&mut self, certificate: Certificate<Checkpoint>, diverged: bool, out: &mut Out) {
        let Checkpoint { seq, state: root } = *certificate.statement();
        let (mut diverged, mut refused) = (diverged, BTreeSet::new());
        if let Some(transfer) = &mut self.transfer {
            if transfer.stage == Stage::Installing {
                return;
            }
            transfer.diverged |= diverged;
            diverged = transfer.diverged;
            if transfer.seq() >= seq {
                return;
            }
            refused = core::mem::take(&mut transfer.refused);
            self.stop_asking(out);
        }
        if certificate.signers().all(|id| id == self.config.id()) {
            // A cluster of one has nobody to ask.
            return;
        }
        out.applied(Rule::StartTransfer);
        self.transfer = Some(Transfer {
            certificate,
            stage: Stage::Beginning,
            diverged,
            missing: Vec::new(),
            asked: BTreeMap::new(),
            checking: BTreeSet::new(),
            pace: BTreeMap::new(),
            refused,
            left: BTreeSet::new(),
            overdue: BTreeMap::new(),
            late: BTreeMap::new(),
        });
        self.beginning += 1;
        out.ask(Task::BeginTransfer { seq, root });
    }

    /// A transfer is begun only if none is under way: what is fetched is not given up because it is no longer new.
    pub(super) fn start_first_transfer(&mut self, certificate: Certificate<Checkpoint>, out: &mut Out) {
        if self.transfer.is_none() {
            self.start_transfer(certificate, false, out);
        }
    }

    /// The state was reached without it: the transfer is needed no more. True if so.
    pub(super) fn abandon_transfer(&mut self, out: &mut Out) -> bool {
        let ordered = self.ordered;
        let is_moot = |transfer: &Transfer| {
            transfer.stage != Stage::Installing && !transfer.diverged && ordered >= transfer.seq()
        };
        let is_moot = self.transfer.as_ref().is_some_and(is_moot);
        if is_moot {
            self.stop_asking(out);
            self.transfer = None;
            out.ask(Task::EndTransfer);
        }
        is_moot
    }

    fn stop_asking(&mut self, out: &mut Out) {
        let Some(transfer) = &mut self.transfer else { return };
        let seq = transfer.seq();
        for peer in core::mem::take(&mut transfer.asked).into_keys() {
            out.disarm(Timer::Piece(seq, peer));
        }
        out.disarm(Timer::Transfer(seq));
    }

    /// Asks everybody who is idle for a piece that nobody was asked for.
    fn ask_peers(&mut self, out: &mut Out) {
        let own = self.config.id();
        let Some(transfer) = self.transfer.as_mut().filter(|transfer| transfer.stage == Stage::Fetching) else {
            return;
        };
        let seq = transfer.seq();
        for peer in transfer.idle(own) {
            let Some(range) = transfer.unasked() else { break };
            transfer.asked.insert(peer, range.clone());
            out.hint(Target::One(peer), Hint::FetchChunk { seq, range });
            let doublings = transfer.late.get(&peer).copied().unwrap_or_default();
            out.arm(Timer::Piece(seq, peer), self.config.transfer_timeout() * 2_u32.pow(doublings));
        }
    }

    /// A peer is of no use now. If all that still are may be liars, a newer state is fetched instead.
    fn leave_peer(&mut self, out: &mut Out) {
        out.applied(Rule::LeavePeer);
        if self.abandon_transfer(out) || self.fetch_newer(out) {
            return;
        }
        self.ask_peers(out);
    }

    /// Fetches a newer state if there is one, and too few peers are left for this one. True if so.
    fn fetch_newer(&mut self, out: &mut Out) -> bool {
        let Some(transfer) = &self.transfer else { return false };
        let useful = transfer.peers(self.config.id()).count();
        let too_few = useful <= usize::from(self.config.membership().tolerated());
        let newer = self.target.as_ref().filter(|target| too_few && target.statement().seq > transfer.seq());
        let Some(certificate) = newer.cloned() else { return false };
        let diverged = transfer.diverged;
        self.start_transfer(certificate, diverged, out);
        true
    }

    /// The service is ready for pieces.
    pub(super) fn on_transfer_begun(&mut self, seq: Seq, progressed: Progressed, out: &mut Out) {
        // Reports come in the order of their tasks: only the last one is about the transfer that is under way.
        self.beginning = self.beginning.saturating_sub(1);
        let begun = self.transfer.as_mut().filter(|transfer| self.beginning == 0 && transfer.seq() == seq);
        match begun.filter(|transfer| transfer.stage == Stage::Beginning) {
            Some(transfer) => {
                transfer.stage = Stage::Fetching;
                out.arm(Timer::Transfer(seq), self.config.transfer_timeout());
                self.note_missing(progressed, out);
            }
            None => out.applied(Rule::IgnoreUnwanted),
        }
    }

    /// A piece from a peer.
    pub(super) fn on_chunk(&mut self, from: ReplicaId, seq: Seq, range: KeyRange, chunk: Option<Bytes>, out: &mut Out) {
        let is_fetching = |transfer: &&mut Transfer| transfer.seq() == seq && transfer.stage == Stage::Fetching;
        let Some(transfer) = self.transfer.as_mut().filter(is_fetching) else {
            return out.applied(Rule::IgnoreUnwanted);
        };
        if transfer.asked.get(&from) == Some(&range) {
            transfer.asked.remove(&from);
            out.disarm(Timer::Piece(seq, from));
        } else if transfer.overdue.get(&from) == Some(&range) && chunk.is_some() {
            out.applied(Rule::TakeLatePiece);
            transfer.left.remove(&from);
            let late = transfer.late.entry(from).or_default();
            *late = (*late + 1).min(DOUBLINGS_MAX);
        } else {
            return out.applied(Rule::IgnoreUnwanted);
        }
        transfer.overdue.remove(&from);
        match chunk {
            Some(chunk) => {
                transfer.pace.insert(from, chunk.len());
                transfer.checking.insert((from, range.clone()));
                let root = transfer.certificate.statement().state;
                out.ask(Task::StoreChunk { from, seq, root, range, chunk });
                self.ask_peers(out);
            }
            None => {
                transfer.left.insert(from);
                self.leave_peer(out);
            }
        }
    }

    /// The service checked a piece.
    pub(super) fn on_chunk_stored(
        &mut self,
        from: ReplicaId,
        seq: Seq,
        range: KeyRange,
        progressed: Progressed,
        out: &mut Out,
    ) {
        let transfer = self.transfer.as_mut().filter(|transfer| transfer.seq() == seq);
        let piece = (from, range);
        let is_expected = |transfer: &&mut Transfer| {
            // One that was being checked when the others turned out to be enough changes nothing.
            transfer.stage == Stage::Fetching && transfer.checking.contains(&piece)
        };
        let Some(transfer) = transfer.filter(is_expected) else { return out.applied(Rule::IgnoreUnwanted) };
        transfer.checking.remove(&piece);
        if progressed == Progressed::Refused {
            transfer.refused.insert(from);
            return self.leave_peer(out);
        }
        self.note_missing(progressed, out);
    }

    fn note_missing(&mut self, progressed: Progressed, out: &mut Out) {
        let Some(transfer) = &mut self.transfer else { return };
        match progressed {
            Progressed::Missing(missing) => {
                transfer.missing = missing;
                return self.ask_peers(out);
            }
            Progressed::Refused => return out.applied(Rule::IgnoreUnwanted),
            Progressed::Complete => {}
        }
        if self.abandon_transfer(out) {
            return self.execute_ready(out);
        }
        self.stop_asking(out);
        let Some(transfer) = &mut self.transfer else { return };
        transfer.stage = Stage::Installing;
        let Checkpoint { seq, state: root } = *transfer.certificate.statement();
        out.ask(Task::Install { seq, root });
    }

    /// The fetched state is ours, durably.
    pub(super) fn on_installed(&mut self, seq: Seq, state: Digest, out: &mut Out) {
        let Some(transfer) = self.transfer.take() else { return out.applied(Rule::IgnoreUnwanted) };
        out.applied(Rule::FinishTransfer);
        self.ordered = seq;
        self.executed = seq;
        self.taken.retain(|&taken, _| taken < seq);
        self.taken.insert(seq, state);
        self.recall_waiting(out);
        let newer = self.target.take();
        if seq > self.low() {
            self.stabilize(transfer.certificate, out);
        }
        if let Some(certificate) = newer {
            self.learn_stable(certificate, out);
        }
        self.execute_ready(out);
        self.tell_progress(Target::Others, true, out);
    }

    /// A peer took too long for a piece.
    pub(super) fn on_piece_timeout(&mut self, seq: Seq, peer: ReplicaId, out: &mut Out) {
        let transfer = self.transfer.as_mut().filter(|transfer| transfer.seq() == seq);
        let Some(transfer) = transfer.filter(|transfer| transfer.asked.contains_key(&peer)) else {
            return out.applied(Rule::IgnoreStaleTimer);
        };
        if let Some(range) = transfer.asked.remove(&peer) {
            transfer.overdue.insert(peer, range);
        }
        transfer.left.insert(peer);
        self.leave_peer(out);
    }

    /// Every so often whoever did not lie is asked again, perhaps for something newer: whatever comes meanwhile may be
    /// a liar's trickle.
    pub(super) fn on_transfer_timeout(&mut self, seq: Seq, out: &mut Out) {
        let is_fetching = |transfer: &&mut Transfer| transfer.seq() == seq && transfer.stage == Stage::Fetching;
        if self.transfer.as_mut().filter(is_fetching).is_none() {
            return out.applied(Rule::IgnoreStaleTimer);
        }
        if self.abandon_transfer(out) || self.fetch_newer(out) {
            return;
        }
        if let Some(transfer) = &mut self.transfer {
            transfer.left.clear();
        }
        out.arm(Timer::Transfer(seq), self.config.transfer_timeout());
        self.ask_peers(out);
    }
}

//! Fetching a state that a strong quorum vouches for, piece by piece, from peers that need not be believed.
//! [PBFT-TOCS02]
//!
//! Each piece proves itself against the certified root; a peer that sends a bad one, or none, or nothing in time,
//! is left for the next. The state becomes ours only when it is complete and durable.

use super::message::Hint;
use super::replica::{Out, Replica};
use super::rule::{Rule, Timer};
use super::statement::Checkpoint;
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::process::Transfer as Progressed;
use synod_kernel::{Certificate, Digest, ReplicaId, Seq, Target, Task};

/// A transfer under way.
#[derive(Clone, Debug, Hash)]
pub(super) struct Transfer {
    certificate: Certificate<Checkpoint>,
    /// The first key still missing.
    from_key: Bytes,
    peer: ReplicaId,
    /// A piece is with the service.
    checking: bool,
    /// Everything is there and is being made durable.
    installing: bool,
    /// Our own state is known to be wrong: nothing is executed on top of it.
    diverged: bool,
    /// Peers in a row that gave nothing.
    refusals: usize,
}

impl Replica {
    /// Whether the service's state is being replaced, so that nothing may be executed on the old one.
    pub(super) fn is_reinstalling(&self) -> bool {
        self.transfer.as_ref().is_some_and(|transfer| transfer.installing || transfer.diverged)
    }

    /// Starts to fetch the state that this certificate proves, unless something as new is being fetched.
    pub(super) fn start_transfer(&mut self, certificate: Certificate<Checkpoint>, diverged: bool, out: &mut Out) {
        let seq = certificate.statement().seq;
        let mut diverged = diverged;
        if let Some(transfer) = &mut self.transfer {
            if transfer.installing {
                return;
            }
            transfer.diverged |= diverged;
            diverged = transfer.diverged;
            if transfer.certificate.statement().seq >= seq {
                return;
            }
            out.disarm(Timer::Transfer(transfer.certificate.statement().seq));
        }
        // A cluster of one has nobody to ask.
        let Some(peer) = self.next_peer(&certificate, self.config.id()) else { return };
        out.applied(Rule::StartTransfer);
        let from_key = Bytes::new();
        self.transfer =
            Some(Transfer { certificate, from_key, peer, checking: false, installing: false, diverged, refusals: 0 });
        self.ask_for_chunk(out);
    }

    /// The signer after `last`, in a circle, if there is one besides us: it vouched for the state, so it had it.
    fn next_peer(&self, certificate: &Certificate<Checkpoint>, last: ReplicaId) -> Option<ReplicaId> {
        let own = self.config.id();
        let peers: Vec<ReplicaId> = certificate.signers().filter(|&id| id != own).collect();
        let after = peers.iter().copied().find(|&id| id > last);
        after.or(peers.first().copied())
    }

    fn ask_for_chunk(&mut self, out: &mut Out) {
        let Some(transfer) = &mut self.transfer else { return };
        transfer.checking = false;
        let seq = transfer.certificate.statement().seq;
        out.hint(Target::One(transfer.peer), Hint::FetchChunk { seq, from_key: transfer.from_key.clone() });
        out.arm(Timer::Transfer(seq), self.config.transfer_timeout());
    }

    fn leave_peer(&mut self, out: &mut Out) {
        let Some(transfer) = &self.transfer else { return };
        out.applied(Rule::LeavePeer);
        let seq = transfer.certificate.statement().seq;
        if self.ordered >= seq && !transfer.diverged {
            // We got there by ourselves meanwhile.
            out.disarm(Timer::Transfer(seq));
            self.transfer = None;
            return;
        }
        let newer = self.target.as_ref().filter(|t| t.statement().seq > transfer.certificate.statement().seq);
        if let Some(certificate) = newer.cloned() {
            // Peers may have dropped the older checkpoint since.
            let diverged = transfer.diverged;
            return self.start_transfer(certificate, diverged, out);
        }
        let peer = self.next_peer(&transfer.certificate, transfer.peer);
        let (Some(transfer), Some(peer)) = (&mut self.transfer, peer) else { return };
        (transfer.peer, transfer.checking) = (peer, false);
        transfer.refusals += 1;
        if transfer.refusals.is_multiple_of(transfer.certificate.signers().len()) {
            // Nobody has it now. Asking on at once would only make them say so again.
            return out.arm(Timer::Transfer(seq), self.config.transfer_timeout());
        }
        self.ask_for_chunk(out);
    }

    /// A peer wants a piece of a checkpoint.
    pub(super) fn on_fetch_chunk(&mut self, from: ReplicaId, seq: Seq, from_key: Bytes, out: &mut Out) {
        if !self.serving.insert(from) {
            // A correct peer asks for one piece at a time; the service has other things to do than to read for a liar.
            return out.applied(Rule::IgnoreUnwanted);
        }
        if self.taken.contains_key(&seq) {
            out.ask(Task::ReadChunk { to: from, seq, from_key });
        } else {
            self.on_chunk_read(from, seq, from_key, None, out);
        }
    }

    /// The service read a piece for a peer, if it has that checkpoint.
    pub(super) fn on_chunk_read(
        &mut self,
        to: ReplicaId,
        seq: Seq,
        from_key: Bytes,
        chunk: Option<Bytes>,
        out: &mut Out,
    ) {
        self.serving.remove(&to);
        out.hint(Target::One(to), Hint::Chunk { seq, from_key, chunk });
    }

    /// A piece from a peer.
    pub(super) fn on_chunk(&mut self, from: ReplicaId, seq: Seq, from_key: Bytes, chunk: Option<Bytes>, out: &mut Out) {
        let Some(transfer) = &mut self.transfer else { return out.applied(Rule::IgnoreUnwanted) };
        let Checkpoint { seq: wanted, state: root } = *transfer.certificate.statement();
        let is_expected = from == transfer.peer && seq == wanted && from_key == transfer.from_key;
        if !is_expected || transfer.checking || transfer.installing {
            return out.applied(Rule::IgnoreUnwanted);
        }
        match chunk {
            Some(chunk) => {
                transfer.checking = true;
                out.disarm(Timer::Transfer(seq));
                out.ask(Task::StoreChunk { seq, root, from_key, chunk });
            }
            None => self.leave_peer(out),
        }
    }

    /// The service checked a piece.
    pub(super) fn on_chunk_stored(&mut self, seq: Seq, progressed: Progressed, out: &mut Out) {
        let Some(transfer) = &mut self.transfer else { return out.applied(Rule::IgnoreUnwanted) };
        let Checkpoint { seq: wanted, state: root } = *transfer.certificate.statement();
        if seq != wanted || !transfer.checking {
            return out.applied(Rule::IgnoreUnwanted);
        }
        match progressed {
            Progressed::Next(from_key) => {
                transfer.from_key = from_key;
                transfer.refusals = 0;
                self.ask_for_chunk(out);
            }
            Progressed::Refused => self.leave_peer(out),
            Progressed::Complete if self.ordered >= seq && !transfer.diverged => {
                // We got there by ourselves meanwhile.
                self.transfer = None;
                self.execute_ready(out);
            }
            Progressed::Complete => {
                transfer.installing = true;
                out.ask(Task::Install { seq, root });
            }
        }
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

    /// The peer took too long.
    pub(super) fn on_transfer_timeout(&mut self, seq: Seq, out: &mut Out) {
        match &self.transfer {
            Some(transfer)
                if transfer.certificate.statement().seq == seq && !transfer.installing && !transfer.checking =>
            {
                self.leave_peer(out);
            }
            Some(_) | None => out.applied(Rule::IgnoreStaleTimer),
        }
    }
}

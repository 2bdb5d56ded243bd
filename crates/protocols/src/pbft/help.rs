//! What a replica does for peers that lag, and how much of it.
//!
//! A few bytes from a peer can make this replica read and send megabytes. So every peer has a share for each status
//! interval, whatever it asks for: decisions, votes, batches, proofs, pieces of state. Who has used up its share waits
//! for the next interval: the newest report of its progress and the newest piece it asked for are kept, and answered
//! then. A liar that asks at line rate thus costs what one honest replica that catches up does.
//!
//! A checkpoint that a peer fetches is kept for it while it goes on fetching, and for a bounded time.

use super::message::{Hint, Progress};
use super::replica::{Out, Replica};
use super::rule::Rule;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use bytes::Bytes;
use synod_kernel::process::KeyRange;
use synod_kernel::{Encode, ReplicaId, Seq, Target, Task};

/// Bytes for all peers together in one status interval. With the default interval that is 192 MiB a second, more than
/// a gigabit link carries; so honest replicas are never held up, and yet a replica cannot be made to send without end.
const SHARED_BYTES: usize = 48 << 20;
/// Bytes for one peer in one status interval, at least: with many replicas, several share the work of helping one.
const PEER_BYTES_MIN: usize = 2 << 20;
/// Status intervals after which a checkpoint is not kept any more for a peer that did not read of it.
const IDLE_MAX: u32 = 12;
/// Status intervals after which it is not kept any more in any case: ten minutes, with the default interval.
const SERVED_MAX: u32 = 2400;
/// What an answer costs at least, in bytes.
const ANSWER_BYTES: usize = 128;

/// Who was helped with what.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Help {
    /// Bytes for each peer in this interval.
    spent: BTreeMap<ReplicaId, usize>,
    /// The newest report of each peer that used up its share.
    reports: BTreeMap<ReplicaId, Progress>,
    /// For whom a piece of state is being read: one for each peer.
    reading: BTreeSet<ReplicaId>,
    /// The newest piece that each peer waits for.
    wanted: BTreeMap<ReplicaId, (Seq, KeyRange)>,
    /// The checkpoint that is kept for each peer.
    served: BTreeMap<ReplicaId, Served>,
}

#[derive(Clone, Copy, Debug, Hash)]
struct Served {
    seq: Seq,
    /// Status intervals since it was read of last.
    idle: u32,
    /// Status intervals since it was read of first.
    age: u32,
}

impl Help {
    /// Shares are whole again.
    pub(super) fn forget_spent(&mut self) {
        self.spent.clear();
    }
}

impl Replica {
    /// Whether a peer has something left of its share.
    pub(super) fn may_help(&self, peer: ReplicaId) -> bool {
        let others = usize::from(self.config.membership().size() - 1).max(1);
        let share = (SHARED_BYTES / others).max(PEER_BYTES_MIN);
        self.help.spent.get(&peer).is_none_or(|spent| *spent < share)
    }

    /// Takes something from a peer's share. The last thing may exceed it.
    pub(super) fn charge(&mut self, peer: ReplicaId, bytes: usize) {
        *self.help.spent.entry(peer).or_default() += bytes + ANSWER_BYTES;
    }

    /// Tells a peer something out of its share.
    pub(super) fn help_with(&mut self, peer: ReplicaId, hint: Hint, out: &mut Out) {
        self.charge(peer, hint.to_bytes().len());
        out.hint(Target::One(peer), hint);
    }

    /// Keeps a report that cannot be answered now. True if so.
    pub(super) fn defer_help(&mut self, peer: ReplicaId, report: Progress, out: &mut Out) -> bool {
        let defers = !self.may_help(peer);
        if defers {
            out.applied(Rule::DeferHelp);
            self.help.reports.insert(peer, report);
        }
        defers
    }

    /// A new interval: shares are whole again, and who waits is answered.
    pub(super) fn renew_shares(&mut self, out: &mut Out) {
        self.help.forget_spent();
        let mut gone = Vec::new();
        for (&peer, served) in &mut self.help.served {
            (served.idle, served.age) = (served.idle + 1, served.age + 1);
            if served.idle > IDLE_MAX || served.age > SERVED_MAX {
                gone.push(peer);
            }
        }
        for peer in gone {
            self.help.served.remove(&peer);
            out.ask(Task::Release { to: peer });
        }
        for (peer, report) in core::mem::take(&mut self.help.reports) {
            self.on_progress(peer, report, out);
        }
        let waiting: Vec<ReplicaId> = self.help.wanted.keys().copied().collect();
        waiting.into_iter().for_each(|peer| self.read_wanted(peer, out));
    }

    /// A peer asks for a batch that it knows by its digest.
    pub(super) fn on_fetch(&mut self, from: ReplicaId, digest: synod_kernel::Digest, out: &mut Out) {
        if !self.may_help(from) {
            // It asks again, and others as well.
            return out.applied(Rule::DeferHelp);
        }
        match self.bodies.get(&digest).cloned() {
            Some(batch) => {
                self.charge(from, super::history::weight(&batch));
                out.hint(Target::One(from), Hint::Body(batch));
            }
            None => out.applied(Rule::IgnoreUnwanted),
        }
    }

    /// A peer wants a piece of a checkpoint.
    pub(super) fn on_fetch_chunk(&mut self, from: ReplicaId, seq: Seq, range: KeyRange, out: &mut Out) {
        self.help.wanted.insert(from, (seq, range));
        self.read_wanted(from, out);
    }

    /// Has the service read what a peer waits for, one piece at a time: the service has other things to do.
    fn read_wanted(&mut self, peer: ReplicaId, out: &mut Out) {
        if self.help.reading.contains(&peer) || !self.may_help(peer) {
            return out.applied(Rule::DeferHelp);
        }
        let Some((seq, range)) = self.help.wanted.remove(&peer) else { return };
        if seq > self.executed || !self.config.is_checkpoint(seq) {
            return self.help_with(peer, Hint::Chunk { seq, range, chunk: None }, out);
        }
        self.help.reading.insert(peer);
        out.ask(Task::ReadChunk { to: peer, seq, range });
    }

    /// The service read a piece for a peer, if it has that checkpoint.
    pub(super) fn on_chunk_read(
        &mut self,
        to: ReplicaId,
        seq: Seq,
        range: KeyRange,
        chunk: Option<Bytes>,
        out: &mut Out,
    ) {
        self.help.reading.remove(&to);
        if chunk.is_some() {
            let fresh = Served { seq, idle: 0, age: 0 };
            let served = self.help.served.entry(to).or_insert(fresh);
            *served = if served.seq == seq { Served { idle: 0, ..*served } } else { fresh };
        }
        self.charge(to, chunk.as_ref().map_or(0, Bytes::len));
        out.hint(Target::One(to), Hint::Chunk { seq, range, chunk });
        if self.help.wanted.contains_key(&to) {
            self.read_wanted(to, out);
        }
    }
}

//! One service behind several cores that take themselves for the same replica.
//!
//! A service executes each batch once, in order. Twins ask for it twice, and a core that forgot everything asks from
//! the beginning. So what the service did is remembered here, and told to whoever asks for it later. What does not fit
//! what it did, as when the copies of a replica see two histories, is never answered: that copy executes no further,
//! and goes on voting.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use synod_kernel::process::{KeyRange, Transfer};
use synod_kernel::{Digest, ReplicaId, Report, RequestKey, Seq, Task};

/// Reports remembered of each kind, at most; the oldest places go first, and whoever needs them is stuck.
const REMEMBERED_MAX: usize = 4096;

/// Which of the cores behind one seat.
pub(crate) type Copy = u64;

/// What becomes of a task.
pub(crate) enum Asked {
    /// The service has to do it.
    Pass(Task),
    /// It was done before, with this report.
    Known(Report),
    /// It is under way, or will never be done.
    Nothing,
}

/// What the service behind one seat did and is doing.
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct Service {
    /// The last batch that it was given, or the place of the state that it was given.
    at: Seq,
    /// Batches by digest, and what came of them.
    executed: BTreeMap<Seq, (Digest, Option<Report>)>,
    /// States sealed, and what they are once that is known.
    sealed: BTreeMap<Seq, Option<Report>>,
    /// Who fetches which state.
    fetching: Option<(Copy, Seq)>,
    /// Who waits for which report.
    waiting: Vec<(Awaited, Copy)>,
}

/// What a report is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Awaited {
    Batch(Seq),
    Checkpoint(Seq),
    Request(RequestKey),
    Piece(ReplicaId, Seq, KeyRange),
    Begun(Seq),
    Stored(ReplicaId, Seq, KeyRange),
    Installed(Seq),
}

impl Service {
    /// A copy of the replica asks for something.
    pub(crate) fn ask(&mut self, who: Copy, task: Task) -> Asked {
        match task {
            Task::Execute { seq, ref batch } => {
                let digest = batch.digest();
                if seq == self.at.plus(1) {
                    self.at = seq;
                    remember(&mut self.executed, seq, (digest, None));
                    return self.pass(who, Awaited::Batch(seq), task);
                }
                match self.executed.get(&seq) {
                    Some((known, Some(report))) if *known == digest => Asked::Known(report.clone()),
                    Some((known, None)) if *known == digest => self.wait(who, Awaited::Batch(seq)),
                    Some(_) | None => Asked::Nothing,
                }
            }
            Task::Seal { seq } if seq == self.at && !self.sealed.contains_key(&seq) => {
                remember(&mut self.sealed, seq, None);
                Asked::Pass(task)
            }
            Task::Checkpoint { seq } => match self.sealed.get(&seq) {
                Some(Some(report)) => Asked::Known(report.clone()),
                Some(None) if self.waiting.iter().any(|(awaited, _)| *awaited == Awaited::Checkpoint(seq)) => {
                    self.wait(who, Awaited::Checkpoint(seq))
                }
                Some(None) => self.pass(who, Awaited::Checkpoint(seq), task),
                None => Asked::Nothing,
            },
            Task::Recall { ref request } => self.pass(who, Awaited::Request(request.key()), task),
            Task::ReadChunk { to, seq, ref range } => {
                let awaited = Awaited::Piece(to, seq, range.clone());
                self.pass(who, awaited, task)
            }
            Task::BeginTransfer { .. } | Task::StoreChunk { .. } | Task::Install { .. } | Task::EndTransfer => {
                self.ask_state(who, task)
            }
            // One copy may still read what another needs no more.
            Task::Seal { .. } | Task::Discard { .. } | Task::Release { .. } | Task::Rollback { .. } => Asked::Nothing,
        }
    }

    /// What concerns the state of others, which one copy at a time may fetch, and which the service may have.
    fn ask_state(&mut self, who: Copy, task: Task) -> Asked {
        match task {
            Task::BeginTransfer { seq, .. } if seq <= self.at => {
                Asked::Known(Report::TransferBegun { seq, transfer: Transfer::Complete })
            }
            Task::BeginTransfer { seq, .. } => {
                self.fetching = Some((who, seq));
                self.pass(who, Awaited::Begun(seq), task)
            }
            Task::StoreChunk { from, seq, ref range, .. } if self.fetching == Some((who, seq)) => {
                let awaited = Awaited::Stored(from, seq, range.clone());
                self.pass(who, awaited, task)
            }
            Task::Install { seq, root } if seq <= self.at => Asked::Known(Report::Installed { seq, state: root }),
            Task::Install { seq, .. } if self.fetching == Some((who, seq)) => {
                self.fetching = None;
                self.at = seq;
                self.sealed.retain(|_, report| report.is_some());
                self.pass(who, Awaited::Installed(seq), task)
            }
            Task::EndTransfer if self.fetching.is_some_and(|(fetching, _)| fetching == who) => {
                self.fetching = None;
                Asked::Pass(task)
            }
            _ => Asked::Nothing,
        }
    }

    fn pass(&mut self, who: Copy, awaited: Awaited, task: Task) -> Asked {
        self.waiting.push((awaited, who));
        Asked::Pass(task)
    }

    fn wait(&mut self, who: Copy, awaited: Awaited) -> Asked {
        self.waiting.push((awaited, who));
        Asked::Nothing
    }

    /// The service reports: who waited for it.
    pub(crate) fn report(&mut self, report: &Report) -> Vec<Copy> {
        let awaited = match report {
            Report::Executed { seq, .. } => {
                if let Some((_, known)) = self.executed.get_mut(seq) {
                    *known = Some(report.clone());
                }
                Awaited::Batch(*seq)
            }
            Report::CheckpointTaken { seq, .. } => {
                if let Some(known) = self.sealed.get_mut(seq) {
                    *known = Some(report.clone());
                }
                Awaited::Checkpoint(*seq)
            }
            Report::Recalled { request, .. } => Awaited::Request(request.key()),
            Report::ChunkRead { to, seq, range, .. } => Awaited::Piece(*to, *seq, range.clone()),
            Report::TransferBegun { seq, .. } => Awaited::Begun(*seq),
            Report::ChunkStored { from, seq, range, .. } => Awaited::Stored(*from, *seq, range.clone()),
            Report::Installed { seq, .. } => Awaited::Installed(*seq),
            Report::RolledBack { .. } => return Vec::new(),
        };
        let serves_all = matches!(awaited, Awaited::Batch(_) | Awaited::Checkpoint(_));
        let mut served = Vec::new();
        self.waiting.retain(|(other, who)| {
            let is_served = *other == awaited && (serves_all || served.is_empty());
            if is_served {
                served.push(*who);
            }
            !is_served
        });
        served
    }
}

fn remember<T>(kept: &mut BTreeMap<Seq, T>, seq: Seq, thing: T) {
    if kept.len() >= REMEMBERED_MAX {
        kept.pop_first();
    }
    kept.insert(seq, thing);
}

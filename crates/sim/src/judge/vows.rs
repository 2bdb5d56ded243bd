//! Vows bind: an honest replica never gives two answers to one question, answers no new question about a view below
//! one it left, and has on its disk what it says; whatever crashes lie between.

use super::{Rule, Violation};
use std::collections::{BTreeMap, BTreeSet};
use synod_kernel::process::{Binding, Question};
use synod_kernel::{Digest, ReplicaId, View};

/// What honest replicas promised and what their logs held.
#[derive(Clone, Debug)]
pub struct Vows {
    replicas: Vec<Account>,
}

#[derive(Clone, Debug, Default)]
struct Account {
    answers: BTreeMap<Question, Digest>,
    left: View,
    /// Records handed to the log and not synced, in order.
    written: Vec<Digest>,
    /// Records that were synced at some time, whether or not the log still needs them.
    durable: BTreeSet<Digest>,
    /// Those of them that were not compacted away since.
    live: BTreeSet<Digest>,
    /// The records that the log is being replaced by. A crash leaves the old ones or these.
    replacement: Option<BTreeSet<Digest>>,
}

/// What names a record.
fn fingerprint(record: &[u8]) -> Digest {
    Digest::of("synod judge record", record)
}

impl Vows {
    /// Before anything was said, for this many replicas.
    pub fn new(replicas: usize) -> Self {
        Self { replicas: vec![Account::default(); replicas] }
    }

    /// A record was handed to the log.
    pub fn written(&mut self, at: ReplicaId, record: &[u8]) {
        self.replicas[at.index()].written.push(fingerprint(record));
    }

    /// Everything handed to the log so far was synced.
    pub fn synced(&mut self, at: ReplicaId) {
        let Account { written, durable, live, .. } = &mut self.replicas[at.index()];
        durable.extend(written.iter().copied());
        live.extend(written.drain(..));
    }

    /// The log is about to be replaced by these records.
    pub fn replacing<'a>(&mut self, at: ReplicaId, records: impl IntoIterator<Item = &'a [u8]>) {
        self.replicas[at.index()].replacement = Some(records.into_iter().map(fingerprint).collect());
    }

    /// The log was replaced, durably.
    pub fn replaced(&mut self, at: ReplicaId) {
        let account = &mut self.replicas[at.index()];
        account.written.clear();
        account.live = account.replacement.take().unwrap_or_default();
        account.durable.extend(account.live.iter().copied());
    }

    /// The replica rebooted from these records, which are durable; what else was written is gone.
    ///
    /// # Errors
    /// If a record is missing that was synced and not compacted away.
    pub fn recovered<'a>(
        &mut self,
        at: ReplicaId,
        records: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), Violation> {
        let found: BTreeSet<Digest> = records.into_iter().map(fingerprint).collect();
        let account = &mut self.replicas[at.index()];
        let replaced = account.replacement.take().is_some_and(|replacement| replacement.is_subset(&found));
        let missing = if replaced { 0 } else { account.live.difference(&found).count() };
        account.written.clear();
        account.durable.extend(found.iter().copied());
        account.live = found;
        if missing == 0 {
            return Ok(());
        }
        let sentence = format!("replica {at} rebooted without {missing} records that were durable");
        Err(Violation::of(Rule::Recovery, sentence))
    }

    /// An honest replica says something binding, whose log record would be `record`.
    ///
    /// # Errors
    /// If it contradicts what the replica said before, or is not durable.
    pub fn sent<V: Binding>(&mut self, at: ReplicaId, vow: &V, record: &[u8]) -> Result<(), Violation> {
        let account = &mut self.replicas[at.index()];
        if !account.durable.contains(&fingerprint(record)) {
            let sentence = format!("replica {at} sent {vow:?} before it was durable");
            return Err(Violation::of(Rule::PersistBeforeSend, sentence));
        }
        let (question, answer) = (vow.question(), vow.answer());
        let contradiction = |sentence| Err(Violation::of(Rule::NoContradiction, sentence));
        match account.answers.get(&question) {
            Some(&earlier) if earlier != answer => {
                let sentence = format!("replica {at} answered {question:?} with {earlier} and then with {vow:?}");
                return contradiction(sentence);
            }
            Some(_) => {}
            None if question.view.is_some_and(|view| view < account.left) => {
                let left = account.left;
                return contradiction(format!("replica {at} had left for view {left} when it promised {vow:?}"));
            }
            None => {
                account.answers.insert(question, answer);
            }
        }
        account.left = account.left.max(vow.leaves().unwrap_or_default());
        Ok(())
    }

    /// A copy of an honest replica, which came back from what is durable, would say something binding.
    ///
    /// # Errors
    /// If the replica said something else.
    pub fn rehearsed<V: Binding>(&self, at: ReplicaId, vow: &V) -> Result<(), Violation> {
        let (question, answer) = (vow.question(), vow.answer());
        let account = &self.replicas[at.index()];
        let known = account.answers.get(&question);
        let left = known.is_none() && question.view.is_some_and(|view| view < account.left);
        if !left && known.is_none_or(|known| *known == answer) {
            return Ok(());
        }
        let before = known.map_or_else(|| format!("left for view {}", account.left), |known| format!("said {known}"));
        let sentence = format!("replica {at} {before}; after a power cut it would say {vow:?}");
        Err(Violation::of(Rule::NoContradiction, sentence))
    }

    /// What a reader of the disk alone would find durable just before a vow leaves.
    ///
    /// # Errors
    /// If the vow is not there, although no compaction made it superfluous.
    pub fn audited<V: Binding>(
        &self,
        at: ReplicaId,
        vow: &V,
        record: &[u8],
        found: &[Vec<u8>],
    ) -> Result<(), Violation> {
        let account = &self.replicas[at.index()];
        let name = fingerprint(record);
        let superseded = account.durable.contains(&name) && !account.live.contains(&name);
        if superseded || found.iter().any(|other| other == record) {
            return Ok(());
        }
        let sentence = format!("replica {at} sent {vow:?}, and the synced part of its disk does not hold it");
        Err(Violation::of(Rule::PersistBeforeSend, sentence))
    }
}

#[cfg(test)]
mod tests;

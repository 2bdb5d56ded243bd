//! What the words of the replicas together say about the cluster.
//!
//! A liar may say anything of itself and of others. So a view or place counts as reached when f+1 replicas say so, and
//! a replica counts as accused when f+1 do.

use std::collections::BTreeMap;
use synod_kernel::{Membership, ReplicaId, Seq, Status, View};

/// What one replica said of itself, or why it said nothing.
pub(crate) type Word = Result<Status, String>;

/// The state of a cluster.
pub(crate) struct Assessment {
    membership: Membership,
    words: Vec<Word>,
    view: View,
    executed: Seq,
}

/// How a replica stands to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In the view, voting, not accused.
    TakesPart,
    /// It left the view of the others, and votes again as soon as f of them leave it, too.
    Waits,
    /// It answers, but in an earlier view, or while it changes views or fetches state.
    StandsBy,
    /// f+1 replicas hold evidence against it.
    Accused,
    /// It does not answer.
    Unreachable,
}

impl Assessment {
    /// Judges the words of all replicas, in order.
    pub(crate) fn new(membership: &Membership, words: Vec<Word>) -> Self {
        let answers = || words.iter().filter_map(|word| word.as_ref().ok());
        let view = vouched(membership, answers().map(|status| status.view));
        let executed = vouched(membership, answers().map(|status| status.executed));
        Self { membership: *membership, view, executed, words }
    }

    /// What the replicas said, in order.
    pub(crate) fn words(&self) -> impl Iterator<Item = (ReplicaId, &Word)> {
        self.membership.replicas().zip(&self.words)
    }

    /// The view that at least one honest replica has reached.
    pub(crate) fn view(&self) -> View {
        self.view
    }

    /// Who leads that view.
    pub(crate) fn primary(&self) -> ReplicaId {
        self.membership.primary(self.view)
    }

    /// How many batches a replica is behind what at least one honest replica has executed.
    pub(crate) fn lag(&self, status: &Status) -> u64 {
        self.executed.get().saturating_sub(status.executed.get())
    }

    /// How a replica stands.
    pub(crate) fn standing(&self, id: ReplicaId) -> Standing {
        match &self.words[id.index()] {
            Err(_) => Standing::Unreachable,
            Ok(_) if self.accusers(id).len() >= self.membership.weak() => Standing::Accused,
            Ok(status) if status.view >= self.view && status.state == "normal" => Standing::TakesPart,
            Ok(status) if status.view > self.view && status.state == "view-change" => Standing::Waits,
            Ok(_) => Standing::StandsBy,
        }
    }

    /// Who says to hold evidence against a replica.
    pub(crate) fn accusers(&self, id: ReplicaId) -> Vec<ReplicaId> {
        let accuses = |word: &Word| word.as_ref().is_ok_and(|status| status.accused.contains(&id));
        self.words().filter(|(_, word)| accuses(word)).map(|(accuser, _)| accuser).collect()
    }

    /// How many replicas answer.
    pub(crate) fn answering(&self) -> usize {
        self.words.iter().filter(|word| word.is_ok()).count()
    }

    /// How many replicas stand so.
    pub(crate) fn count(&self, standing: Standing) -> usize {
        self.membership.replicas().filter(|id| self.standing(*id) == standing).count()
    }

    /// How many replicas it takes to read or write.
    pub(crate) fn needed(&self) -> usize {
        self.membership.strong()
    }

    /// How many replicas there are.
    pub(crate) fn size(&self) -> usize {
        self.words.len()
    }

    /// Whether enough replicas answer.
    pub(crate) fn has_quorum(&self) -> bool {
        self.answering() >= self.needed()
    }

    /// How many more replicas may fail, in any way, before something stops for good: none beyond what is needed to go
    /// on, and no more liars than f. Whoever waits in a later view is counted: after one more failure the others join
    /// it.
    pub(crate) fn tolerates(&self) -> usize {
        let able = self.count(Standing::TakesPart) + self.count(Standing::Waits);
        let spare = able.saturating_sub(self.needed());
        let liars = usize::from(self.membership.tolerated()).saturating_sub(self.count(Standing::Accused));
        spare.min(liars)
    }

    /// Checkpoints about which replicas contradict each other.
    pub(crate) fn diverged(&self) -> Vec<Seq> {
        let mut states: BTreeMap<Seq, Vec<_>> = BTreeMap::new();
        for status in self.words.iter().filter_map(|word| word.as_ref().ok()) {
            states.entry(status.checkpoint).or_default().push(status.digest);
        }
        let differ = |(_, digests): &(Seq, Vec<_>)| digests.windows(2).any(|pair| pair[0] != pair[1]);
        states.into_iter().filter(differ).map(|(seq, _)| seq).collect()
    }
}

/// The largest value that f+1 replicas have reached.
fn vouched<T: Ord + Default>(membership: &Membership, values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.into_iter().rev().nth(membership.weak() - 1).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! One sequence number: what was proposed, who voted, and what is proved about it.
//!
//! Votes are those of the current view; certificates outlive views. The predicates are the paper's, asked anew
//! whenever something was added, so the order in which messages arrive cannot matter.

use super::statement::{Commit, Prepare};
use synod_kernel::{Certificate, Digest, Membership, Signed, Tally, View};

/// Everything about one sequence number above the last stable checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Slot {
    /// What the primary of the current view proposed here, once accepted.
    pub(super) proposal: Option<Signed<Prepare>>,
    /// Prepares of the current view, the proposal among them.
    pub(super) prepares: Tally<Prepare>,
    /// Commits of the current view.
    pub(super) commits: Tally<Commit>,
    /// The prepared certificate of the highest view.
    pub(super) prepared: Option<Certificate<Prepare>>,
    /// Proof that this is decided, of whatever view.
    pub(super) committed: Option<Certificate<Commit>>,
}

impl Slot {
    /// Forgets what belonged to the view that was left. Certificates stay.
    pub(super) fn leave_view(&mut self) {
        self.proposal = None;
        self.prepares = Tally::default();
        self.commits = Tally::default();
    }

    /// The digest proposed in the current view.
    pub(super) fn proposed(&self) -> Option<Digest> {
        self.proposal.as_ref().map(|vote| vote.statement().digest)
    }

    /// prepared(m, v, n, i) for the current view, if it holds and was not noted yet: the proposal and a strong
    /// quorum of prepares that agree with it. [PBFT-OSDI99 §4.2]
    pub(super) fn newly_prepared(&self, view: View, members: &Membership) -> Option<Certificate<Prepare>> {
        if self.prepared.as_ref().is_some_and(|certificate| certificate.statement().view >= view) {
            return None;
        }
        let proposal = self.proposal.as_ref()?;
        self.prepares.certificate(proposal.statement(), members)
    }

    /// committed-local(m, v, n, i), if it holds and was not noted yet. [PBFT-OSDI99 §4.2]
    ///
    /// Deviation: a strong quorum of commits suffices, without this replica having prepared: each of them vouches
    /// for a durable prepared certificate, and f+1 of them come from correct replicas.
    pub(super) fn newly_committed(&self, members: &Membership) -> Option<Certificate<Commit>> {
        if self.committed.is_some() || self.commits.votes().len() < members.strong() {
            return None;
        }
        self.commits.votes().find_map(|vote| self.commits.certificate(vote.statement(), members))
    }

    /// The batch for which no more prepares of the current view are needed: it is prepared, and nobody voted otherwise.
    pub(super) fn settled_prepares(&self, view: View) -> Option<Digest> {
        let prepared = self.prepared.as_ref().map(Certificate::statement).filter(|prepared| prepared.view == view);
        let digest = prepared?.digest;
        self.prepares.votes().all(|vote| vote.statement().digest == digest).then_some(digest)
    }

    /// The batch for which no more commits are needed: it is decided, and nobody voted otherwise.
    pub(super) fn settled_commits(&self) -> Option<Digest> {
        let digest = self.committed.as_ref()?.statement().digest;
        self.commits.votes().all(|vote| vote.statement().digest == digest).then_some(digest)
    }

    /// Whether something else than this is proved to be decided here.
    pub(super) fn is_decided_otherwise(&self, digest: Digest) -> bool {
        self.committed.as_ref().is_some_and(|certificate| certificate.statement().digest != digest)
    }

    /// Every batch that something here names.
    pub(super) fn digests(&self) -> impl Iterator<Item = Digest> + '_ {
        let prepared = self.prepared.as_ref().map(|certificate| certificate.statement().digest);
        let committed = self.committed.as_ref().map(|certificate| certificate.statement().digest);
        self.proposed().into_iter().chain(prepared).chain(committed)
    }
}

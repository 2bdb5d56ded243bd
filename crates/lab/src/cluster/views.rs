//! What follows from the reports in the proof of a view, worked out a second time. [PBFT-OSDI99 §4.4]
//!
//! Not with the replica's own function, nor on its own types, which cannot hold anything else: those are what is
//! judged.

use std::collections::BTreeMap;
use synod_kernel::{Batch, Digest, Membership, Signed};
use synod_protocols::pbft::NewView;

/// The proof of a view in plain numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    members: u64,
    tolerated: u64,
    view: u64,
    primary: u64,
    reports: BTreeMap<u64, Told>,
    /// O: places and digests, in order.
    proposals: Vec<(u64, Digest)>,
}

/// What one report tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    stable: u64,
    /// Place, view and digest of what prepared.
    prepared: Vec<(u64, u64, Digest)>,
}

impl Claim {
    pub(super) fn of(message: &Signed<NewView>, members: &Membership) -> Self {
        let new_view = message.statement();
        let reports = new_view.view_changes().iter().map(|report| {
            let prepared = report.statement().prepared().iter().map(|proof| {
                let statement = proof.statement();
                (statement.seq.get(), statement.view.get(), statement.digest)
            });
            let told = Told { stable: report.statement().stable_seq().get(), prepared: prepared.collect() };
            (u64::from(report.signer().get()), told)
        });
        let proposals = new_view.proposals().iter().map(|vote| (vote.statement().seq.get(), vote.statement().digest));
        Self {
            members: u64::from(members.size()),
            tolerated: u64::from(members.tolerated()),
            view: new_view.view().get(),
            primary: u64::from(message.signer().get()),
            reports: reports.collect(),
            proposals: proposals.collect(),
        }
    }

    /// Whether it is a proof.
    ///
    /// # Errors
    /// With what is wrong, as the end of a sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        let wrong = |what: String| Err(format!("a NEW-VIEW for view {} {what}", self.view));
        let (told, needed) = (self.reports.len() as u64, (self.members + self.tolerated) / 2 + 1);
        if told < needed {
            return wrong(format!("with reports of {told} of {needed} replicas"));
        }
        if self.primary != self.view % self.members {
            return wrong(format!("by replica {}, whose turn it is not", self.primary));
        }
        let due = self.due();
        if due != self.proposals {
            return wrong(format!("that proposes {:?} where {due:?} follows from its reports", self.proposals));
        }
        Ok(())
    }

    /// O: from the highest stable checkpoint to the highest place that prepared, each with what prepared there last, or
    /// with the null request.
    fn due(&self) -> Vec<(u64, Digest)> {
        let settled = self.reports.values().map(|told| told.stable).max().unwrap_or(0);
        let prepared = || self.reports.values().flat_map(|told| told.prepared.iter().copied());
        let last = prepared().map(|(seq, ..)| seq).max().unwrap_or(0);
        let of_place = |place: u64| {
            let newest = prepared().filter(|(seq, ..)| *seq == place).max_by_key(|(_, view, _)| *view);
            (place, newest.map_or(Batch::null().digest(), |(.., digest)| digest))
        };
        (settled + 1..=last).map(of_place).collect()
    }
}

#[cfg(test)]
mod tests;

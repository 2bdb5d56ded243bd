//! Linearizability, from what clients alone can see: when they asked, when they were told, and where in the one order
//! they were told their request stands.
//!
//! An order is known, so nothing has to be searched for: a history is linearizable if the order respects real time,
//! and if results are those of the order, which the reference decides. Real time is respected if nothing stands at or
//! before the place of anything that was acknowledged before it was asked; places are those of batches, and no batch
//! holds what was asked after it was answered. A request whose outcome nobody was told may have its place anywhere
//! after that, or nowhere. Requests that overlap may stand either way. The cost is a logarithm for each event.

use super::reference::Submission;
use super::{Rule, Violation};
use std::collections::BTreeMap;
use synod_kernel::Seq;

/// What clients asked and learned, in the order of real time.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The highest place that was acknowledged so far.
    reached: Seq,
    /// What `reached` was when each open request was asked.
    open: BTreeMap<Submission, Seq>,
    /// Where each one that was acknowledged stands.
    settled: BTreeMap<Submission, Seq>,
}

impl History {
    /// A client asks. Whatever is told later happens after this.
    pub fn asked(&mut self, submission: Submission) {
        self.open.insert(submission, self.reached);
    }

    /// A client is told that its request stands here.
    ///
    /// # Errors
    /// If the order contradicts real time, or another place was told before, or nobody asked.
    pub fn told(&mut self, submission: Submission, seq: Seq) -> Result<(), Violation> {
        if let Some(&earlier) = self.settled.get(&submission)
            && earlier != seq
        {
            return condemn(submission, &format!("is told to stand at {seq}, and was told to stand at {earlier}"));
        }
        if let Some(reached) = self.open.remove(&submission) {
            after(submission, seq, reached)?;
        } else if !self.settled.contains_key(&submission) {
            return condemn(submission, &format!("is told to stand at {seq}, and was never asked"));
        }
        self.settled.insert(submission, seq);
        self.reached = self.reached.max(seq);
        Ok(())
    }

    /// A client is told that its request is settled and has no place.
    pub fn refused(&mut self, submission: Submission) {
        self.open.remove(&submission);
    }

    /// The end. `place` says where the order has a request, if anywhere.
    ///
    /// # Errors
    /// If the order has what nobody was told of before what had been acknowledged when it was asked, or has something
    /// elsewhere than a client was told.
    pub fn end(&self, place: impl Fn(&Submission) -> Option<Seq>) -> Result<(), Violation> {
        for (&submission, &reached) in &self.open {
            place(&submission).map_or(Ok(()), |seq| after(submission, seq, reached))?;
        }
        for (&submission, &told) in &self.settled {
            if place(&submission) != Some(told) {
                return condemn(submission, &format!("was told to stand at {told}, and does not"));
            }
        }
        Ok(())
    }
}

fn after(submission: Submission, seq: Seq, reached: Seq) -> Result<(), Violation> {
    if seq > reached {
        return Ok(());
    }
    condemn(submission, &format!("stands at {seq}, and was asked after {reached} had been acknowledged"))
}

fn condemn((client, number): Submission, what: &str) -> Result<(), Violation> {
    Err(Violation::of(Rule::RealTime, format!("number {number} of client {client} {what}")))
}

#[cfg(test)]
mod tests;

//! Judges: rules restated, each with its own arithmetic, over what a run lets everybody see.
//!
//! A judge never asks the code it judges whether a rule holds. It watches what leaves honest replicas, what their
//! service executes and what clients learn, and keeps its own account. What corrupted replicas do is never judged.
//! Whether a rule is expected to hold is the caller's decision: with more liars than the membership tolerates some
//! must break, and a run that shows it is worth as much as one that does not break.

mod agreement;
mod certificate;
mod clients;
mod determinism;
mod evidence;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fixture;
mod history;
mod memory;
mod proofs;
mod reference;
mod states;
mod views;
mod vows;

pub use agreement::{Agreement, Novelty};
pub use certificate::convinces;
pub use clients::Clients;
pub use determinism::repeats;
pub use evidence::accuses;
pub use history::History;
pub use memory::weigh;
pub use proofs::Proofs;
pub use reference::{Effect, Model, Reference, Submission};
pub use states::States;
pub use views::Views;
pub use vows::Vows;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A rule that a judge watches over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Honest replicas execute the same batch at every sequence number, without gaps, across restarts.
    Agreement,
    /// Only what clients signed and submitted is executed, and each request has its effect once.
    Validity,
    /// Honest replicas have the same state at the same sequence number.
    StateEquality,
    /// An honest replica never answers one question in two ways, and never votes below a view it left.
    NoContradiction,
    /// A vow is durable before it leaves.
    PersistBeforeSend,
    /// What a client knows to be committed stays where it was committed.
    AcknowledgedWrites,
    /// What a client shows for an outcome proves it to anyone who knows the members' keys.
    Certificates,
    /// Results are those of an independent model that executes the agreed order.
    Results,
    /// Once everything is healed, every request completes and honest replicas converge.
    Liveness,
    /// What honest replicas and clients send decodes to what was sent, and verifies.
    Wire,
    /// A disk that did only what disks may do is accepted at reboot.
    Recovery,
    /// Nothing that runs in a world panics: its own assertions hold.
    Assertions,
    /// No two certificates give different answers to one question.
    UniqueCertificates,
    /// Nobody honest is accused by anybody honest.
    SoundEvidence,
    /// The agreed order respects the real time in which clients asked and were answered.
    RealTime,
    /// The same input in the same state has the same effects.
    Determinism,
    /// What a replica keeps is bounded by a formula over the parameters of its cluster.
    BoundedMemory,
    /// Once everything is healed, views are not left again and again without anything being executed in between.
    ViewsTerminate,
    /// Nobody honest is named in a certificate for what it never promised.
    GenuineCertificates,
    /// The proof of a view is what follows from the reports in it.
    ViewsFollow,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Agreement,
        Self::Validity,
        Self::StateEquality,
        Self::NoContradiction,
        Self::PersistBeforeSend,
        Self::AcknowledgedWrites,
        Self::Certificates,
        Self::Results,
        Self::Liveness,
        Self::Wire,
        Self::Recovery,
        Self::Assertions,
        Self::UniqueCertificates,
        Self::SoundEvidence,
        Self::RealTime,
        Self::Determinism,
        Self::BoundedMemory,
        Self::ViewsTerminate,
        Self::GenuineCertificates,
        Self::ViewsFollow,
    ];
}

/// A rule's name, as it is printed and read.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{self:?}"))
    }
}

/// A judge's sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule was broken.
    pub rule: Rule,
    /// How, in a sentence.
    pub sentence: String,
}

impl Violation {
    /// A sentence about a rule.
    pub fn of(rule: Rule, sentence: String) -> Self {
        Self { rule, sentence }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.sentence)
    }
}

/// Decides which sentences end a run, and keeps the first of each of the others.
#[derive(Clone, Debug)]
pub struct Court {
    expected: BTreeSet<Rule>,
    tolerated: BTreeMap<Rule, String>,
}

impl Court {
    /// A court that ends the run when one of these rules is broken.
    pub fn expecting(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self { expected: rules.into_iter().collect(), tolerated: BTreeMap::new() }
    }

    /// Passes a sentence on if its rule was expected to hold, and otherwise keeps it.
    ///
    /// # Errors
    /// The violation, if it ends the run.
    pub fn hear(&mut self, finding: Result<(), Violation>) -> Result<(), Violation> {
        match finding {
            Err(violation) if self.expected.contains(&violation.rule) => Err(violation),
            Err(Violation { rule, sentence }) => {
                self.tolerated.entry(rule).or_insert(sentence);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// The first sentence on each rule that was broken without ending the run.
    pub fn tolerated(&self) -> &BTreeMap<Rule, String> {
        &self.tolerated
    }
}

#[cfg(test)]
mod tests;

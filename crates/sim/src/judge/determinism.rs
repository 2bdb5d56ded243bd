//! Determinism: a process that takes the same input in the same state comes to the same state and says the same.

use super::{Rule, Violation};
use crate::transcript::Fingerprint;
use std::hash::{Hash, Hasher};
use synod_kernel::ReplicaId;
use synod_kernel::process::{Input, Outbox, Process};

/// A replica took `input` in the state `before`, is now in the state `after`, and put `said` into its outbox.
///
/// # Errors
/// If a copy of it does anything else.
pub fn repeats<P: Process>(
    at: ReplicaId,
    (mut before, input): (P, Input<P>),
    (after, said): (&P, &Outbox<P>),
) -> Result<(), Violation> {
    let what = format!("{input:?}");
    let mut again = Outbox::default();
    before.step(input, &mut again);
    if (fingerprint(&before), fingerprint(&again)) == (fingerprint(after), fingerprint(said)) {
        return Ok(());
    }
    let sentence = format!("replica {at} and a copy of it do different things upon {what}");
    Err(Violation::of(Rule::Determinism, sentence))
}

fn fingerprint(value: &impl Hash) -> u64 {
    let mut hash = Fingerprint::default();
    value.hash(&mut hash);
    hash.finish()
}

#[cfg(test)]
mod tests;

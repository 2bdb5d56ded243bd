//! Evidence is sound: whoever follows the protocol is never accused, whatever crashes, comes back, repeats itself or is
//! lied about.

use super::{Rule, Violation};
use synod_kernel::ReplicaId;

/// An honest replica holds evidence against these.
///
/// # Errors
/// If one of them is honest.
pub fn accuses(by: ReplicaId, accused: &[ReplicaId], is_honest: impl Fn(ReplicaId) -> bool) -> Result<(), Violation> {
    match accused.iter().find(|&&id| is_honest(id)) {
        None => Ok(()),
        Some(victim) => {
            let sentence = format!("replica {by} accuses replica {victim}, which did nothing wrong");
            Err(Violation::of(Rule::SoundEvidence, sentence))
        }
    }
}

#[cfg(test)]
mod tests;

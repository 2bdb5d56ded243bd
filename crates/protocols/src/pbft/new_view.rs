//! Computing O from V: a pure function, the same at the new primary and at every backup. [PBFT-OSDI99 §4.4]
//!
//! min-s is the highest stable checkpoint proved in V, max-s the highest sequence number prepared in V. Every
//! number between them gets the batch of the prepared certificate with the highest view, or the null request if
//! nothing prepared there.
//!
//! The range is bounded by twice the window: a correct replica prepares at most a window above its own stable
//! checkpoint h, and if h is not in V, a correct member of V executed up to h and carries the certificates down
//! to its own stable checkpoint, which is at most a window below.

use super::statement::{Prepare, ViewChange};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use synod_kernel::{Batch, Certificate, Seq, Signed, View};

/// min-s: the last stable checkpoint that V proves.
pub(super) fn lowest(view_changes: &[Signed<ViewChange>]) -> Seq {
    view_changes.iter().map(|message| message.statement().stable_seq()).max().unwrap_or_default()
}

/// Proposals in one O, at most: twice the largest window.
pub(super) const RANGE_MAX: u64 = 2 * 4096;

/// O: what the primary of `view` has to propose again, ascending. None if it would span more than [`RANGE_MAX`],
/// which no V of genuine certificates does; a forged one can, and is looked at before its signatures are.
pub(super) fn proposals(view: View, view_changes: &[Signed<ViewChange>]) -> Option<Vec<Prepare>> {
    let min_s = lowest(view_changes);
    let mut chosen = BTreeMap::<Seq, &Certificate<Prepare>>::new();
    for certificate in view_changes.iter().flat_map(|message| message.statement().prepared()) {
        let Prepare { view: prepared_in, seq, .. } = *certificate.statement();
        let newest = chosen.entry(seq).or_insert(certificate);
        if prepared_in > newest.statement().view {
            *newest = certificate;
        }
    }
    let max_s = chosen.last_key_value().map_or(min_s, |(&seq, _)| seq);
    if max_s.get().saturating_sub(min_s.get()) > RANGE_MAX {
        return None;
    }
    let null = Batch::null().digest();
    let mut proposals = Vec::new();
    let mut seq = min_s;
    while seq < max_s {
        seq = seq.next();
        let digest = chosen.get(&seq).map_or(null, |certificate| certificate.statement().digest);
        proposals.push(Prepare { view, seq, digest });
    }
    Some(proposals)
}

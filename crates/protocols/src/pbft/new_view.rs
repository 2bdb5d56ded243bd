//! Computing O from V: a pure function, the same at the new primary and at every backup. [PBFT-OSDI99 §4.4]
//!
//! min-s is the highest stable checkpoint proved in V, max-s the highest sequence number prepared in V. Every
//! number between them gets the batch of the prepared certificate with the highest view, or the null request if
//! nothing prepared there.
//!
//! The range is bounded by three windows: what prepared at max-s was prepared by a correct replica at most a window
//! above its stable checkpoint h, and V holds a correct replica that executed up to h, which nobody does more than
//! two windows above a stable checkpoint of its own. What committed above min-s is in V all the same: a correct
//! member of V prepared it and holds its certificate, unless it has a later stable checkpoint.

use super::statement::{Prepare, ViewChange};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use synod_kernel::descriptor::MAX_WINDOW;
use synod_kernel::{Batch, Certificate, Seq, Signed, View};

/// min-s: the last stable checkpoint that V proves.
pub(super) fn lowest(view_changes: &[Signed<ViewChange>]) -> Seq {
    view_changes.iter().map(|message| message.statement().stable_seq()).max().unwrap_or_default()
}

/// Windows that one O spans, at most.
pub(super) const WINDOWS: usize = 3;
/// Proposals in one O, at most.
const RANGE_MAX: u64 = WINDOWS as u64 * MAX_WINDOW;

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

//! Votes that this replica can do without: they come when the place is already prepared, or decided.
//!
//! Once this replica holds the prepared certificate of its view for a batch, it asks no PREPARE of that view for that
//! batch again; once it holds the proof that a batch is decided, no COMMIT for it. Both proofs are kept with the place
//! for as long as votes there count, outlive a crash or are made anew from votes that are then asked for again, and are
//! what is reported when the view is left and shown to replicas that lag. Nobody is ever shown the votes of a third:
//! who lacks votes is given those of whoever it asks. How far others are is known from what they report, never from
//! their votes. So a late vote changes nothing but the number of those counted, and its loss nothing at all.
//!
//! A vote for another batch is never needless, because it is evidence; and where one was counted, no vote of that kind
//! is, because one that agrees may be its author's other one. A liar that said something else after its vote was
//! dropped is not proved to by that vote here, as if it had sent it to others only.

use super::message::Vow;
use super::replica::Replica;
use alloc::vec::Vec;
use synod_kernel::{Digest, Seq, View};

/// Places below and above the last one ordered about which is asked, each: of those below most votes came long ago, and
/// above are those under way, of which the pipeline has not many.
const PLACES_EACH: u64 = 8;

/// What needs no more votes at a replica that is voting in its view: at most 16 places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    view: View,
    places: Vec<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    seq: Seq,
    /// For which batch no PREPARE of this view is needed.
    prepared: Option<Digest>,
    /// For which batch no COMMIT is needed.
    committed: Option<Digest>,
}

impl Settled {
    fn place(&self, view: View, seq: Seq) -> Option<&Place> {
        self.places.iter().find(|place| view == self.view && place.seq == seq)
    }

    /// Whether nobody needs this any more.
    pub(super) fn covers(&self, vow: &Vow) -> bool {
        match vow {
            Vow::Prepare(vote) => {
                let vote = vote.statement();
                self.place(vote.view, vote.seq).is_some_and(|place| place.prepared == Some(vote.digest))
            }
            Vow::Commit(vote) => {
                let vote = vote.statement();
                self.place(vote.view, vote.seq).is_some_and(|place| place.committed == Some(vote.digest))
            }
            // A pre-prepare may bring the batch.
            Vow::PrePrepare(_) | Vow::Checkpoint(_) | Vow::ViewChange(_) | Vow::NewView(_) => false,
        }
    }
}

impl Replica {
    /// The places around the last one ordered where votes of this view are not needed any more.
    pub(super) fn settled_places(&self) -> Settled {
        let view = self.view;
        if !self.is_active() {
            return Settled { view, places: Vec::new() };
        }
        let first = Seq::new((self.ordered.get() + 1).saturating_sub(PLACES_EACH));
        let last = self.ordered.plus(PLACES_EACH);
        let places = self.slots.range(first..=last).map(|(&seq, slot)| Place {
            seq,
            prepared: slot.settled_prepares(view),
            committed: slot.settled_commits(),
        });
        let places = places.filter(|place| place.prepared.is_some() || place.committed.is_some());
        Settled { view, places: places.collect() }
    }
}

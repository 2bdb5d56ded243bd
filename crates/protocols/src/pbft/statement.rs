//! What a PBFT replica puts its name to, and what of it is valid by itself.
//!
//! The primary's pre-prepare *is* its prepare statement, so "a pre-prepare and 2f prepares" is one strong quorum
//! of distinct signers, and counting the primary twice cannot be written. Everything that needs no state is
//! checked while decoding: a view-change message with an impossible certificate, or a new-view message whose O
//! does not follow from its V, is not a value of these types.

use super::new_view;
use alloc::vec::Vec;
use synod_kernel::{
    Certificate, Decode, Digest, Encode, Kind, Malformed, Membership, Reader, Seq, Signed, Statement, View, Writer,
};

/// PBFT's number on the wire.
pub const PROTOCOL: u8 = 1;

/// `<PRE-PREPARE, v, n, d>` if the primary of v says it, `<PREPARE, v, n, d, i>` if a backup does.
/// [PBFT-OSDI99 §4.2]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prepare {
    /// v
    pub view: View,
    /// n
    pub seq: Seq,
    /// d
    pub digest: Digest,
}

/// `<COMMIT, v, n, d, i>`. [PBFT-OSDI99 §4.2]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit {
    /// v
    pub view: View,
    /// n
    pub seq: Seq,
    /// D(m)
    pub digest: Digest,
}

/// `<CHECKPOINT, n, d, i>`. [PBFT-OSDI99 §4.3]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checkpoint {
    /// n
    pub seq: Seq,
    /// d, the digest of the state
    pub state: Digest,
}

/// "The primary of v does not do its duty, as far as I can tell." Binds nobody (decision 0007).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Suspect {
    /// v
    pub view: View,
}

/// `<VIEW-CHANGE, v+1, n, C, P, i>`. [PBFT-OSDI99 §4.4]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewChange {
    view: View,
    stable: Option<Certificate<Checkpoint>>,
    prepared: Vec<Certificate<Prepare>>,
}

/// `<NEW-VIEW, v+1, V, O>`. [PBFT-OSDI99 §4.4]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NewView {
    view: View,
    view_changes: Vec<Signed<ViewChange>>,
    proposals: Vec<Signed<Prepare>>,
}

impl ViewChange {
    /// Asks for `view` with n and C from `stable` and P from `prepared`. Fails if the parts contradict each other.
    pub fn new(
        view: View,
        stable: Option<Certificate<Checkpoint>>,
        prepared: Vec<Certificate<Prepare>>,
        members: &Membership,
    ) -> Result<Self, Malformed> {
        let mut last = stable.as_ref().map_or(Seq::default(), |stable| stable.statement().seq);
        for certificate in &prepared {
            let Prepare { view: prepared_in, seq, .. } = *certificate.statement();
            if seq <= last {
                return Err(Malformed::OutOfOrder { what: "prepared certificates" });
            }
            if prepared_in >= view {
                return Err(Malformed::Inconsistent("prepared in a view that is not left yet"));
            }
            // "Pre-prepared" is part of "prepared": the primary's own word belongs to it. [PBFT-OSDI99 §4.2]
            if !certificate.has_signer(members.primary(prepared_in)) {
                return Err(Malformed::Inconsistent("a prepared certificate without the primary's pre-prepare"));
            }
            last = seq;
        }
        Ok(Self { view, stable, prepared })
    }

    /// The view asked for.
    pub fn view(&self) -> View {
        self.view
    }
    /// C: the proof of the last stable checkpoint; none if there was no checkpoint yet.
    pub fn stable(&self) -> Option<&Certificate<Checkpoint>> {
        self.stable.as_ref()
    }
    /// n: the last stable checkpoint.
    pub fn stable_seq(&self) -> Seq {
        self.stable.as_ref().map_or(Seq::default(), |stable| stable.statement().seq)
    }
    /// P: what prepared above it, ascending.
    pub fn prepared(&self) -> &[Certificate<Prepare>] {
        &self.prepared
    }
}

impl NewView {
    /// Puts the pieces together. Fails unless V is a strong quorum for `view`, ascending by signer, and O is what
    /// follows from V, signed by the primary of `view`.
    pub fn new(
        view: View,
        view_changes: Vec<Signed<ViewChange>>,
        proposals: Vec<Signed<Prepare>>,
        members: &Membership,
    ) -> Result<Self, Malformed> {
        let (present, needed) = (view_changes.len(), members.strong());
        if present < needed {
            return Err(Malformed::TooFewSigners { present, needed });
        }
        if !view_changes.windows(2).all(|pair| pair[0].signer() < pair[1].signer()) {
            return Err(Malformed::OutOfOrder { what: "view-change messages" });
        }
        if view_changes.iter().any(|message| message.statement().view != view) {
            return Err(Malformed::Inconsistent("a view-change message for another view"));
        }
        let too_wide = Malformed::Inconsistent("prepared certificates span more than any window");
        let wanted = Self::wanted(view, &view_changes).ok_or(too_wide)?;
        let given = proposals.iter().map(Signed::statement);
        if !given.eq(wanted.iter()) {
            return Err(Malformed::Inconsistent("O does not follow from V"));
        }
        if proposals.iter().any(|proposal| proposal.signer() != members.primary(view)) {
            return Err(Malformed::Inconsistent("a proposal that the new primary did not sign"));
        }
        Ok(Self { view, view_changes, proposals })
    }

    /// The O that follows from V: what the primary of `view` has to propose again, ascending. None if it would span
    /// more than any window. [PBFT-OSDI99 §4.4]
    pub fn wanted(view: View, view_changes: &[Signed<ViewChange>]) -> Option<Vec<Prepare>> {
        new_view::proposals(view, view_changes)
    }

    /// The view it starts.
    pub fn view(&self) -> View {
        self.view
    }
    /// V
    pub fn view_changes(&self) -> &[Signed<ViewChange>] {
        &self.view_changes
    }
    /// O
    pub fn proposals(&self) -> &[Signed<Prepare>] {
        &self.proposals
    }
}

macro_rules! vote {
    ($name:ident { $($question:ident),+ => $answer:ident }, $number:literal) => {
        impl Statement for $name {
            const KIND: Kind = Kind { protocol: PROTOCOL, statement: $number };

            fn contradicts(&self, other: &Self) -> bool {
                $(self.$question == other.$question &&)+ self.$answer != other.$answer
            }
        }
        impl Encode for $name {
            fn encode(&self, writer: &mut Writer) {
                $(self.$question.encode(writer);)+
                self.$answer.encode(writer);
            }
        }
        impl Decode for $name {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(Self { $($question: Decode::decode(reader)?,)+ $answer: Decode::decode(reader)? })
            }
        }
    };
}
vote!(Prepare { view, seq => digest }, 1);
vote!(Commit { view, seq => digest }, 2);
vote!(Checkpoint { seq => state }, 3);

impl Statement for Suspect {
    const KIND: Kind = Kind { protocol: PROTOCOL, statement: 6 };

    fn contradicts(&self, _: &Self) -> bool {
        false
    }
}

impl Encode for Suspect {
    fn encode(&self, writer: &mut Writer) {
        self.view.encode(writer);
    }
}

impl Decode for Suspect {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { view: View::decode(reader)? })
    }
}

impl Statement for ViewChange {
    const KIND: Kind = Kind { protocol: PROTOCOL, statement: 4 };

    fn contradicts(&self, other: &Self) -> bool {
        self.view == other.view && self != other
    }
}

impl Encode for ViewChange {
    fn encode(&self, writer: &mut Writer) {
        self.view.encode(writer);
        self.stable.encode(writer);
        writer.list(self.prepared.iter());
    }
}

impl Decode for ViewChange {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (view, stable) = (View::decode(reader)?, Decode::decode(reader)?);
        // What prepared lies within a window above the stable checkpoint, and does after a crash, too: the log holds
        // the checkpoint before anything that prepared because of it.
        let prepared = reader.list("prepared certificates", reader.scope().windows(1))?;
        Self::new(view, stable, prepared, &reader.scope().membership)
    }
}

impl Statement for NewView {
    const KIND: Kind = Kind { protocol: PROTOCOL, statement: 5 };

    fn contradicts(&self, other: &Self) -> bool {
        self.view == other.view && self != other
    }
}

impl Encode for NewView {
    fn encode(&self, writer: &mut Writer) {
        self.view.encode(writer);
        writer.list(self.view_changes.iter());
        writer.list(self.proposals.iter());
    }
}

impl Decode for NewView {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let view = View::decode(reader)?;
        let members = reader.scope().membership;
        let view_changes = reader.list("view-change messages", usize::from(members.size()))?;
        let proposals = reader.list("proposals", reader.scope().windows(new_view::WINDOWS))?;
        Self::new(view, view_changes, proposals, &members)
    }
}

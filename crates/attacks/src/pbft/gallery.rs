//! Every attack that PBFT has to withstand.

use super::equivocate::{self, Equivocate};
use crate::gallery::{Attack, generic};
use crate::story::Protocols;
use alloc::vec::Vec;
use synod_protocols::pbft::Replica;

/// What stories call the protocol.
pub const NAME: &str = "pbft";

/// The scope of the attacks of this module.
pub(super) const HERE: Protocols = Protocols::Only(&[NAME]);

/// All of them, the generic ones first.
pub fn gallery() -> Vec<Attack<Replica>> {
    let mut attacks = generic();
    attacks.extend([Attack::of::<Equivocate>(&equivocate::STORY)]);
    attacks
}

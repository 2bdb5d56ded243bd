//! Every attack that PBFT has to withstand.

use super::batches::{self, OddBatches};
use super::checkpoints::{self, FalseCheckpoints};
use super::equivocate::{self, Equivocate};
use super::frame::{self, Frame};
use super::hints::{self, FalseHints};
use super::hoard::{self, HoardSuspicions};
use super::mutate::{self, Nudge, Swap};
use super::numbers::{self, WildNumbers};
use super::reports::{self, ShadeReports};
use super::settled::{self, RewriteSettled};
use super::slow::{self, SlowPrimary};
use super::state::{self, PoisonState};
use super::suspects::{self, SuspectAlways};
use super::unfounded::{self, Unfounded};
use super::views::{self, TwoNewViews};
use super::votes::{self, VotesForAll};
use super::withhold::{self, WithholdProposals};
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
    attacks.extend([
        Attack::of::<Equivocate>(&equivocate::STORY),
        Attack::of::<WithholdProposals>(&withhold::STORY),
        Attack::of::<WildNumbers>(&numbers::STORY),
        Attack::of::<OddBatches>(&batches::STORY),
        Attack::of::<SlowPrimary>(&slow::STORY),
        Attack::of::<VotesForAll>(&votes::STORY),
        Attack::of::<SuspectAlways>(&suspects::STORY),
        Attack::of::<HoardSuspicions>(&hoard::STORY),
        Attack::of::<ShadeReports>(&reports::STORY),
        Attack::of::<TwoNewViews>(&views::STORY),
        Attack::of::<RewriteSettled>(&settled::STORY),
        Attack::of::<FalseCheckpoints>(&checkpoints::STORY),
        Attack::of::<PoisonState>(&state::STORY),
        Attack::of::<FalseHints>(&hints::STORY),
        Attack::of::<Unfounded>(&unfounded::STORY),
        Attack::of::<Frame>(&frame::STORY),
        Attack::of::<Nudge>(&mutate::STORY_NUDGE),
        Attack::of::<Swap>(&mutate::STORY_SWAP),
    ]);
    attacks
}

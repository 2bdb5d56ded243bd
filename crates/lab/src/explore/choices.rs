//! Which replicas lie: every choice, except for those that make the same world as another one.

use crate::protocol::Protocol;
use std::collections::{BTreeMap, BTreeSet};
use synod_kernel::{Membership, ReplicaId, View};

/// Who lies, and which other choices would make the same world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Who lies.
    pub liars: BTreeSet<ReplicaId>,
    /// The choices that this one stands for, too.
    pub like: Vec<BTreeSet<ReplicaId>>,
}

/// Every choice of `corrupt` liars, those that make the same world together.
///
/// Two choices make the same world if replicas can be renamed such that one becomes the other and the protocol does not
/// notice. Where it does not, replicas that lead none of the `views` may be exchanged, and a choice is determined by
/// who of the others lies. That is so for PBFT with four replicas and no more than f liars; everywhere else, each
/// choice stands for itself.
pub fn choices(protocol: Protocol, membership: Membership, corrupt: u16, views: u16) -> Vec<Choice> {
    let may_rename = is_blind_to_names(protocol, membership, corrupt);
    let leads = leaders(membership, views);
    let mut known = BTreeMap::<BTreeSet<ReplicaId>, usize>::new();
    let mut choices: Vec<Choice> = Vec::new();
    for liars in subsets(membership, corrupt) {
        let leaders = liars.intersection(&leads).copied().collect::<BTreeSet<_>>();
        let next = choices.len();
        let class = if may_rename { leaders } else { liars.clone() };
        match *known.entry(class).or_insert(next) {
            number if number < next => choices[number].like.push(liars),
            _ => choices.push(Choice { liars, like: Vec::new() }),
        }
    }
    choices
}

/// Whether all that a replica does about another one depends on what that one said and on which views it leads, so that
/// two replicas that lead none of the views may be exchanged in every state and every step.
///
/// PBFT's rules count votes and look at who the primary is. What else depends on numbers: a batch that was decided and
/// is not here is asked for at f+1 of those who proved it, in order of their numbers ("others" is who is neither the
/// primary nor the one who asks). As long as there are no more than f+1 others, that is all of them. And a new view
/// takes the first of two proofs that contradict each other, of which there are none with f liars or fewer.
fn is_blind_to_names(protocol: Protocol, membership: Membership, corrupt: u16) -> bool {
    match protocol {
        Protocol::Pbft => {
            let others = usize::from(membership.size()).saturating_sub(2);
            others <= membership.weak() && corrupt <= membership.tolerated()
        }
    }
}

/// Who leads one of the views.
fn leaders(membership: Membership, views: u16) -> BTreeSet<ReplicaId> {
    (0..views).map(|view| membership.primary(View::new(view.into()))).collect()
}

/// Every set of so many replicas, in order.
fn subsets(membership: Membership, size: u16) -> Vec<BTreeSet<ReplicaId>> {
    let mut all = vec![BTreeSet::new()];
    for _ in 0..size {
        let longer = all.iter().flat_map(|set: &BTreeSet<ReplicaId>| {
            let later = membership.replicas().filter(move |id| set.last().is_none_or(|last| id > last));
            later.map(move |id| set.iter().copied().chain([id]).collect())
        });
        all = longer.collect();
    }
    all
}

#[cfg(test)]
mod tests;

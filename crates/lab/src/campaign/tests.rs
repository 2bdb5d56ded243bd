//! Which seeds are whose, and that a campaign is the sum of its shards.
#![allow(clippy::unwrap_used)]

use super::{Campaign, Next, Shard};
use crate::attack::{Assault, Attack};
use crate::protocol::Protocol;
use crate::summary::Summary;
use std::collections::BTreeSet;
use std::num::NonZero;
use synod_kernel::{Faults, Membership};

fn campaign(first: u64, seeds: u64, shard: Shard) -> Campaign {
    Campaign {
        protocol: Protocol::Pbft,
        membership: Membership::new(4, Faults::Byzantine(1)).unwrap(),
        assault: Assault::Any,
        corrupt: 1,
        first,
        seeds: Some(seeds),
        shard,
    }
}

fn seeds(campaign: &Campaign) -> Vec<u64> {
    (0..).map_while(|number| campaign.seed(number)).collect()
}

fn run(campaign: &Campaign, jobs: usize) -> Summary {
    campaign.run(NonZero::new(jobs).unwrap(), |_, _| Next::GoOn)
}

#[test]
fn every_seed_belongs_to_one_shard() {
    for (first, count, of) in [(0, 10, 1), (0, 10, 3), (7, 20, 4), (5, 2, 4), (3, 0, 2)] {
        let shards: Vec<Campaign> =
            (0..of).map(|index| campaign(first, count, Shard::new(index, of).unwrap())).collect();
        let mut all = BTreeSet::new();
        for (index, shard) in shards.iter().enumerate() {
            let ours = seeds(shard);
            assert_eq!(shard.len(), Some(ours.len() as u64));
            assert_eq!(shard.is_empty(), ours.is_empty());
            assert!(ours.iter().all(|seed| seed % of == index as u64));
            assert!(ours.into_iter().all(|seed| all.insert(seed)));
        }
        assert!(all.into_iter().eq(first..first + count));
    }
}

#[test]
fn a_shard_is_written_like_0_of_4() {
    assert_eq!("0/1".parse(), Ok(Shard::WHOLE));
    assert_eq!("2/3".parse(), Ok(Shard::new(2, 3).unwrap()));
    for bad in ["", "1", "3/3", "0/0", "-1/2", "1/2/3", "a/b"] {
        assert!(bad.parse::<Shard>().is_err(), "{bad}");
    }
}

#[test]
fn a_seed_draws_its_attack_itself_and_all_have_their_turn() {
    let campaign = campaign(0, 60, Shard::WHOLE);
    let drawn: Vec<&str> = (0..60).map(|seed| campaign.setup(seed).attack.name()).collect();
    assert!((0..60).map(|seed| campaign.setup(seed).attack.name()).eq(drawn.iter().copied()));
    let kinds: BTreeSet<&str> = drawn.into_iter().collect();
    assert!(kinds.contains("none") && kinds.len() > Attack::against(Protocol::Pbft).len() / 2);
    let beyond = Campaign { corrupt: 2, ..campaign };
    assert!((0..60).all(|seed| beyond.setup(seed).attack != Attack::NONE));
}

#[test]
fn two_shards_on_other_numbers_of_threads_come_to_the_same_as_one_run() {
    let whole = run(&campaign(3, 8, Shard::WHOLE), 1);
    let [mut sum, other] = [0, 1].map(|index| run(&campaign(3, 8, Shard::new(index, 2).unwrap()), 2));
    sum.merge(&other).unwrap();
    assert_eq!(sum, whole);
    assert_eq!((whole.seeds, whole.violations), (8, 0));
    assert!(whole.messages > 1000 && whole.simulated_microseconds > 1000);
}

#[test]
fn a_campaign_stops_when_it_is_told() {
    let summary = campaign(0, 1_000_000, Shard::WHOLE)
        .run(NonZero::new(2).unwrap(), |_, summary| if summary.seeds >= 3 { Next::Stop } else { Next::GoOn });
    assert!((3..=5).contains(&summary.seeds));
}

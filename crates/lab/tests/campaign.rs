//! A small campaign for every build: each seed draws an attack or none, and everything that can go wrong.
#![allow(clippy::unwrap_used)]

use std::num::NonZero;
use std::thread;
use synod_kernel::{Faults, Membership};
use synod_lab::summary::Verdict;
use synod_lab::{Assault, Campaign, Next, Protocol, Shard, Summary};

fn run(replicas: u16, seeds: u64) -> Summary {
    let campaign = Campaign {
        protocol: Protocol::Pbft,
        membership: Membership::new(replicas, Faults::Byzantine((replicas - 1) / 3)).unwrap(),
        assault: Assault::Any,
        corrupt: (replicas - 1) / 3,
        // Other seeds than those of other tests.
        first: 10_000,
        seeds: Some(seeds),
        shard: Shard::WHOLE,
    };
    let summary = campaign.run(thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN), |_, _| Next::GoOn);
    assert_eq!(summary.verdict(), Verdict::AsExpected, "{:#?}\n{:#?}", summary.failures, summary.defects);
    summary
}

#[test]
fn four_replicas_survive_every_attack_among_every_fault() {
    let summary = run(4, 80);
    assert_eq!(summary.seeds, 80);
    for (name, times) in &summary.sometimes {
        let is_common = ["crashes", "power cuts", "partitions", "lost", "view changes", "reboots", "rule Accuse"];
        assert!(*times > 0 || !is_common.contains(&name.as_str()), "no {name}");
    }
}

#[test]
fn seven_replicas_survive_two_liars_of_every_kind() {
    assert_eq!(run(7, 8).seeds, 8);
}

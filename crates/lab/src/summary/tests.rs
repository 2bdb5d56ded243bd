//! Sums, what they mean, and what cannot be added.
#![allow(clippy::unwrap_used)]

use super::{FAILURES_MAX, Finding, MergeError, Shards, Summary, Verdict};
use crate::attack::Assault;
use crate::campaign::{Campaign, Shard};
use crate::protocol::Protocol;
use std::collections::BTreeSet;
use synod_kernel::{Faults, Membership};

fn summary(corrupt: u16, shard: Shard) -> Summary {
    Summary::new(&Campaign {
        protocol: Protocol::Pbft,
        membership: Membership::new(4, Faults::Byzantine(1)).unwrap(),
        assault: Assault::named("silent", Protocol::Pbft).unwrap(),
        corrupt,
        first: 0,
        seeds: Some(10),
        shard,
    })
}

fn finding(seed: u64) -> Finding {
    Finding { seed, rule: "Liveness".to_owned(), sentence: "stuck".to_owned(), replay: "again".to_owned() }
}

#[test]
fn the_verdict_turns_round_where_too_many_lie() {
    let verdict = |corrupt, seeds, violations, interrupted| {
        Summary { seeds, violations, interrupted, ..summary(corrupt, Shard::WHOLE) }.verdict()
    };
    assert_eq!(verdict(1, 10, 0, false), Verdict::AsExpected);
    assert_eq!(verdict(1, 10, 1, false), Verdict::Violated);
    assert_eq!(verdict(1, 3, 1, true), Verdict::Violated, "what was seen was seen");
    assert_eq!(verdict(1, 3, 0, true), Verdict::Inconclusive);
    assert_eq!(verdict(1, 0, 0, false), Verdict::Inconclusive);
    assert_eq!(verdict(2, 10, 4, false), Verdict::AsExpected);
    assert_eq!(verdict(2, 10, 0, false), Verdict::Violated, "the attack did no harm");
    assert_eq!(verdict(2, 10, 0, true), Verdict::Inconclusive);
    let defects = vec![finding(3)];
    assert_eq!(Summary { defects, seeds: 10, ..summary(1, Shard::WHOLE) }.verdict(), Verdict::TesterFailed);
}

#[test]
fn only_different_shards_of_one_campaign_are_added() {
    let [zero, one] = [0, 1].map(|index| summary(1, Shard::new(index, 3).unwrap()));
    let mut sum = zero.clone();
    assert_eq!(sum.merge(&zero), Err(MergeError::Twice { part: 0, of: 3 }));
    assert_eq!(sum.merge(&summary(0, Shard::new(1, 3).unwrap())), Err(MergeError::Different));
    assert_eq!(sum.merge(&summary(1, Shard::new(1, 2).unwrap())), Err(MergeError::Different));
    assert_eq!(sum, zero, "a refusal changes nothing");
    sum.merge(&one).unwrap();
    assert_eq!(sum.shard, Shards { of: 3, parts: BTreeSet::from([0, 1]) });
    sum.merge(&summary(1, Shard::new(2, 3).unwrap())).unwrap();
    assert!(sum.shard.is_whole());
}

#[test]
fn the_failures_with_the_lowest_seeds_are_kept() {
    let [mut one, mut other] = [0, 1].map(|index| summary(1, Shard::new(index, 2).unwrap()));
    one.failures = (0..80).map(|number| finding(2 * number)).collect();
    other.failures = (0..80).map(|number| finding(2 * number + 1)).collect();
    one.merge(&other).unwrap();
    assert!(one.failures.iter().map(|finding| finding.seed).eq(0..FAILURES_MAX as u64));
}

#[test]
fn what_never_happened_is_named_unless_it_cannot_happen() {
    let summary = summary(1, Shard::WHOLE);
    let named: Vec<&str> = summary.never_happened().collect();
    assert!(named.contains(&"crashes") && !named.contains(&"rollbacks"), "{named:?}");
}

#[test]
fn json_has_the_promised_keys_and_reads_back() {
    let summary = Summary { simulated_microseconds: 1_234_567_891, ..summary(1, Shard::WHOLE) };
    let json = serde_json::to_value(&summary).unwrap();
    let promised =
        ["seeds", "violations", "seconds", "simulated_seconds", "messages", "sometimes", "protocol", "replicas"];
    assert!(promised.iter().all(|key| json.get(key).is_some()), "{json}");
    assert_eq!(json["simulated_seconds"], 1_234.567_891);
    assert_eq!(serde_json::from_value::<Summary>(json).unwrap(), summary);
}

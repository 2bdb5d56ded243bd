//! What people are told.
#![allow(clippy::unwrap_used)]

use super::*;
use std::collections::BTreeMap;
use synod_kernel::{Faults, Membership};
use synod_lab::{Assault, Campaign, Protocol, Shard};

fn summary(corrupt: u16) -> Summary {
    Summary::new(&Campaign {
        protocol: Protocol::Pbft,
        membership: Membership::new(4, Faults::Byzantine(1)).unwrap(),
        assault: Assault::named("equivocate", Protocol::Pbft).unwrap(),
        corrupt,
        first: 0,
        seeds: Some(10),
        shard: Shard::new(1, 2).unwrap(),
    })
}

#[test]
fn numbers_and_times_are_readable() {
    assert_eq!([0, 12, 999, 1000, 1_234_567].map(count), ["0", "12", "999", "1,000", "1,234,567"]);
    let times = [0, 1_550_000, 599_000_000, 3_600_000_000, 90_000_000_000, 8_640_000_000_000];
    assert_eq!(times.map(time), ["0.0 s", "1.5 s", "599.0 s", "60 min", "25 h", "100 days"]);
}

#[test]
fn what_never_happened_and_what_is_missing_is_said() {
    let text = text(&Summary { seeds: 5, ..summary(1) });
    for part in ["WARNING", "power cuts", "only shard 1 of 2", "GOOD: no rule was broken in 5 seeds"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(!text.contains("broke one"));
}

#[test]
fn failures_are_named_with_the_command_that_shows_them() {
    let replay = summary(1).subject.replay("equivocate", 7);
    let finding =
        |seed| Finding { seed, rule: "Agreement".into(), sentence: "they differ".into(), replay: replay.clone() };
    let broken = BTreeMap::from([("Agreement".to_owned(), 12)]);
    let failures: Vec<Finding> = (0..12).map(finding).collect();
    let violated = Summary { seeds: 20, violations: 12, broken, failures, ..summary(1) };
    let text = text(&violated);
    for part in [
        "12  seeds broke Agreement",
        "seed 0: Agreement: they differ",
        "to see it again: synod sim --protocol pbft --replicas 4 --faults 1 --attack equivocate --corrupt 1 --seed 7",
        "and 2 more",
        "VIOLATED: 12 of 20 seeds",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    let beyond = super::text(&Summary { seeds: 20, violations: 12, ..summary(2) });
    assert!(beyond.contains("AS EXPECTED: with more liars than are tolerated, 12 of 20 seeds broke a rule"));
}

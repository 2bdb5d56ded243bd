//! Campaigns over made-up runs.
#![allow(clippy::unwrap_used)]

use super::campaign;
use crate::counters::{Count, Counters};
use crate::judge::{Rule, Violation};
use crate::options::Options;
use crate::run::{Failure, Report};
use std::collections::BTreeMap;
use std::num::NonZero;
use synod_kernel::{Faults, Membership};

fn report(seed: u64, fails: bool) -> Report {
    let mut counters = Counters::default();
    counters.add(Count::Runs);
    let violation = Violation::of(Rule::Agreement, "they differ".to_owned());
    Report {
        options: Options::draw(seed, Membership::new(4, Faults::Byzantine(1)).unwrap(), 0),
        failure: fails.then(|| Failure {
            violation,
            transcript: "what happened".to_owned(),
            replay: "again".to_owned(),
        }),
        tolerated: BTreeMap::from([(Rule::Liveness, "late".to_owned())]),
        counters,
        fingerprint: seed,
        ended_at: 0,
    }
}

#[test]
fn a_campaign_sums_up_every_seed() {
    let totals = campaign(10..30, NonZero::new(3).unwrap(), |seed| report(seed, false), |_, _| {});
    assert_eq!((totals.seeds, totals.counters.get(Count::Runs)), (20, 20));
    assert_eq!(totals.tolerated[&Rule::Liveness], 20);
    assert!(totals.failure.is_none());
}

#[test]
fn a_campaign_stops_at_the_first_failure() {
    let totals = campaign(0..1_000_000, NonZero::new(2).unwrap(), |seed| report(seed, seed >= 5), |_, _| {});
    let failed = totals.failure.unwrap();
    assert_eq!(failed.options.seed, 5);
    assert!(totals.seeds < 20);
}

#[test]
fn a_failure_says_what_happened_with_what_and_how_to_see_it_again() {
    let text = report(5, true).to_string();
    for part in ["what happened", "seed 5: Agreement: they differ", "heal_at", "to see it again: again"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(report(5, false).to_string().contains("seed 5 is good"));
}

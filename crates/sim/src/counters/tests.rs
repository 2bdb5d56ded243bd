//! Counting and adding up.

use super::{Count, Counters};

#[test]
fn totals_are_sums_by_name() {
    let mut one = Counters::default();
    one.add(Count::Crashes);
    one.add_rule("Execute".to_owned(), 2);
    let mut total = one.clone();
    total.merge(&one);
    total.add_many(Count::Crashes, 5);
    total.add_rule("Propose".to_owned(), 1);
    assert_eq!((total.get(Count::Crashes), total.get(Count::PowerCuts)), (7, 0));
    assert_eq!(total.rules().collect::<Vec<_>>(), [("Execute", 4), ("Propose", 1)]);
    assert_eq!((total.rule("Execute"), total.rule("Commit")), (4, 0));
    assert!(total.to_string().contains("7  crashes"));
}

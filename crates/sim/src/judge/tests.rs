//! The court.
#![allow(clippy::unwrap_used)]

use super::{Court, Rule, Violation};

#[test]
fn an_expected_rule_ends_the_run_and_another_is_kept() {
    let mut court = Court::expecting([Rule::Agreement]);
    assert_eq!(court.hear(Ok(())), Ok(()));
    let agreement = Violation::of(Rule::Agreement, "two".to_owned());
    assert_eq!(court.hear(Err(agreement.clone())), Err(agreement));
    for sentence in ["first", "second"] {
        court.hear(Err(Violation::of(Rule::Liveness, sentence.to_owned()))).unwrap();
    }
    let tolerated: Vec<_> = court.tolerated().iter().collect();
    assert_eq!(tolerated, [(&Rule::Liveness, &"first".to_owned())]);
}

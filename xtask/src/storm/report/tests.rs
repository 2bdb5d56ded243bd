//! One loss, one wrong value, or replicas that differ are enough for a storm to have failed.

use super::*;

fn good() -> Report {
    let mut report = Report::new(1, 4);
    report.acknowledged = 3;
    report.comparison.right = 3;
    report.end = Some(End::Converged { checkpoint: 128, digest: "ab".to_owned() });
    report
}

#[test]
fn a_storm_is_good_only_if_nothing_is_missing() {
    assert!(good().is_good());
    let spoil: [fn(&mut Report); 6] = [
        |report| report.comparison.lost.push("key".to_owned()),
        |report| report.comparison.wrong.push("key".to_owned()),
        |report| report.comparison.right = 2,
        |report| (report.acknowledged, report.comparison.right) = (0, 0),
        |report| report.end = None,
        |report| report.end = Some(End::Apart(String::new())),
    ];
    for spoil in spoil {
        let mut report = good();
        spoil(&mut report);
        assert!(!report.is_good(), "{report:?}");
    }
}

#[test]
fn what_was_lost_is_named() {
    let mut report = good();
    report.comparison.lost.push("key-000000000007".to_owned());
    assert!(report.to_string().contains("lost: key-000000000007"));
    assert!(report.to_json().contains("\"lost\":[\"key-000000000007\"]"));
    assert!(report.to_json().contains("\"good\":false"));
}

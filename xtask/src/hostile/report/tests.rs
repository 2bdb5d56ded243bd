//! A report condemns each thing that it was made to condemn.

use std::collections::BTreeSet;

use super::*;

fn row() -> Row {
    Row {
        name: "flood".to_owned(),
        baseline: 1000.0,
        attacked: 950.0,
        slowest_before: 5.0,
        slowest: 6.0,
        earlier: Vec::new(),
        growth: 100,
        growth_max: 1000,
        views: 0,
        replicas_before: 0.5,
        replicas: 0.6,
        attacker: json!({"processor_seconds": 1.0, "seconds": 10.0, "actions": 7}),
        wrong: Vec::new(),
    }
}

fn report(row: Row) -> Report {
    Report {
        rows: vec![row],
        acknowledged: 3,
        comparison: Comparison { right: 3, ..Comparison::default() },
        end: End::Converged { checkpoint: 128, digest: "00".to_owned() },
        panics: Vec::new(),
    }
}

#[test]
fn what_harmed_nobody_is_good() {
    let report = report(row());
    assert!(report.is_good(), "{report}");
    assert!(report.to_string().contains("0.95"));
    assert!(report.to_json().contains("\"good\":true"));
}

#[test]
fn each_kind_of_harm_is_condemned() {
    let rows = [
        Row { attacked: 899.0, ..row() },
        Row { growth: 1001, ..row() },
        Row { views: 1, ..row() },
        Row { wrong: vec!["the attacker failed".to_owned()], ..row() },
    ];
    let mut seen = BTreeSet::new();
    for row in rows {
        let report = report(row);
        assert!(!report.is_good(), "{report}");
        assert!(seen.insert(report.rows[0].failures()));
    }
    let good = report(row());
    let comparison = Comparison { right: 2, lost: vec!["key".to_owned()], wrong: Vec::new() };
    assert!(!Report { comparison, ..good.clone() }.is_good());
    assert!(!Report { end: End::Apart("two states".to_owned()), ..good.clone() }.is_good());
    assert!(!Report { panics: vec!["panicked at".to_owned()], ..good.clone() }.is_good());
    assert!(!Report { rows: Vec::new(), ..good }.is_good(), "nothing was attacked");
}

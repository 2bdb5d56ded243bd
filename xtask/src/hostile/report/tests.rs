//! A report condemns each thing that it was made to condemn.

use std::collections::BTreeSet;
use std::process::Command;

use super::*;

fn row() -> Row {
    Row {
        attack: Attack { name: "flood".to_owned(), rate_kept: 0.9, why: "it is little".to_owned() },
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
    Report { rows: vec![row], findings: Findings::good() }
}

#[test]
fn what_harmed_nobody_is_good() {
    let report = report(row());
    assert!(report.is_good(), "{report}");
    assert!(report.to_string().contains("0.95"));
    assert!(report.to_string().contains("least 0.90: it is little"), "{report}");
    assert_eq!(report.to_json()["good"], true);
    assert_eq!(report.to_json()["attacks"][0]["ratio_required"], 0.9);
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
    let mut lossy = report(row());
    lossy.findings.comparison.lost.push("key".to_owned());
    assert!(!lossy.is_good());
    assert!(!Report { rows: Vec::new(), ..report(row()) }.is_good(), "nothing was attacked");
}

#[test]
fn only_what_is_slow_and_nothing_else_is_tried_again() {
    assert!(Row { attacked: 899.0, ..row() }.is_merely_slow());
    assert!(!row().is_merely_slow());
    assert!(!Row { attacked: 899.0, views: 1, ..row() }.is_merely_slow());
    assert!(!Row { attacked: 899.0, growth: 1001, ..row() }.is_merely_slow());
    assert!(!Row { attacked: 899.0, wrong: vec!["no answer".to_owned()], ..row() }.is_merely_slow());
}

#[test]
fn each_attack_has_its_own_share_that_must_be_kept() {
    let flood = Attack::parse("flood\t0.5\ttwo share in halves").expect("it is a line");
    assert_eq!(flood, Attack { name: "flood".to_owned(), rate_kept: 0.5, why: "two share in halves".to_owned() });
    assert!(!Row { attack: flood.clone(), attacked: 501.0, ..row() }.is_slow());
    assert!(Row { attack: flood, attacked: 499.0, ..row() }.is_slow());
    for line in ["flood", "flood\t2\twhy", "flood\thalf\twhy", "flood\t0.5\twhy\tmore"] {
        assert!(Attack::parse(line).is_err(), "{line:?}");
    }
}

#[test]
fn what_an_attacker_says_is_wrong_with_it_is_heard() {
    let ended = |code: &str, out: &str| {
        let script = format!("echo '{out}'; echo trouble >&2; exit {code}");
        Command::new("sh").args(["-c", &script]).output().expect("there is a shell")
    };
    assert_eq!(said(&ended("0", r#"{"wrong": []}"#)).1, Vec::<String>::new());
    assert_eq!(said(&ended("0", r#"{"wrong": ["no answer"]}"#)).1, ["no answer"]);
    assert_eq!(said(&ended("1", r#"{"wrong": []}"#)).1, ["the attacker failed: trouble"]);
    assert_eq!(said(&ended("0", "nonsense")).1, ["the attacker did not report"]);
}

//! Medians, ratios and what is missing.

use super::*;

fn rounds(rates: &[u64]) -> Vec<Value> {
    rates.iter().map(|rate| json!({ "ops_per_second": rate, "p50_us": 2000, "errors": 0 })).collect()
}

fn report(synod: &[u64], etcd: &[u64]) -> Report {
    let (machine, commit, version) = (json!({ "cores": 2 }), "ab12".to_owned(), "etcd Version: 3".to_owned());
    let mut report = Report::new(machine, commit, version, &["--clients".to_owned()]);
    (report.synod, report.etcd) = (rounds(synod), rounds(etcd));
    report
}

#[test]
fn medians_stand_side_by_side_with_their_ratio() {
    let report = report(&[300, 100, 200], &[40, 60]);
    assert_eq!(report.to_json()["medians"]["synod"]["ops_per_second"], 200.0);
    assert_eq!(report.to_json()["medians"]["etcd"]["ops_per_second"], 50.0);
    let text = report.to_string();
    assert!(text.contains("synod at commit ab12,") && report.to_json()["commit"] == "ab12", "{text}");
    let rate = text.lines().find(|line| line.starts_with("rate")).unwrap_or_default();
    let words: Vec<&str> = rate.split_whitespace().collect();
    assert_eq!(words.join(" "), "rate 200.0 (100.0 - 300.0) 50.0 (40.0 - 60.0) 4.00 puts/s");
}

#[test]
fn what_nobody_reported_is_a_dash_and_null() {
    let report = report(&[100], &[50]);
    let text = report.to_string();
    let cpu = text.lines().find(|line| line.starts_with("cpu")).unwrap_or_default();
    assert_eq!(cpu.split_whitespace().filter(|word| *word == "-").count(), 3, "{text}");
    assert_eq!(report.to_json()["medians"]["etcd"]["cpu_us_per_op"], Value::Null);
}

#[test]
fn an_error_in_any_round_is_not_kept_quiet() {
    let mut report = report(&[100, 100], &[50, 50]);
    assert!(report.is_clean() && !report.to_string().contains("NOT EVERY"));
    report.etcd[1]["errors"] = json!(1);
    assert!(!report.is_clean() && report.to_string().contains("NOT EVERY"));
    report.etcd[1]["errors"] = json!(0);
    report.synod[0]["unknown"] = json!(2);
    assert!(!report.is_clean());
}

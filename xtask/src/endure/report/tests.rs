//! Whatever is not as it should be makes a report bad.

use super::*;
use check::Report as _;

fn good() -> Report {
    Report {
        seed: 1,
        phases: Vec::new(),
        complaints: Vec::new(),
        acknowledged: 20,
        findings: Findings::good(),
        settled: Duration::from_secs(1),
        busy: String::new(),
        vitals: Vitals::new(4),
    }
}

#[test]
fn all_as_it_should_be_is_good() {
    assert!(good().is_good());
    assert!(good().to_string().contains("20 writes acknowledged"));
}

#[test]
fn a_complaint_and_what_was_found_are_bad() {
    let damage: [fn(&mut Report); 2] = [
        |report| report.complaints.push("nothing was acknowledged for 10 s".to_owned()),
        |report| report.findings.comparison.lost.push("a".to_owned()),
    ];
    for (position, damage) in damage.iter().enumerate() {
        let mut report = good();
        damage(&mut report);
        assert!(!report.is_good(), "{position}");
        assert_eq!(report.to_json()["good"], false);
    }
}

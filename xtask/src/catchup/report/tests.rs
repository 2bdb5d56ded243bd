//! Too slow, too dear or not the same state: each is enough for a return to have failed.

use super::*;
use check::Report as _;

fn good() -> Report {
    Report {
        missed: 100,
        back: Some(Duration::from_secs(2)),
        together: 1000.0,
        alone: 1200.0,
        during: 900.0,
        findings: Findings::good(),
    }
}

#[test]
fn a_return_is_good_only_if_it_is_fast_cheap_and_right() {
    assert!(good().is_good());
    let spoil: [fn(&mut Report); 5] = [
        |report| report.back = None,
        |report| report.back = Some(Duration::from_secs(11)),
        |report| report.during = 700.0,
        |report| report.together = 0.0,
        |report| report.findings.comparison.right = 2,
    ];
    for spoil in spoil {
        let mut report = good();
        spoil(&mut report);
        assert!(!report.is_good(), "{report:?}");
        assert!(report.to_json()["good"] == false);
    }
}

#[test]
fn a_report_says_what_was_measured() {
    let text = good().to_string();
    assert!(text.contains("2.000 s") && text.contains("(0.90 of the first)") && text.contains("128: ab"), "{text}");
    assert!(good().to_json()["back_s"] == 2.0);
}

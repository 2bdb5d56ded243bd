//! A storm is as good as what was found after it.

use super::*;
use check::Report as _;

#[test]
fn a_storm_is_good_only_if_what_was_found_is() {
    let kills = Kills { count: 7, slowest: Duration::from_millis(1500) };
    let mut report = Report { seed: 5, replicas: 4, kills, findings: Findings::good() };
    assert!(report.is_good());
    assert!(report.to_string().contains("killed 7 times; served again within 1.500 s"), "{report}");
    report.findings.comparison.lost.push("key".to_owned());
    assert!(!report.is_good());
    let json = report.to_json();
    assert_eq!((&json["good"], &json["lost"][0], &json["seed"]), (&false.into(), &"key".into(), &5.into()));
}

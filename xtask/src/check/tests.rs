//! One loss, one wrong value, one panic, or replicas that differ are enough for a check to have failed.

use std::collections::BTreeSet;

use super::*;

#[test]
fn findings_are_good_only_if_nothing_is_missing() {
    assert_eq!(Findings::good().failures(), Vec::<String>::new());
    let spoil: [fn(&mut Findings); 6] = [
        |findings| findings.comparison.lost.push("key".to_owned()),
        |findings| findings.comparison.wrong.push("key".to_owned()),
        |findings| findings.comparison.right = 2,
        |findings| (findings.keys, findings.comparison.right) = (0, 0),
        |findings| findings.end = End::Apart("two states".to_owned()),
        |findings| findings.panics.push("panicked at".to_owned()),
    ];
    let mut seen = BTreeSet::new();
    for spoil in spoil {
        let mut findings = Findings::good();
        spoil(&mut findings);
        assert!(!findings.failures().is_empty(), "{findings:?}");
        assert!(seen.insert(findings.failures()), "each says something else");
        assert!(findings.to_string().contains("FAILED"), "{findings}");
    }
}

#[test]
fn what_was_lost_is_named() {
    let mut findings = Findings::good();
    findings.comparison.lost.push("key-000000000007".to_owned());
    assert!(findings.to_string().contains("lost: key-000000000007"));
    let json = merged(json!({ "good": false, "seed": 5 }), &findings).to_string();
    assert!(json.contains("\"lost\":[\"key-000000000007\"]") && json.contains("\"seed\":5"), "{json}");
}

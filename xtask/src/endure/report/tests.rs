//! Whatever is not as it should be makes a report bad.

use super::*;

fn good() -> Report {
    let end = End::Converged { checkpoint: 128, digest: "ab".to_owned() };
    let comparison = Comparison { right: 7, ..Comparison::default() };
    Report { acknowledged: 20, keys: 7, comparison, end: Some(end), ..Report::new(1, 4) }
}

#[test]
fn all_as_it_should_be_is_good() {
    assert!(good().is_good());
    assert!(good().to_string().contains("7 keys right, 0 wrong, 0 lost"));
}

#[test]
fn anything_else_is_bad() {
    let damage: [fn(&mut Report); 7] = [
        |report| report.comparison.right = 6,
        |report| report.comparison.lost.push("a".to_owned()),
        |report| report.comparison.wrong.push("a".to_owned()),
        |report| report.end = Some(End::Apart("status".to_owned())),
        |report| report.end = None,
        |report| report.complaints.push("it panicked".to_owned()),
        |report| (report.keys, report.comparison.right) = (0, 0),
    ];
    for (position, damage) in damage.iter().enumerate() {
        let mut report = good();
        damage(&mut report);
        assert!(!report.is_good(), "{position}");
        let json: Value = serde_json::from_str(&report.to_json()).expect("it is JSON");
        assert_eq!(json["good"], false);
    }
}

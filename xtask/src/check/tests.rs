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

struct Said(bool);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a report")
    }
}

impl Report for Said {
    fn is_good(&self) -> bool {
        self.0
    }

    fn to_json(&self) -> Value {
        json!({ "good": self.0 })
    }
}

#[test]
fn what_is_left_stays_unless_all_was_good() {
    for (result, verdict) in
        [(Ok(Said(true)), Some(true)), (Ok(Said(false)), Some(false)), (Err(io::Error::other("no")), None)]
    {
        let mut place = Place::new().expect("there is a folder for temporary files");
        let path = place.path().to_owned();
        let concluded = conclude(&mut place, result, true);
        assert_eq!(concluded.as_ref().ok(), verdict.as_ref());
        if let Err(error) = concluded {
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        }
        drop(place);
        assert_eq!(path.exists(), verdict != Some(true), "{verdict:?}");
        if path.exists() {
            std::fs::remove_dir(&path).expect("it is empty");
        }
    }
}

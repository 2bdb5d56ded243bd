//! Patches go on and come off, and what a campaign prints is understood.
#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::json;

const PATCH: &str = "MU-00: one is two\n\nA story.\n\n--- a/file\n+++ b/file\n@@ -1 +1 @@\n-one\n+two\n";

#[test]
fn a_patch_goes_on_and_comes_off() {
    let folder = tempfile::tempdir().unwrap();
    let (file, patch) = (folder.path().join("file"), folder.path().join("MU-00.patch"));
    std::fs::write(&file, "one\n").unwrap();
    std::fs::write(&patch, PATCH).unwrap();
    check(folder.path(), &patch).unwrap();
    apply(folder.path(), &patch, false).unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "two\n");
    assert!(check(folder.path(), &patch).is_err(), "it does not fit any more");
    apply(folder.path(), &patch, true).unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\n");
}

#[test]
fn a_failure_is_a_merit_and_none_is_not() {
    let failure = json!({ "seed": 7, "rule": "Agreement", "sentence": "they differ", "replay": "synod sim --seed 7" });
    let noticed = read(&json!({ "seeds": 8, "cpu_seconds": 1.5, "failure": failure })).unwrap();
    let Outcome::Noticed { seed: 7, rule, seconds, .. } = &noticed else { panic!("{noticed:?}") };
    assert_eq!((rule.as_str(), *seconds), ("Agreement", 1.5));
    assert!(noticed.to_string().contains("by seed 7: Agreement: they differ"));
    let survived = read(&json!({ "seeds": 8, "cpu_seconds": 1.5, "failure": null })).unwrap();
    assert_eq!(survived, Outcome::Survived { seeds: 8, seconds: 1.5 });
    assert_eq!(read(&json!({ "seeds": 8 })), None, "anything else is not understood");
}

#[test]
fn nobody_gets_credit_for_what_condemns_the_sound_sources_too() {
    let text = |text: &str| text.to_owned();
    let noticed = |seed| Outcome::Noticed {
        seed,
        rule: text("Liveness"),
        sentence: text("they wait"),
        seconds: 2.0,
        replay: text("synod sim"),
    };
    let (before, after) = (noticed(6), noticed(7));
    assert_eq!(before.clone().beside(&noticed(7)), before);
    assert_eq!(after.clone().beside(&noticed(7)), Outcome::Unclear { seed: 7, seconds: 2.0 });
    let sound = Outcome::Survived { seeds: 8, seconds: 1.0 };
    assert_eq!(after.clone().beside(&sound), after);
}

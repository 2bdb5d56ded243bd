//! Pages as replicas write them.

use serde_json::json;

use super::*;

#[test]
fn progress_is_read_and_nonsense_is_not() {
    let page = json!({"ready": true, "replica": 3, "state": "transfer", "view": 0, "executed": 512, "missing": []});
    assert_eq!(read_progress(&page), Some(Progress { state: "transfer".to_owned(), executed: 512 }));
    assert_eq!(read_progress(&json!("alive")), None);
    assert_eq!(read_progress(&json!({})), None);
}

#[test]
fn certificates_are_counted_and_a_rule_that_was_never_applied_counts_as_none() {
    let page =
        "# HELP\nsynod_rules_applied_total{rule=\"Propose\"} 4\nsynod_rules_applied_total{rule=\"Prepared\"} 17\n";
    assert_eq!(read_prepared(page), Some(17));
    assert_eq!(read_prepared("synod_rules_applied_total{rule=\"Propose\"} 4\n# EOF\n"), Some(0));
    assert_eq!(read_prepared("synod_rules_applied_total{rule=\"Prepared\"} many\n"), None);
}

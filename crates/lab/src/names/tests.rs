//! Suggestions.

use super::UnknownName;

fn refusal(name: &str) -> String {
    UnknownName { kind: "attack", name: name.to_owned(), known: vec!["silent", "equivocate", "any"] }.to_string()
}

#[test]
fn what_is_near_is_suggested_and_otherwise_everything_is_listed() {
    assert_eq!(refusal("silnt"), "there is no attack `silnt`; did you mean `silent`?");
    assert_eq!(refusal("equivcoate"), "there is no attack `equivcoate`; did you mean `equivocate`?");
    assert_eq!(refusal("xyz"), "there is no attack `xyz`; there are: silent, equivocate, any");
    assert!(refusal("").contains("there are:"), "nothing is near nothing");
}

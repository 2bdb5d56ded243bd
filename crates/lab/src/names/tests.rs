//! Suggestions.

use super::{UnknownName, distance};

fn refusal(name: &str) -> String {
    UnknownName { kind: "attack", name: name.to_owned(), known: vec!["silent", "equivocate", "any"] }.to_string()
}

#[test]
fn letters_that_differ_are_counted() {
    let pairs = [("", "", 0), ("abc", "", 3), ("silent", "silnt", 1), ("silent", "listen", 4), ("ab", "ba", 2)];
    for (one, other, expected) in pairs {
        assert_eq!((distance(one, other), distance(other, one)), (expected, expected), "{one} {other}");
    }
}

#[test]
fn what_is_near_is_suggested_and_otherwise_everything_is_listed() {
    assert_eq!(refusal("silnt"), "there is no attack `silnt`; did you mean `silent`?");
    assert_eq!(refusal("equivcoate"), "there is no attack `equivcoate`; did you mean `equivocate`?");
    assert_eq!(refusal("xyz"), "there is no attack `xyz`; there are: silent, equivocate, any");
    assert!(refusal("").contains("there are:"), "nothing is near nothing");
}

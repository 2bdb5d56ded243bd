//! JSON that a terminal may show, and that says the same.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn what_acts_on_a_terminal_is_escaped_and_nothing_is_lost() {
    let value = "esc \u{1b} del \u{7f} csi \u{9b} mark \u{202e} isolate \u{2066} line\nand \u{e4}\u{1f642}\"\\";
    let values = vec![value.to_owned(), "plain".to_owned()];
    let (pretty, line) = (serde_json::to_string_pretty(&values).unwrap(), json_line(&values));
    for json in [harmless(pretty), line] {
        assert!(!json.chars().any(|letter| letter != '\n' && terminal::is_active(letter)), "{json:?}");
        for escaped in ["\\u001b", "\\u007f", "\\u009b", "\\u202e", "\\u2066", "\u{e4}\u{1f642}"] {
            assert!(json.contains(escaped), "no {escaped} in {json}");
        }
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), values);
    }
    assert_eq!(json_line(&"plain"), "\"plain\"\n");
}

//! What is fuzzed, and what is said when nothing can be.

use std::path::Path;
use std::time::Duration;

use super::{Fuzzing, action, find};
use crate::steps::Action;

const TIME: Duration = Duration::from_secs(7);

fn ready(sanitizers: bool) -> Fuzzing {
    Fuzzing::Ready { targets: vec!["frame".to_owned(), "record".to_owned()], sanitizers }
}

fn lines(action: Action) -> Vec<String> {
    match action {
        Action::Commands(commands) => commands.iter().map(ToString::to_string).collect(),
        Action::Tidy => Vec::new(),
        Action::Skip(reason) => vec![reason],
    }
}

#[test]
fn every_target_is_fuzzed_for_the_given_time() {
    let expected = [
        "cargo fuzz run frame target/fuzz-corpus/frame fuzz/corpus/frame -- -max_total_time=7",
        "cargo fuzz run record target/fuzz-corpus/record fuzz/corpus/record -- -max_total_time=7",
    ];
    assert_eq!(lines(action(&ready(true), TIME, None)), expected);
}

#[test]
fn a_stable_compiler_fuzzes_without_sanitizers() {
    let expected = ["cargo fuzz run -s none record target/fuzz-corpus/record fuzz/corpus/record -- -max_total_time=7"];
    assert_eq!(lines(action(&ready(false), TIME, Some("record"))), expected);
}

#[test]
fn an_unknown_target_is_answered_with_the_known_ones() {
    let expected = Action::Skip("there is no such fuzz target; there are: frame, record".to_owned());
    assert_eq!(action(&ready(true), TIME, Some("frames")), expected);
}

#[test]
fn a_repository_without_targets_has_nothing_to_fuzz() {
    let found = find(Path::new("no/such/folder"), true, true);
    assert!(matches!(&found, Fuzzing::Missing(reason) if reason.contains("no fuzz targets")), "{found:?}");
    assert!(matches!(action(&found, TIME, None), Action::Skip(_)));
}

//! A mutation that no longer fits the sources is an error, and a run that did not fail caught nothing.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn what_is_replaced_stands_there_exactly_once() {
    assert_eq!(replace_once("a b c", "b", "x"), Some("a x c".to_owned()));
    assert_eq!(replace_once("a c", "b", "x"), None);
    assert_eq!(replace_once("b b", "b", "x"), None);
}

#[test]
fn the_mutation_fits_the_sources_of_today() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for Replacement { file, from, to } in NO_FSYNC {
        let text = fs::read_to_string(root.join(file)).unwrap();
        assert!(replace_once(&text, from, to).is_some(), "{file}");
    }
}

#[test]
fn the_sentence_of_a_judge_is_found() {
    let said = "event\nevent\noptions\nevent\nseed 3: a promise is broken\n    to see it again: synod sim\n 10 seeds\n";
    assert_eq!(verdict(said).last(), Some(&"    to see it again: synod sim"));
    assert!(verdict(said).contains(&"seed 3: a promise is broken"));
    assert!(verdict("10 seeds\n").is_empty());
}

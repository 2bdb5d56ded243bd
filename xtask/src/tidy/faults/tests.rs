//! Citations of tests that are there, of such that are not, and of nothing.

use super::{FAMILIES, cited_tests_exist, families_are_whole};
use crate::tidy::tree::Tree;

const TESTS: &str = "\
#[test]
fn plain() {}

#[tokio::test(flavor = \"multi_thread\")]
#[ignore]
async fn waiting() {}

#[inline]
fn helper() {}
";

fn lines(shown_by: &str) -> Vec<usize> {
    let head = "# Faults\n\n| id | what is done | promise | shown by |\n|---|---|---|---|";
    let table = format!("{head}\n| X-1 | a | b |{shown_by}|\n");
    let files = [("docs/faults.md", table.as_str()), ("crates/a/tests/b.rs", TESTS)];
    cited_tests_exist(&Tree::from_files(&files)).into_iter().map(|finding| finding.line).collect()
}

#[test]
fn tests_that_are_there_may_be_cited() {
    assert_eq!(lines(" a/tests/b.rs::plain "), [0; 0]);
    assert_eq!(lines(" a/tests/b.rs::plain, ::waiting; a/tests/b.rs::waiting "), [0; 0]);
    assert_eq!(lines(" "), [0; 0], "it waits for a capability");
}

#[test]
fn what_is_not_there_or_is_no_test_is_condemned() {
    assert_eq!(lines(" a/tests/b.rs::missing "), [5]);
    assert_eq!(lines(" a/tests/b.rs::plai "), [5]);
    assert_eq!(lines(" a/tests/b.rs::helper "), [5]);
    assert_eq!(lines(" a/tests/c.rs::plain "), [5]);
    assert_eq!(lines(" a/tests/b.rs::plain, ::missing; a/tests/b.rs::helper "), [5, 5]);
    assert_eq!(lines(" ::plain "), [5], "of no file");
}

#[test]
fn a_file_alone_shows_nothing() {
    assert_eq!(lines(" a/tests/b.rs "), [5]);
    assert_eq!(lines(" a/tests/b.rs::plain | more "), [5]);
}

fn complaints(rows: &str) -> Vec<String> {
    let table = format!("| id | what is done | promise | shown by |\n|---|---|---|---|\n{rows}");
    let tree = Tree::from_files(&[("docs/faults.md", table.as_str())]);
    families_are_whole(&tree).into_iter().map(|finding| finding.sentence).collect()
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    let row = |(family, last): &(&str, u32)| {
        let ids: Vec<String> = (1..=*last).map(|number| format!("{family}-{number:02}")).collect();
        format!("| {} | a | b | |\n| | more | b | |\n", ids.join(", "))
    };
    let rows: String = FAMILIES.iter().map(row).collect();
    assert_eq!(complaints(&rows), Vec::<String>::new());
    let without = complaints(&rows.replace("K-12, ", ""));
    assert!(without.len() == 1 && without[0].starts_with("K-12 has no row"), "{without:?}");
    let unknown = complaints(&rows.replace("K-22", "K-22, K-23"));
    assert!(unknown.len() == 1 && unknown[0].starts_with("\"K-23\" is no fault"), "{unknown:?}");
}

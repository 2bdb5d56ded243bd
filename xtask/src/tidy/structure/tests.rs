//! Layouts that obey and layouts that do not.

use super::{crates_have_tests, files_open_with_documentation, tests_live_in_sibling_files};
use crate::tidy::findings::Finding;
use crate::tidy::tree::Tree;

fn lines(rule: fn(&Tree) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
    rule(&Tree::from_files(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
}

#[test]
fn a_file_opens_with_its_documentation() {
    assert_eq!(lines(files_open_with_documentation, "crates/a/src/b.rs", "\n//! What b is.\n"), [0; 0]);
    assert_eq!(lines(files_open_with_documentation, "crates/a/src/b.rs", "use c;\n//! Late.\n"), [1]);
    assert_eq!(lines(files_open_with_documentation, "crates/a/src/b/tests.rs", "/// Not of the module.\n"), [1]);
    assert_eq!(lines(files_open_with_documentation, "crates/a/src/b.rs", ""), [1]);
    assert_eq!(lines(files_open_with_documentation, "elsewhere/b.rs", "use c;\n"), [0; 0]);
}

#[test]
fn inline_tests_are_condemned() {
    let path = "crates/a/src/b.rs";
    assert_eq!(lines(tests_live_in_sibling_files, path, "fn a() {}\n#[cfg(test)]\nmod tests {\n}\n"), [3]);
    assert_eq!(lines(tests_live_in_sibling_files, path, "#[cfg(test)] mod checks {\n}\n"), [1]);
    assert_eq!(lines(tests_live_in_sibling_files, path, "#[cfg(test)]\npub mod checks {\n}\n"), [2]);
    assert_eq!(lines(tests_live_in_sibling_files, path, "\n#[test]\nfn a() {}\n"), [2]);
}

#[test]
fn sibling_tests_pass() {
    let path = "crates/a/src/b.rs";
    assert_eq!(lines(tests_live_in_sibling_files, path, "#[cfg(test)]\nmod tests;\nmod c {\n}\n"), [0; 0]);
    assert_eq!(lines(tests_live_in_sibling_files, path, "// mod tests {\nconst A: &str = \"mod tests {\";\n"), [0; 0]);
    assert_eq!(lines(tests_live_in_sibling_files, "crates/a/src/b/tests.rs", "//! b\n#[test]\nfn a() {}\n"), [0; 0]);
    assert_eq!(lines(tests_live_in_sibling_files, "crates/a/tests/b.rs", "#[test]\nfn a() {}\n"), [0; 0]);
}

#[test]
fn a_crate_without_tests_is_condemned() {
    let check = |text, tests| {
        let files = [
            ("crates/a/Cargo.toml", ""),
            ("crates/a/src/lib.rs", text),
            ("crates/a/tests/a.rs", tests),
            ("crates/ab/src/lib.rs", "#[test]"),
        ];
        crates_have_tests(&Tree::from_files(&files)).len()
    };
    assert_eq!(check("//! a\nfn a() {}\n", "// #[test]\n"), 1);
    assert_eq!(check("//! a\nfn a() {}\n", "#[test]\nfn a() {}\n"), 0);
}

#[test]
fn a_placeholder_has_nothing_to_test() {
    let files = [("crates/a/Cargo.toml", ""), ("crates/a/src/lib.rs", "//! placeholder\n")];
    assert_eq!(crates_have_tests(&Tree::from_files(&files)), []);
}

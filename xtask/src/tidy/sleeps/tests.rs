//! Sleeping tests with and without a reason.

use super::tests_do_not_sleep;
use crate::tidy::tree::Tree;

fn lines(path: &str, text: &str) -> Vec<usize> {
    tests_do_not_sleep(&Tree::from_files(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
}

#[test]
fn a_sleeping_test_is_condemned() {
    assert_eq!(lines("crates/a/tests/b.rs", "std::thread::sleep(second);\n"), [1]);
    assert_eq!(lines("crates/a/tests/b.rs", "\ntokio::time::sleep(second).await;\n"), [2]);
    assert_eq!(lines("crates/a/src/b.rs", "#[cfg(test)]\nfn a() {\n    thread::sleep(b);\n}\n"), [3]);
}

#[test]
fn a_reason_excuses_the_line_and_the_one_below() {
    assert_eq!(lines("crates/a/tests/b.rs", "thread::sleep(a); // sleep: the kernel reports nothing\n"), [0; 0]);
    assert_eq!(lines("crates/a/tests/b.rs", "// sleep: the kernel reports nothing\nthread::sleep(a);\n"), [0; 0]);
    assert_eq!(lines("crates/a/tests/b.rs", "// sleep: reason\n\nthread::sleep(a);\n"), [3]);
    assert_eq!(lines("crates/a/tests/b.rs", "// sleep:\nthread::sleep(a);\n"), [2]);
    assert_eq!(lines("crates/a/tests/b.rs", "thread::sleep(a, \"sleep: not a comment\");\n"), [1]);
}

#[test]
fn the_product_may_sleep() {
    assert_eq!(lines("crates/a/src/b.rs", "thread::sleep(second);\n// thread::sleep\n"), [0; 0]);
}

//! What a pure crate may and may not say, and where.

use super::{pure_crates_are_no_std, pure_crates_stay_pure};
use crate::tidy::tree::Tree;

fn impure_lines(path: &str, text: &str) -> Vec<usize> {
    let findings = pure_crates_stay_pure(&Tree::from_files(&[(path, text)]));
    findings.into_iter().map(|finding| finding.line).collect()
}

#[test]
fn clocks_and_hash_maps_are_condemned() {
    assert_eq!(impure_lines("crates/kernel/src/a.rs", "\nuse std::fmt;\n"), [2]);
    assert_eq!(impure_lines("crates/state/src/a.rs", "fn a(x: HashMap<u8, u8>) {}\n"), [1]);
    assert_eq!(impure_lines("crates/kv/src/a/b.rs", "fn a() {\n    let b = Instant::now();\n}\n"), [2]);
    assert_eq!(impure_lines("crates/attacks/src/a.rs", "fn a() { println!(\"b\"); }\n"), [1]);
}

#[test]
fn tests_words_and_other_crates_are_free() {
    assert_eq!(impure_lines("crates/kernel/src/a.rs", "// std::fmt\nconst A: &str = \"HashMap\";\n"), [0; 0]);
    assert_eq!(impure_lines("crates/kernel/src/a/tests.rs", "use std::fmt;\n"), [0; 0]);
    assert_eq!(impure_lines("crates/kernel/tests/a.rs", "use std::fmt;\n"), [0; 0]);
    assert_eq!(impure_lines("crates/kernel/src/a.rs", "#[cfg(test)]\nuse std::fmt;\n"), [0; 0]);
    assert_eq!(impure_lines("crates/node/src/a.rs", "use std::fmt;\n"), [0; 0]);
    assert_eq!(impure_lines("crates/kernel/src/a.rs", "use nostd::Instantly;\n"), [0; 0]);
}

#[test]
fn code_below_a_test_item_is_not_test_code() {
    assert_eq!(impure_lines("crates/kernel/src/a.rs", "#[cfg(test)]\nmod tests;\nuse std::fmt;\n"), [3]);
}

#[test]
fn a_root_without_no_std_is_condemned() {
    let count = |path, text| pure_crates_are_no_std(&Tree::from_files(&[(path, text)])).len();
    assert_eq!(count("crates/kernel/src/lib.rs", "//! a\n#![cfg_attr(not(test), no_std)]\n"), 0);
    assert_eq!(count("crates/kernel/src/lib.rs", "//! a\n#![no_std]\n"), 0);
    assert_eq!(count("crates/kernel/src/lib.rs", "//! a\n// #![no_std]\n#![allow(x)]\nfn no_std() {}\n"), 1);
    assert_eq!(count("crates/node/src/lib.rs", "//! a\n"), 0);
    assert_eq!(count("crates/kv/src/lib.rs", "//! placeholder\n"), 0);
}

//! What counts as test code, and what must not be taken for it.

use super::Source;

fn test_lines(path: &str, text: &str) -> Vec<usize> {
    let source = Source::new(path, text);
    (1..=text.lines().count()).filter(|line| source.is_test_line(*line)).collect()
}

#[test]
fn test_files_are_known_by_their_place() {
    for path in ["crates/a/src/tests.rs", "crates/a/src/b/tests.rs", "crates/a/tests/b.rs", "crates/a/benches/b.rs"] {
        assert!(Source::new(path, "").is_test_file(), "{path}");
    }
    for path in ["crates/a/src/latests.rs", "crates/a/src/contests/b.rs", "crates/a/src/lib.rs"] {
        assert!(!Source::new(path, "").is_test_file(), "{path}");
    }
    assert!(Source::new("crates/a/src/b.rs", "//! b\n#![cfg(test)]\n").is_test_file());
}

#[test]
fn only_the_item_below_the_attribute_is_test_code() {
    assert_eq!(test_lines("a.rs", "fn a() {}\n#[cfg(test)]\nmod tests;\nfn b() {}\n"), [2, 3]);
    assert_eq!(test_lines("a.rs", "#[cfg(test)]\nfn a(x: [u8; 2]) {\n    b();\n}\nfn b() {}\n"), [1, 2, 3, 4]);
    assert_eq!(test_lines("a.rs", "#[test]\nfn a() {\n    let b = \"}\";\n}\nfn c() {}\n"), [1, 2, 3, 4]);
}

#[test]
fn attributes_in_comments_and_strings_do_not_count() {
    assert_eq!(test_lines("a.rs", "// #[cfg(test)]\nfn a() {}\n"), [0_usize; 0]);
    assert_eq!(test_lines("a.rs", "const A: &str = \"#[cfg(test)]\";\nfn a() {}\n"), [0_usize; 0]);
    assert_eq!(test_lines("a.rs", "#[cfg(not(test))]\nfn a() {}\n"), [0_usize; 0]);
}

#[test]
fn modules_declared_for_tests_are_found_beside_the_file() {
    let text = "#[cfg(test)]\npub(crate) mod fixtures;\n#[cfg(test)]\nuse a::b;\nmod c;\n";
    assert_eq!(Source::new("crates/a/src/lib.rs", text).test_modules(), ["crates/a/src/fixtures"]);
    assert_eq!(Source::new("crates/a/src/b.rs", text).test_modules(), ["crates/a/src/b/fixtures"]);
}

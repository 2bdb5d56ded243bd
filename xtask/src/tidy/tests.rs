//! All rules together, on a small repository in memory.

use super::check;
use super::tree::Tree;

const ROOT_MANIFEST: &str = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n";
const MANIFEST: &str = "[package]\nname = \"synod-kernel\"\n[lints]\nworkspace = true\n";
const LIBRARY: &str = "//! The kernel.\n#![no_std]\n\n#[cfg(test)]\nmod tests;\n";
const TESTS: &str = "//! Tests.\n\n#[test]\nfn a() {}\n";

#[test]
fn a_tidy_repository_passes() {
    let files = [
        ("Cargo.toml", ROOT_MANIFEST),
        ("crates/kernel/Cargo.toml", MANIFEST),
        ("crates/kernel/src/lib.rs", LIBRARY),
        ("crates/kernel/src/tests.rs", TESTS),
    ];
    assert_eq!(check(&Tree::from_files(&files)), []);
}

#[test]
fn findings_come_in_the_order_of_the_files_and_name_their_place() {
    let files = [
        ("Cargo.toml", "[workspace]\n"),
        ("crates/kernel/Cargo.toml", MANIFEST),
        ("crates/kernel/src/lib.rs", "//! The kernel.\nuse std::fmt;\n"),
    ];
    let findings: Vec<String> = check(&Tree::from_files(&files)).iter().map(ToString::to_string).collect();
    let places: Vec<_> =
        findings.iter().map(|line| line.splitn(4, ':').take(3).collect::<Vec<_>>().join(":")).collect();
    let expected = [
        "Cargo.toml:1: lints",
        "crates/kernel/Cargo.toml:1: crate-tests",
        "crates/kernel/src/lib.rs:1: purity",
        "crates/kernel/src/lib.rs:2: purity",
    ];
    assert_eq!(places, expected);
}

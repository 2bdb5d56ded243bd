//! Manifests that obey and manifests that do not.

use super::{dependencies_are_inherited, dependencies_have_reasons, key_line, lints_are_inherited};
use crate::tidy::findings::Finding;
use crate::tidy::tree::Tree;

fn lines(rule: fn(&Tree) -> Vec<Finding>, path: &str, manifest: &str) -> Vec<usize> {
    rule(&Tree::from_files(&[(path, manifest)])).into_iter().map(|finding| finding.line).collect()
}

#[test]
fn a_reason_stands_above_or_behind() {
    let manifest = "[workspace.dependencies]\nours = { path = \"x\" }\n# Because.\na = \"1\"\nb = \"1\" # Because.\n";
    assert_eq!(lines(dependencies_have_reasons, "Cargo.toml", manifest), [0; 0]);
}

#[test]
fn a_dependency_without_a_reason_is_condemned() {
    let manifest = "[workspace.dependencies]\n# Because.\na = \"1\"\nb = \"1\"\n#\nc = { version = \"1\" }\n";
    assert_eq!(lines(dependencies_have_reasons, "Cargo.toml", manifest), [4, 6]);
}

#[test]
fn a_dependency_in_a_table_of_its_own_needs_a_reason_too() {
    let manifest =
        "[workspace.dependencies.a]\nversion = \"1\"\n\n# Because.\n[workspace.dependencies.b]\nversion = \"1\"\n";
    assert_eq!(lines(dependencies_have_reasons, "Cargo.toml", manifest), [1]);
}

#[test]
fn a_broken_manifest_is_condemned() {
    assert_eq!(lines(dependencies_have_reasons, "Cargo.toml", "[workspace"), [1]);
    assert_eq!(lines(dependencies_are_inherited, "crates/a/Cargo.toml", "[package"), [1]);
}

#[test]
fn a_version_of_its_own_is_condemned() {
    let manifest = "[dependencies]\na.workspace = true\nb = { workspace = true, features = [] }\nc = \"1\"\n\
        [dev-dependencies]\nd = { version = \"1\" }\n";
    assert_eq!(lines(dependencies_are_inherited, "crates/a/Cargo.toml", manifest), [4, 6]);
    assert_eq!(lines(dependencies_are_inherited, "fuzz/Cargo.toml", manifest), [0; 0]);
}

#[test]
fn a_crate_that_leaves_the_lints_is_condemned() {
    assert_eq!(lines(lints_are_inherited, "crates/a/Cargo.toml", "[lints]\nworkspace = true\n"), [0; 0]);
    assert_eq!(lines(lints_are_inherited, "crates/a/Cargo.toml", "[lints.rust]\nunsafe_code = \"allow\"\n"), [1]);
    assert_eq!(lines(lints_are_inherited, "crates/a/Cargo.toml", "[package]\nname = \"a\"\n"), [1]);
}

#[test]
fn a_workspace_that_allows_unsafe_code_is_condemned() {
    let forbids = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n";
    assert_eq!(lines(lints_are_inherited, "Cargo.toml", forbids), [0; 0]);
    assert_eq!(lines(lints_are_inherited, "Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"deny\"\n"), [1]);
    assert_eq!(lines(lints_are_inherited, "Cargo.toml", "[workspace]\n"), [1]);
}

#[test]
fn keys_are_found_in_their_section() {
    let text = "[package]\na = 1\n[dependencies]\n# a = 2\na.workspace = true\n\"b\" = 1\n[dependencies.c]\nd = 1\n";
    assert_eq!(key_line(text, "dependencies", "a"), 5);
    assert_eq!(key_line(text, "dependencies", "b"), 6);
    assert_eq!(key_line(text, "dependencies", "c"), 7);
}

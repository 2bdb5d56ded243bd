//! Links that lead somewhere, links that do not, and what only looks like a link.

use super::links_resolve;
use crate::tidy::tree::Tree;

/// The lines that a document in `docs` is condemned for, in a repository with a README, a guide and a script.
fn dead_links(text: &str) -> Vec<usize> {
    let files = [("README.md", ""), ("docs/guide/start.md", ""), (".ci/run", ""), ("docs/a.md", text)];
    links_resolve(&Tree::from_files(&files)).into_iter().map(|finding| finding.line).collect()
}

#[test]
fn living_links_pass() {
    assert_eq!(dead_links("[a](../README.md) ![b](guide/start.md#heading \"title\")\n"), [0; 0]);
    assert_eq!(dead_links("[a](guide/) [b](/.ci/run) [c](..) [d](<a.md>)\n"), [0; 0]);
    assert_eq!(dead_links("[a]: ../README.md\n"), [0; 0]);
}

#[test]
fn dead_links_are_condemned() {
    assert_eq!(dead_links("\n[a](README.md)\n"), [2]);
    assert_eq!(dead_links("[a](guide/start.md) and [b](guide/end.md)\n"), [1]);
    assert_eq!(dead_links("[a]: missing.md\n"), [1]);
    assert_eq!(dead_links("[a](../../outside.md)\n"), [1]);
    assert_eq!(dead_links("```\n```\n[a](missing.md)\n"), [3]);
    assert_eq!(dead_links("`code` [a](missing.md) `code`\n"), [1]);
    assert_eq!(dead_links("[a](missing(1).md)\n"), [1]);
}

#[test]
fn addresses_headings_and_code_are_left_alone() {
    assert_eq!(dead_links("[a](https://a.example/b) [b](#heading) [c](mailto:a@b.example)\n"), [0; 0]);
    assert_eq!(dead_links("`[a](missing.md)` and `v[0](x)`\n"), [0; 0]);
    assert_eq!(dead_links("```rust\n[a](missing.md)\n```\n~~~\n```\n[a](missing.md)\n~~~\n"), [0; 0]);
    assert_eq!(dead_links("[KEY-99] Some paper: its title\n"), [0; 0]);
}

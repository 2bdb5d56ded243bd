//! Citations of listed and of unknown papers, and brackets that cite nothing.

use super::cited_papers_are_listed;
use crate::tidy::tree::Tree;

fn lines(text: &str) -> Vec<usize> {
    let files = [("docs/papers.md", "### [PAPER-99]\n| [VR-TO-BFT] | a |\n"), ("crates/a/src/b.rs", text)];
    cited_papers_are_listed(&Tree::from_files(&files)).into_iter().map(|finding| finding.line).collect()
}

#[test]
fn listed_papers_may_be_cited() {
    assert_eq!(lines("//! [PAPER-99]\n// [PAPER-99 §4.2] and [VR-TO-BFT]\n"), [0; 0]);
}

#[test]
fn unknown_papers_are_condemned() {
    assert_eq!(lines("\n// [PAPER-98 §4.2]\n"), [2]);
    assert_eq!(lines("/// See [PAPER-9].\n"), [1]);
}

#[test]
fn other_brackets_cite_nothing() {
    assert_eq!(lines("// [A-Z] [Item] [0..9] [PRE_PREPARE] [PAPER-98](https://a.example)\n"), [0; 0]);
    assert_eq!(lines("let a = [PAPER-98];\nlet b = \"[PAPER-98]\";\n"), [0; 0]);
}

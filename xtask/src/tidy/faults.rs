//! The list of faults names, for each that is withstood, tests that exist: `file::test`, and `::test` for another one
//! in the same file. Whether a test injects the fault is for people to judge. Each family of faults is there as a
//! whole: what is not withstood yet says what it waits for.

use super::documents::Document;
use super::findings::Finding;
use super::source::Source;
use super::tree::Tree;
use std::collections::BTreeSet;

const FAULTS: &str = "docs/faults.md";
/// The families, each with its highest number.
const FAMILIES: [(&str, u32); 15] = [
    ("C", 21),
    ("L", 27),
    ("B", 25),
    ("V", 33),
    ("K", 22),
    ("R", 15),
    ("D", 19),
    ("S", 29),
    ("X", 14),
    ("N", 13),
    ("T", 11),
    ("G", 9),
    ("W", 13),
    ("O", 12),
    ("Z", 8),
];
/// What the table has: an id, what is done, what is promised, and what shows it.
const COLUMNS: usize = 4;

/// Every test that the list of faults cites is a test.
pub(crate) fn cited_tests_exist(tree: &Tree) -> Vec<Finding> {
    let document = tree.markdown.iter().find(|document| document.path == FAULTS);
    document.map_or_else(Vec::new, |document| check(tree, document))
}

/// Every fault of every family has a row, and every row is about one of them.
pub(crate) fn families_are_whole(tree: &Tree) -> Vec<Finding> {
    let Some(document) = tree.markdown.iter().find(|document| document.path == FAULTS) else { return Vec::new() };
    let mut missing: BTreeSet<String> = FAMILIES
        .iter()
        .flat_map(|(family, last)| (1..=*last).map(move |number| format!("{family}-{number:02}")))
        .collect();
    let known = missing.clone();
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(document.text.lines()) {
        let Some(first) = line.strip_prefix('|').and_then(|row| row.split('|').next()) else { continue };
        for id in first.split(',').map(str::trim).filter(|id| id.contains('-') && !id.starts_with('-')) {
            if !known.contains(id) {
                let sentence = format!("{id:?} is no fault; ids stand one by one, with commas between");
                findings.push(Finding::error(FAULTS, number, "faults", sentence));
            }
            missing.remove(id);
        }
    }
    findings.extend(missing.into_iter().map(|id| {
        Finding::error(FAULTS, 1, "faults", format!("{id} has no row; say what shows it, or what it waits for"))
    }));
    findings
}

fn check(tree: &Tree, document: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(document.text.lines()) {
        let Some(row) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) else { continue };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let mut complain = |sentence: String| findings.push(Finding::error(FAULTS, number, "faults", sentence));
        if cells.len() != COLUMNS {
            complain(format!("{} columns in place of {COLUMNS}: what shows it comes last", cells.len()));
            continue;
        }
        let shown_by = cells[COLUMNS - 1];
        if shown_by == "shown by" || shown_by.chars().all(|letter| letter == '-') {
            continue;
        }
        let mut file = "";
        for citation in shown_by.split([';', ',']).map(str::trim).filter(|citation| !citation.is_empty()) {
            match citation.split_once("::") {
                Some((path, name)) => {
                    file = if path.is_empty() { file } else { path };
                    if !is_test(tree, file, name) {
                        complain(format!("crates/{file} has no test {name}; name the one that shows it"));
                    }
                }
                None => complain(format!("{citation:?} names no test; write file::test")),
            }
        }
    }
    findings
}

fn is_test(tree: &Tree, file: &str, name: &str) -> bool {
    let is_it = |source: &&Source| source.path.strip_prefix("crates/") == Some(file);
    let Some(source) = tree.sources.iter().find(is_it) else { return false };
    let code = &source.views.code;
    code.match_indices(&format!("fn {name}(")).any(|(start, _)| is_marked_as_test(&code[..start]))
}

/// Whether the attributes that end here, before `fn`, have one that makes a test.
fn is_marked_as_test(before: &str) -> bool {
    let mut rest = before.trim_end();
    rest = rest.strip_suffix("async").unwrap_or(rest).trim_end();
    while let Some(start) = rest.rfind("#[").filter(|_| rest.ends_with(']')) {
        let attribute = &rest[start..];
        if attribute == "#[test]" || attribute.starts_with("#[tokio::test") {
            return true;
        }
        rest = rest[..start].trim_end();
    }
    false
}

#[cfg(test)]
mod tests;

//! How a crate is laid out in files: each opens with its documentation, tests stand beside the code they test, and no
//! crate is without them.

use super::documents::line_at;
use super::findings::Finding;
use super::source::Source;
use super::tree::Tree;

/// What makes a function a test.
const TEST_ATTRIBUTES: [&str; 2] = ["#[test]", "#[tokio::test"];

/// The first thing in a file is `//!`: what the module is, the invariant it keeps, what it does not do.
pub(crate) fn files_open_with_documentation(tree: &Tree) -> Vec<Finding> {
    let opens = |source: &&Source| {
        let first = source.text.lines().find(|line| !line.trim().is_empty());
        first.is_some_and(|line| line.starts_with("//!"))
    };
    let sentence =
        "opens without documentation; start with `//!`: what it is, what invariant it keeps, what it leaves out";
    let silent = tree.sources.iter().filter(in_our_crates).filter(|source| !opens(source));
    silent.map(|source| Finding::error(&source.path, 1, "module-docs", sentence)).collect()
}

/// Code and its tests are two files, so that each can be read without the other.
pub(crate) fn tests_live_in_sibling_files(tree: &Tree) -> Vec<Finding> {
    let sentence =
        "tests inside the file they test; write `#[cfg(test)] mod tests;` and move them to a sibling tests.rs";
    let mut findings = Vec::new();
    for source in tree.sources.iter().filter(in_our_crates) {
        let code = &source.views.code;
        let mut offsets: Vec<usize> = inline_test_modules(code).collect();
        if offsets.is_empty() && !source.is_test_file() {
            offsets.extend(TEST_ATTRIBUTES.iter().filter_map(|attribute| code.find(attribute)));
        }
        let lines = offsets.into_iter().map(|offset| line_at(code, offset));
        findings.extend(lines.map(|line| Finding::error(&source.path, line, "inline-tests", sentence)));
    }
    findings
}

/// Offsets of `mod tests {`, and of `mod … {` right below `#[cfg(test)]`.
fn inline_test_modules(code: &str) -> impl Iterator<Item = usize> + '_ {
    code.match_indices("mod ").map(|(start, _)| start).filter(|start| {
        let Some((name, _)) = code[start + "mod ".len()..].split_once('{') else { return false };
        let line_start = code[..*start].rfind('\n').map_or(0, |end| end + 1);
        let attributed = code[..line_start].trim_end().ends_with("#[cfg(test)]")
            || code[line_start..*start].contains("#[cfg(test)]");
        name.trim() == "tests" || (attributed && !name.contains([';', '}']))
    })
}

/// No crate goes untested.
pub(crate) fn crates_have_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests = tree.manifests.iter().filter_map(|manifest| manifest.path.strip_suffix("/Cargo.toml"));
    for folder in manifests.filter(|folder| folder.starts_with("crates/") || *folder == "xtask") {
        let sources: Vec<&Source> =
            tree.sources.iter().filter(|source| source.path.starts_with(&format!("{folder}/"))).collect();
        let is_placeholder = sources.iter().all(|source| source.is_placeholder());
        let has_test = |source: &&Source| TEST_ATTRIBUTES.iter().any(|test| source.views.code.contains(test));
        if !is_placeholder && !sources.iter().any(has_test) {
            let sentence = "the crate has no test; write one that fails when the crate is wrong";
            findings.push(Finding::error(&format!("{folder}/Cargo.toml"), 1, "crate-tests", sentence));
        }
    }
    findings
}

fn in_our_crates(source: &&Source) -> bool {
    source.path.starts_with("crates/") || source.path.starts_with("xtask/")
}

#[cfg(test)]
mod tests;

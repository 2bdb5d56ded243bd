//! The house rules that a machine can check.
//!
//! Each rule is a function from the [`Tree`] of files to findings, so a rule can be tested on files that exist only in
//! memory, and each has a test in which it condemns. Rules read text and manifests; none needs the code to compile.

mod citations;
mod documents;
mod faults;
mod findings;
mod layering;
mod lexer;
mod links;
mod manifests;
mod purity;
mod size;
mod sleeps;
mod source;
mod structure;
mod tree;
mod words;

use std::io::{self, Write};
use std::path::Path;

use findings::{Finding, Severity};
use tree::Tree;

/// Every rule there is.
const RULES: [fn(&Tree) -> Vec<Finding>; 18] = [
    layering::crates_depend_downwards,
    manifests::dependencies_have_reasons,
    manifests::dependencies_are_inherited,
    manifests::lints_are_inherited,
    purity::pure_crates_are_no_std,
    purity::pure_crates_stay_pure,
    size::files_are_short,
    size::functions_are_short,
    size::lines_are_short,
    structure::files_open_with_documentation,
    structure::tests_live_in_sibling_files,
    structure::crates_have_tests,
    sleeps::tests_do_not_sleep,
    words::no_banned_words,
    links::links_resolve,
    citations::cited_papers_are_listed,
    faults::cited_tests_exist,
    faults::families_are_whole,
];

/// Checks the repository at `root` and prints what is wrong with it to `output`. Returns whether nothing is.
pub(crate) fn run(root: &Path, output: &mut dyn Write) -> io::Result<bool> {
    let tree = Tree::read(root)?;
    let findings = check(&tree);
    for finding in &findings {
        writeln!(output, "{finding}")?;
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    writeln!(output, "tidy: {} files, {errors} errors, {warnings} warnings", tree.paths.len())?;
    Ok(errors == 0)
}

/// What all rules find, in the order of the files.
fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tree.unreadable.clone();
    findings.extend(RULES.iter().flat_map(|rule| rule(tree)));
    findings.sort();
    findings
}

#[cfg(test)]
mod tests;

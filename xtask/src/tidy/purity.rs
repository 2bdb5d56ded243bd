//! The crates that must be deterministic have no access to what is not: clocks, I/O, threads, and maps whose order
//! changes from run to run.
//!
//! `#![no_std]` makes the compiler enforce most of this; the words are checked besides, because `std` is linked when
//! tests are built and a dependency could hand the same things through.

use super::documents::{line_at, whole_words};
use super::findings::Finding;
use super::tree::Tree;

const RULE: &str = "purity";

const PURE_CRATES: [&str; 5] = ["kernel", "protocols", "attacks", "state", "kv"];

/// Words that have no business in a pure crate, each with the way out.
const IMPURE: [(&str, &str); 11] = [
    ("std::", "use core:: or alloc::"),
    ("extern crate std", "use core:: or alloc::"),
    ("HashMap", "use BTreeMap, whose order is the same in every run"),
    ("HashSet", "use BTreeSet, whose order is the same in every run"),
    ("Instant", "arm a timer, time is the driver's"),
    ("SystemTime", "take the agreed time as an input"),
    ("println!", "return it, or record a rule as applied"),
    ("eprintln!", "return it, or record a rule as applied"),
    ("print!", "return it, or record a rule as applied"),
    ("thread_rng", "ask the chooser"),
    ("thread_local!", "keep it in the state"),
];

/// The root module of each pure crate says `no_std`.
pub(crate) fn pure_crates_are_no_std(tree: &Tree) -> Vec<Finding> {
    let roots = tree.sources.iter().filter(|source| PURE_CRATES.iter().any(|name| source.path == root_of(name)));
    let linked = roots.filter(|source| !source.is_placeholder()).filter(|source| {
        let attributes = source.views.code.match_indices("#![");
        let mut contents = attributes.filter_map(|(start, _)| source.views.code[start..].split(']').next());
        !contents.any(|content| whole_words(content, "no_std").next().is_some())
    });
    let sentence = "links std; add `#![cfg_attr(not(test), no_std)]` below the module's documentation";
    linked.map(|source| Finding::error(&source.path, 1, RULE, sentence)).collect()
}

/// No code of a pure crate, its tests apart, names an impure thing.
pub(crate) fn pure_crates_stay_pure(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        if !PURE_CRATES.iter().any(|name| source.path.starts_with(&format!("crates/{name}/src/"))) {
            continue;
        }
        for (word, way_out) in IMPURE {
            let lines = whole_words(&source.views.code, word).map(|start| line_at(&source.text, start));
            for line in lines.filter(|line| !source.is_test_line(*line)) {
                let sentence = format!("`{word}` in a crate that must be deterministic; {way_out}");
                findings.push(Finding::error(&source.path, line, RULE, sentence));
            }
        }
    }
    findings
}

fn root_of(name: &str) -> String {
    format!("crates/{name}/src/lib.rs")
}

#[cfg(test)]
mod tests;

//! A test that sleeps is slow when it passes and wrong when the machine is busy.
//!
//! Where nothing else can be done, a comment on the line or the one above says why, after the word `sleep:`.

use super::documents::{line_at, whole_words};
use super::findings::Finding;
use super::tree::Tree;

const SLEEPS: [&str; 2] = ["thread::sleep", "time::sleep"];
const EXCUSE: &str = "sleep:";

/// No test sleeps without a reason.
pub(crate) fn tests_do_not_sleep(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        let comments: Vec<&str> = source.views.comments.lines().collect();
        let is_excused = |line: usize| comments[line.saturating_sub(2)..line].iter().any(|text| has_reason(text));
        for sleep in SLEEPS {
            let lines = whole_words(&source.views.code, sleep).map(|start| line_at(&source.text, start));
            for line in lines.filter(|line| source.is_test_line(*line) && !is_excused(*line)) {
                let sentence = "a test that sleeps; wait for the event itself, or say why not in a comment `sleep: …`";
                findings.push(Finding::error(&source.path, line, "sleep", sentence));
            }
        }
    }
    findings
}

fn has_reason(comment: &str) -> bool {
    comment.split_once(EXCUSE).is_some_and(|(_, reason)| !reason.trim().is_empty())
}

#[cfg(test)]
mod tests;

//! Words that say a piece is unfinished, and paths that exist on one machine only.
//!
//! In Rust, unfinished business is looked for in comments and in the strings of the product, calls in code, and paths
//! everywhere; strings in tests are data. Markdown is searched whole. The words below are written in two parts so that
//! this file passes its own check.

use super::documents::{line_at, whole_words};
use super::findings::Finding;
use super::tree::Tree;

const RULE: &str = "words";

/// May stand only in front of the number of an issue in brackets.
const LATER: &str = concat!("TO", "DO");

const UNFINISHED: [&str; 3] = [concat!("FIX", "ME"), concat!("XX", "X"), concat!("for", " now")];
const UNFINISHED_CALLS: [&str; 3] = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("db", "g!(")];

/// Folders of one machine, wherever they are named.
const FOREIGN_FOLDERS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];

/// Named in documentation it is one machine's habit; named in tests it is data.
const TEMPORARY_FOLDER: &str = concat!("/t", "mp/");

/// No Rust or Markdown file has any of these words.
pub(crate) fn no_banned_words(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        let (path, views) = (source.path.as_str(), &source.views);
        let in_product = |finding: &Finding| !source.is_test_line(finding.line);
        findings.extend(unfinished(path, &views.comments));
        findings.extend(unfinished(path, &views.literals).into_iter().filter(in_product));
        findings.extend(calls(path, &views.code));
        findings.extend(FOREIGN_FOLDERS.iter().flat_map(|folder| absolute(path, &source.text, folder)));
        findings.extend(absolute(path, &source.text, TEMPORARY_FOLDER).filter(in_product));
    }
    for document in &tree.markdown {
        let (path, text) = (document.path.as_str(), document.text.as_str());
        findings.extend(unfinished(path, text));
        findings.extend(calls(path, text));
        let folders = FOREIGN_FOLDERS.into_iter().chain([TEMPORARY_FOLDER]);
        findings.extend(folders.flat_map(|folder| absolute(path, text, folder)));
    }
    findings
}

fn unfinished(path: &str, text: &str) -> Vec<Finding> {
    let lowercase = text.to_ascii_lowercase();
    let mut findings = Vec::new();
    for start in whole_words(text, LATER).filter(|start| !has_issue(&text[start + LATER.len()..])) {
        let sentence = format!("`{LATER}` without an issue; finish it, or write `{LATER}(#n)` with the issue's number");
        findings.push(Finding::error(path, line_at(text, start), RULE, sentence));
    }
    for word in UNFINISHED {
        let is_phrase = word.contains(' ');
        for start in whole_words(if is_phrase { &lowercase } else { text }, word) {
            let sentence =
                format!("`{word}` promises work without saying when; finish it or state the limit as a fact");
            findings.push(Finding::error(path, line_at(text, start), RULE, sentence));
        }
    }
    findings
}

/// Whether `rest` begins with the number of an issue: `(#12)`.
fn has_issue(rest: &str) -> bool {
    let number = rest.strip_prefix("(#").and_then(|rest| rest.split_once(')')).map(|(number, _)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn calls<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = Finding> + 'a {
    let places = UNFINISHED_CALLS.iter().flat_map(move |call| whole_words(text, call).map(move |start| (start, *call)));
    places.map(move |(start, call)| {
        let sentence = format!("`{call}…)` left behind; write what it stands for");
        Finding::error(path, line_at(text, start), RULE, sentence)
    })
}

/// Places where `folder` begins an absolute path rather than standing inside a relative one or a web address.
fn absolute<'a>(path: &'a str, text: &'a str, folder: &'a str) -> impl Iterator<Item = Finding> + 'a {
    let begins_path = |start: &usize| {
        let before = text[..*start].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._-~}>)]*".contains(before))
    };
    let starts = text.match_indices(folder).map(|(start, _)| start).filter(move |start| begins_path(start));
    starts.map(move |start| {
        let sentence = format!("`{folder}` exists on one machine only; name a path inside the repository");
        Finding::error(path, line_at(text, start), RULE, sentence)
    })
}

#[cfg(test)]
mod tests;

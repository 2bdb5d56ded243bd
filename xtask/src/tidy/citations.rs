//! Every paper that a comment cites is in the list of papers, so that a reader can find it.

use super::documents::line_at;
use super::findings::Finding;
use super::tree::Tree;

const PAPERS: &str = "docs/papers.md";

/// Shorter than any key; tells keys from ranges such as `[A-Z]`.
const KEY_BYTES_MIN: usize = 6;

/// Comments cite only papers that the list has.
pub(crate) fn cited_papers_are_listed(tree: &Tree) -> Vec<Finding> {
    let listed = tree.markdown.iter().find(|document| document.path == PAPERS);
    let listed = listed.map_or("", |document| document.text.as_str());
    let mut findings = Vec::new();
    for source in &tree.sources {
        for (start, key) in citations(&source.views.comments) {
            if !listed.contains(&format!("[{key}]")) {
                let line = line_at(&source.text, start);
                let sentence = format!("[{key}] is not in {PAPERS}; correct the key or list the paper");
                findings.push(Finding::error(&source.path, line, "citations", sentence));
            }
        }
    }
    findings
}

/// Offsets and keys of citations such as `[PBFT-OSDI99 §4.4]`.
fn citations(comments: &str) -> impl Iterator<Item = (usize, &str)> {
    let key = |start: usize| {
        let rest = &comments[start + 1..];
        let length = rest.bytes().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'-')).count();
        let (key, behind) = rest.split_at(length);
        let is_key = length >= KEY_BYTES_MIN && key.contains('-') && key.starts_with(|c: char| c.is_ascii_uppercase());
        let ends = behind.starts_with(" §") || (behind.starts_with(']') && !behind.starts_with("]("));
        (is_key && ends).then_some((start, key))
    };
    comments.match_indices('[').filter_map(move |(start, _)| key(start))
}

#[cfg(test)]
mod tests;

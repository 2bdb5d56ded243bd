//! Links between the repository's own documents lead somewhere.
//!
//! Only whether the file exists is checked, not the heading behind `#`, and nothing outside the repository.

use super::documents::{Document, folder};
use super::findings::Finding;
use super::tree::Tree;

const RULE: &str = "links";

/// Every link to a file of the repository names one that exists.
pub(crate) fn links_resolve(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in &tree.markdown {
        for (line, target) in links(document) {
            let exists =
                resolve(&document.path, &target).is_some_and(|path| path.is_empty() || tree.paths.contains(&path));
            if !exists {
                let sentence = format!("the link to `{target}` leads nowhere; correct it or write what it promises");
                findings.push(Finding::error(&document.path, line, RULE, sentence));
            }
        }
    }
    findings
}

/// Lines and targets, without their `#heading`, of the links to files.
fn links(document: &Document) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in document.text.lines().enumerate() {
        let start = line.trim_start();
        let marker = ["```", "~~~"].into_iter().find(|marker| start.starts_with(marker));
        match (fence, marker) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(marker)) if open == marker => fence = None,
            (None, None) => {
                let targets = targets(&without_code_spans(line)).into_iter().filter_map(|target| file_part(&target));
                links.extend(targets.map(|target| (index + 1, target)));
            }
            (Some(_), _) => {}
        }
    }
    links
}

/// The line with what stands between backticks blanked. A span that is not closed on the line is text.
fn without_code_spans(line: &str) -> String {
    let parts: Vec<&str> = line.split('`').collect();
    let is_span = |index: usize| index % 2 == 1 && index + 1 < parts.len();
    let kept = parts.iter().enumerate().map(|(index, part)| if is_span(index) { " " } else { part });
    kept.collect::<Vec<_>>().join("`")
}

/// Targets of `[text](target "title")` and of `[name]: target`.
fn targets(line: &str) -> Vec<String> {
    let mut targets: Vec<String> = line.split("](").skip(1).map(link_target).collect();
    let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    if let Some((name, target)) = definition
        && !name.contains(']')
    {
        targets.extend(target.split_whitespace().next().map(|target| target.trim_matches(['<', '>']).to_owned()));
    }
    targets
}

/// The target at the start of `rest`, which follows the `](` of a link. It may itself hold balanced brackets.
fn link_target(rest: &str) -> String {
    let mut depth = 1_usize;
    let end = rest.find(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let inside = &rest[..end.unwrap_or(rest.len())];
    let target = inside.split(" \"").next().unwrap_or_default();
    target.trim().trim_matches(['<', '>']).to_owned()
}

/// The path in a link to a file; `None` for a web address or a heading of the same document.
fn file_part(target: &str) -> Option<String> {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    let has_scheme = target.split_once(':').is_some_and(|(scheme, _)| !scheme.contains('/'));
    (!has_scheme && !path.is_empty()).then(|| path.replace("%20", " "))
}

/// The path from the root of the repository, or `None` if the link leaves the repository.
fn resolve(document: &str, target: &str) -> Option<String> {
    let (base, relative) = match target.strip_prefix('/') {
        Some(from_root) => ("", from_root),
        None => (folder(document), target),
    };
    let mut components: Vec<&str> = Vec::new();
    for component in base.split('/').chain(relative.split('/')) {
        match component {
            "" | "." => {}
            ".." => {
                components.pop()?;
            }
            name => components.push(name),
        }
    }
    Some(components.join("/"))
}

#[cfg(test)]
mod tests;

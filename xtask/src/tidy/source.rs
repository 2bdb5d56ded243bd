//! A Rust file, seen with the eyes of the rules: its code, its comments, and which of its lines are test code.

use super::documents::{file_name, folder, line_at};
use super::lexer::{self, Views};

/// Folders whose files are never part of a library or a binary.
const TEST_FOLDERS: [&str; 3] = ["tests", "benches", "examples"];

/// All that stands in a crate that is still to be written.
const PLACEHOLDER: &str = "//! placeholder";

/// A Rust file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Path from the root of the repository, with forward slashes.
    pub(crate) path: String,
    /// The whole content.
    pub(crate) text: String,
    /// The content split by who reads it.
    pub(crate) views: Views,
    test_file: bool,
    test_lines: Vec<std::ops::RangeInclusive<usize>>,
}

impl Source {
    /// Reads `text` as the content of the Rust file `path`.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let views = lexer::views(text);
        let in_folder = folder(path).split('/').any(|component| TEST_FOLDERS.contains(&component));
        let test_file = in_folder || file_name(path) == "tests.rs" || views.code.contains("#![cfg(test)]");
        let test_lines = test_items(&views.code).map(|(start, end)| {
            let last = end.saturating_sub(1).max(start);
            line_at(text, start)..=line_at(text, last)
        });
        let test_lines = test_lines.collect();
        Source { path: path.to_owned(), text: text.to_owned(), test_file, test_lines, views }
    }

    /// Whether the file only keeps a place for what is to be written.
    pub(crate) fn is_placeholder(&self) -> bool {
        self.text.trim() == PLACEHOLDER
    }

    /// Whether the whole file is compiled for tests only.
    pub(crate) fn is_test_file(&self) -> bool {
        self.test_file
    }

    /// Says that the file belongs to a module which its parent compiles for tests only.
    pub(crate) fn mark_as_test_file(&mut self) {
        self.test_file = true;
    }

    /// Whether `line`, counted from 1, is compiled for tests only.
    pub(crate) fn is_test_line(&self, line: usize) -> bool {
        self.test_file || self.test_lines.iter().any(|range| range.contains(&line))
    }

    /// Paths without extension at which the modules that this file declares for tests only may live.
    pub(crate) fn test_modules(&self) -> Vec<String> {
        let stem = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let base = match file_name(&self.path) {
            "lib.rs" | "main.rs" | "mod.rs" => folder(&self.path),
            _ => stem,
        };
        let items = test_items(&self.views.code).map(|(start, end)| &self.views.code[start..end]);
        items.filter_map(declared_module).map(|name| format!("{base}/{name}")).collect()
    }
}

/// The name in `#[cfg(test)] pub(crate) mod name;`, whatever the attributes and the visibility.
fn declared_module(item: &str) -> Option<&str> {
    let words: Vec<&str> = item.trim_end().strip_suffix(';')?.split_whitespace().collect();
    match words.as_slice() {
        [.., "mod", name] => Some(name),
        _ => None,
    }
}

/// Offsets, start and end, of the items that exist only in tests, attributes included.
fn test_items(code: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    const ATTRIBUTES: [&str; 4] = ["#[cfg(test)]", "#[cfg(all(test,", "#[test]", "#[tokio::test"];
    let starts = ATTRIBUTES.iter().flat_map(|attribute| code.match_indices(attribute).map(|(start, _)| start));
    starts.map(|start| (start, item_end(code, start)))
}

/// The offset just after the item that starts at `start`: behind its `;` or the brace that closes it.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return offset,
            b')' | b']' => depth -= 1,
            b'}' if depth == 1 => return offset + 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => return offset + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests;

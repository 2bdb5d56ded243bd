//! Plain text files and the searches that all rules share.

use super::lexer::is_identifier;

/// A text file that is not Rust: Markdown or a manifest.
#[derive(Debug)]
pub(crate) struct Document {
    /// Path from the root of the repository, with forward slashes.
    pub(crate) path: String,
    /// The whole content.
    pub(crate) text: String,
}

/// The folder of `path`, without a trailing slash; empty for a file in the root.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last component of `path`.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The line, counted from 1, that holds the byte at `offset`.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Offsets at which `needle` stands in `text` as whole words: `Instant` is found in `a::Instant`, not in `Instantly`.
///
/// An end of the needle that is not part of an identifier, as in `std::`, may touch anything.
pub(crate) fn whole_words<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(needle).map(|(start, _)| start).filter(move |start| {
        let bytes = text.as_bytes();
        let end = start + needle.len();
        let joined = |left: Option<&u8>, right: Option<&u8>| {
            left.is_some_and(|byte| is_identifier(*byte)) && right.is_some_and(|byte| is_identifier(*byte))
        };
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        !joined(before, bytes.get(*start)) && !joined(bytes.get(end - 1), bytes.get(end))
    })
}

#[cfg(test)]
mod tests;

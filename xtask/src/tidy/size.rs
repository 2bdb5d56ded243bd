//! Files, functions and lines stay small enough to be read at one go.

use super::documents::{line_at, whole_words};
use super::findings::Finding;
use super::lexer::is_identifier;
use super::tree::Tree;

const FILE_LINES_MAX: usize = 600;
const FILE_LINES_ADVISED: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
/// A test tells a story from beginning to end, and may take more room for it.
const TEST_FUNCTION_LINES_MAX: usize = 120;
const COLUMNS_MAX: usize = 120;

/// No file is longer than 600 lines; above 400 there is a warning.
pub(crate) fn files_are_short(tree: &Tree) -> Vec<Finding> {
    const RULE: &str = "file-length";
    let mut findings = Vec::new();
    for source in &tree.sources {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            let sentence = format!("{lines} lines, the limit is {FILE_LINES_MAX}; part the file by what it is about");
            findings.push(Finding::error(&source.path, lines, RULE, sentence));
        } else if lines > FILE_LINES_ADVISED {
            let sentence = format!("{lines} lines, we aim at {FILE_LINES_ADVISED}; consider parting the file");
            findings.push(Finding::warning(&source.path, lines, RULE, sentence));
        }
    }
    findings
}

/// No function is longer than 70 lines, or 120 if it is a test.
pub(crate) fn functions_are_short(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        for function in functions(&source.views.code) {
            let lines = function.last_line - function.first_line + 1;
            let is_test = source.is_test_line(function.first_line);
            let limit = if is_test { TEST_FUNCTION_LINES_MAX } else { FUNCTION_LINES_MAX };
            if lines > limit {
                let sentence =
                    format!("`{}` has {lines} lines, the limit is {limit}; give a part of it a name", function.name);
                findings.push(Finding::error(&source.path, function.first_line, "function-length", sentence));
            }
        }
    }
    findings
}

/// No line is wider than 120 columns, in comments and strings either, which the formatter leaves alone.
pub(crate) fn lines_are_short(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        for (index, line) in source.text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > COLUMNS_MAX {
                let sentence = format!("{columns} columns, the limit is {COLUMNS_MAX}; break the line");
                findings.push(Finding::error(&source.path, index + 1, "line-length", sentence));
            }
        }
    }
    findings
}

#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    first_line: usize,
    last_line: usize,
}

/// Every function that has a body, nested ones too, in code whose comments and literals are blanked.
fn functions(code: &str) -> Vec<Function> {
    let function = |start: usize| {
        let after = &code[start + "fn".len()..];
        let name: String = after.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        // Without a name it is the type of a function pointer.
        let is_named = after.starts_with(char::is_whitespace) && name.bytes().next().is_some_and(is_identifier);
        let (open, close) = if is_named { body(code, start)? } else { return None };
        debug_assert!(open < close);
        Some(Function { name, first_line: line_at(code, start), last_line: line_at(code, close) })
    };
    whole_words(code, "fn").filter_map(function).collect()
}

/// Offsets of the braces around the body of the function that starts at `start`; `None` if it is only declared.
fn body(code: &str, start: usize) -> Option<(usize, usize)> {
    let (mut nesting, mut braces, mut open) = (0_usize, 0_usize, None);
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b';' if open.is_none() && nesting == 0 => return None,
            b'(' | b'[' => nesting += 1,
            b')' | b']' => nesting = nesting.saturating_sub(1),
            // Braces inside the signature's brackets are constants, not the body.
            b'{' if open.is_some() || nesting == 0 => {
                open.get_or_insert(offset);
                braces += 1;
            }
            b'}' if open.is_some() => {
                braces -= 1;
                if braces == 0 {
                    return open.map(|open| (open, offset));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;

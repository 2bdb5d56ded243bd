//! Showing bytes that somebody else chose on a terminal, which would otherwise obey some of them.

use std::fmt::Write;

/// What may stand in shown text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Lines and tabs, as they are.
    Lines,
    /// Neither: the text is one cell of a table.
    Cell,
}

/// Text in which everything is escaped that could act on a terminal or change the order in which it is read. What is
/// no text is shown byte by byte, as `\xNN`.
pub(crate) fn escaped(bytes: &[u8], layout: Layout) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            let is_layout = layout == Layout::Lines && matches!(letter, '\n' | '\t');
            if is_layout || !is_active(letter) {
                text.push(letter);
            } else {
                text.extend(letter.escape_default());
            }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect("writing to a string never fails");
        }
    }
    text
}

/// Whether it could act on a terminal, or change the order in which others are read.
pub(super) fn is_active(letter: char) -> bool {
    letter.is_control() || reorders(letter)
}

/// Whether it makes other letters appear elsewhere than where they are.
fn reorders(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;

//! Tells code from comments and literals in Rust source, byte by byte.
//!
//! Keeps the invariant that every view has the length and the line breaks of the source, so an offset or a line number
//! means the same in all of them. It is a scanner, not a parser: it accepts source that does not compile.

/// The same source seen twice: what the compiler reads, and what only people read. The rest of each view is blank.
#[derive(Debug)]
pub(crate) struct Views {
    /// The source with comments and the contents of literals blanked.
    pub(crate) code: String,
    /// The source with everything but its comments blanked.
    pub(crate) comments: String,
    /// The source with everything but its string and character literals blanked.
    pub(crate) literals: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Code,
    Comment,
    Literal,
}

/// Splits `text` into its views.
pub(crate) fn views(text: &str) -> Views {
    let classes = classify(text.as_bytes());
    Views {
        code: only(text, &classes, Class::Code),
        comments: only(text, &classes, Class::Comment),
        literals: only(text, &classes, Class::Literal),
    }
}

/// Blanks whatever is not of the wanted class. A character of several bytes becomes several blanks.
fn only(text: &str, classes: &[Class], wanted: Class) -> String {
    let mut view = String::with_capacity(text.len());
    for (offset, character) in text.char_indices() {
        if classes[offset] == wanted || character == '\n' {
            view.push(character);
        } else {
            view.extend(std::iter::repeat_n(' ', character.len_utf8()));
        }
    }
    view
}

fn classify(bytes: &[u8]) -> Vec<Class> {
    let mut classes = Vec::with_capacity(bytes.len());
    while classes.len() < bytes.len() {
        let start = classes.len();
        let (class, length) = token(&bytes[start..]);
        classes.resize((start + length).min(bytes.len()), class);
    }
    classes
}

/// The class and the length (at least 1) of the token at the start of `rest`, which is not empty.
fn token(rest: &[u8]) -> (Class, usize) {
    if rest.starts_with(b"//") {
        return (Class::Comment, rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
    }
    if rest.starts_with(b"/*") {
        return (Class::Comment, block_comment(rest));
    }
    match rest[0] {
        b'"' => (Class::Literal, quoted(rest)),
        b'\'' => character(rest).map_or((Class::Code, 1), |length| (Class::Literal, length)),
        byte if is_identifier(byte) => word(rest),
        _ => (Class::Code, 1),
    }
}

/// Whether `byte` can be part of an identifier; bytes outside ASCII count, as identifiers may contain them.
pub(crate) fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// An identifier, keyword or number; or a whole raw string, whose prefix looks like one.
fn word(rest: &[u8]) -> (Class, usize) {
    let length = rest.iter().position(|byte| !is_identifier(*byte)).unwrap_or(rest.len());
    if !matches!(&rest[..length], b"r" | b"br" | b"cr") {
        return (Class::Code, length);
    }
    let hashes = rest[length..].iter().take_while(|byte| **byte == b'#').count();
    let body = length + hashes + 1;
    if rest.get(body - 1) != Some(&b'"') {
        return (Class::Code, length);
    }
    let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let end = rest[body..].windows(closing.len()).position(|window| window == closing);
    (Class::Literal, end.map_or(rest.len(), |at| body + at + closing.len()))
}

/// Length of a block comment, which may contain others.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Length of a string literal in double quotes.
fn quoted(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Length of a character literal, or `None` when the quote opens a lifetime or a label.
fn character(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return rest.iter().skip(3).position(|byte| *byte == b'\'').map(|at| at + 4);
    }
    let width = match *rest.get(1)? {
        0x00..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xff => 4,
    };
    (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

#[cfg(test)]
mod tests;

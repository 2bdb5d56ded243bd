//! Standard output: results for people or for scripts. Whatever is not a result goes to standard error.

mod terminal;

pub(crate) use terminal::{Layout, escaped};

use crate::failure::{Cause, Failure};
use serde::{Serialize, Serializer};
use std::env;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};

const SAYABLE: &str = "our reports have nothing that JSON cannot say";

/// Whether anybody reads what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// As far as is known.
    Listens,
    /// It has read what it wanted.
    Gone,
}

/// Writes text and, if it has none, the end of its last line.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// Writes bytes as they are and, if they have none, the end of the last line.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let end: &[u8] = if bytes.ends_with(b"\n") { b"" } else { b"\n" };
    write(&[bytes, end]).map(drop)
}

/// Writes text as it is, and says whether somebody reads on: for whoever writes again and again.
pub(crate) fn show(text: &str) -> Result<Reader, Failure> {
    write(&[text.as_bytes()])
}

fn write(pieces: &[&[u8]]) -> Result<Reader, Failure> {
    let mut output = io::stdout().lock();
    let written = pieces.iter().try_for_each(|piece| output.write_all(piece)).and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::new(Cause::Disk, format_args!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(Reader::Listens),
    }
}

/// Writes a value as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print(&harmless(serde_json::to_string_pretty(value).expect(SAYABLE)))
}

/// A value as JSON on one line.
pub(crate) fn json_line(value: &impl Serialize) -> String {
    harmless(serde_json::to_string(value).expect(SAYABLE)) + "\n"
}

/// The same JSON, in which what could act on a terminal is written as `\uXXXX`. JSON itself escapes some of it only,
/// and has nothing of it outside of strings.
fn harmless(json: String) -> String {
    if !json.chars().any(terminal::is_active) {
        return json;
    }
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        // The ends of lines are JSON's own layout: in strings they are escaped already.
        if letter != '\n' && terminal::is_active(letter) {
            write!(text, "\\u{:04x}", u32::from(letter)).expect("writing to a string never fails");
        } else {
            text.push(letter);
        }
    }
    text
}

/// How this program was called, so that what we tell people to type works for them.
pub(crate) fn program() -> String {
    env::args().next().unwrap_or_else(|| "synod".to_owned())
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes in JSON: a string if they are UTF-8, else `{"hex": "…"}`. Nothing is lost either way.
pub(crate) struct Text<'a>(pub(crate) &'a [u8]);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.collect_map([("hex", hexadecimal(self.0))]),
        }
    }
}

#[cfg(test)]
mod tests;

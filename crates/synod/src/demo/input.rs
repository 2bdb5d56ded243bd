//! What is written: the non-empty lines of a text, each under a key that says where it stands.

use crate::failure::{Cause, Failure};
use bytes::Bytes;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use synod_kv::MAX_VALUE_BYTES;

/// A key and what is written under it.
pub(crate) struct Entry {
    /// Where the line stands.
    pub(crate) key: Bytes,
    /// The line.
    pub(crate) value: Bytes,
}

/// Bytes of an input file, at most.
const INPUT_MAX: u64 = 64 << 20;
/// Bytes of a file's name in a key, at most.
const NAME_MAX: usize = 200;

/// Text that is always at hand.
const SHIPPED: [(&str, &str); 7] = [
    ("LICENSE", include_str!("../../../../LICENSE")),
    ("kernel/process.rs", include_str!("../../../kernel/src/process.rs")),
    ("kernel/codec.rs", include_str!("../../../kernel/src/codec.rs")),
    ("kernel/request.rs", include_str!("../../../kernel/src/request.rs")),
    ("kernel/descriptor.rs", include_str!("../../../kernel/src/descriptor.rs")),
    ("kernel/membership.rs", include_str!("../../../kernel/src/membership.rs")),
    ("kernel/certificate.rs", include_str!("../../../kernel/src/certificate.rs")),
];

/// A line, with the name of its file and its number.
struct Line<'a> {
    name: &'a str,
    number: usize,
    text: &'a [u8],
}

/// So many entries, and in words where they come from. A text that is too short is written several times, each time
/// under other keys.
pub(crate) fn entries(input: Option<&Path>, count: usize) -> Result<(String, Vec<Entry>), Failure> {
    let (source, name, content) = match input {
        Some(path) => (path.display().to_string(), name(path), read(path)?),
        None => ("synod's own licence and source code".to_owned(), String::new(), Vec::new()),
    };
    let texts: Vec<(&str, &[u8])> = match input {
        Some(_) => vec![(&name, &content)],
        None => SHIPPED.iter().map(|(name, text)| (*name, text.as_bytes())).collect(),
    };
    let lines: Vec<Line<'_>> = texts.iter().flat_map(|(name, text)| lines(name, text)).collect();
    if lines.is_empty() {
        return Err(Failure::new(Cause::Usage, format_args!("{source}: there is no line to write in it")));
    }
    if let Some(line) = lines.iter().find(|line| line.text.len() > MAX_VALUE_BYTES) {
        let bytes = line.text.len();
        let sentence = format!("{source}: line {} has {bytes} bytes, more than {MAX_VALUE_BYTES}", line.number);
        return Err(Failure::new(Cause::Usage, sentence));
    }
    let rounds = (1_usize..).flat_map(|round| lines.iter().map(move |line| entry(line, round)));
    Ok((source, rounds.take(count).collect()))
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut end = name.len().min(NAME_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let refused = |error| Failure::new(Cause::Usage, format_args!("{}: cannot read it: {error}", path.display()));
    let mut content = Vec::new();
    File::open(path).and_then(|file| file.take(INPUT_MAX + 1).read_to_end(&mut content)).map_err(refused)?;
    if content.len() as u64 > INPUT_MAX {
        let sentence = format!("{}: more than {INPUT_MAX} bytes are too many for a demonstration", path.display());
        return Err(Failure::new(Cause::Usage, sentence));
    }
    Ok(content)
}

fn lines<'a>(name: &'a str, text: &'a [u8]) -> impl Iterator<Item = Line<'a>> {
    let numbered = (1..).zip(text.split(|byte| *byte == b'\n'));
    let lines = numbered.map(move |(number, text)| Line { name, number, text: text.trim_ascii_end() });
    lines.filter(|line| !line.text.is_empty())
}

fn entry(line: &Line<'_>, round: usize) -> Entry {
    let Line { name, number, text } = line;
    let key = if round == 1 { format!("{name}:{number:05}") } else { format!("{name}:{number:05}:{round}") };
    Entry { key: Bytes::from(key), value: Bytes::copy_from_slice(text) }
}

#[cfg(test)]
mod tests;

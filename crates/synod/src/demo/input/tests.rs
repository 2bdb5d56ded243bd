//! What is written in a demonstration.
#![allow(clippy::unwrap_used)]

use super::{Entry, SHIPPED, entries};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn shown(entries: &[Entry]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    entries.iter().map(|entry| (text(&entry.key), text(&entry.value))).collect()
}

fn written(content: &[u8], count: usize) -> Result<Vec<Entry>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("poem.txt");
    fs::write(&path, content).unwrap();
    let entries = entries(Some(&path), count);
    entries.map(|(_, entries)| entries).map_err(|failure| failure.message().unwrap().to_owned())
}

#[test]
fn keys_say_where_a_line_stands() {
    let expected = [("poem.txt:00001", "one"), ("poem.txt:00003", "  three")];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(shown(&written(b"one\r\n \n  three\n", 2).unwrap()), expected);
}

#[test]
fn a_text_that_is_too_short_is_written_again_under_other_keys() {
    let entries = written(b"a\nb", 5).unwrap();
    let keys: BTreeSet<_> = entries.iter().map(|entry| entry.key.clone()).collect();
    assert_eq!(keys.len(), 5);
    assert_eq!(entries[4].value, "a");
}

#[test]
fn the_shipped_text_makes_as_many_keys_as_are_wanted() {
    let (_, entries) = entries(None, 20_000).unwrap();
    let keys: BTreeSet<_> = entries.iter().map(|entry| entry.key.clone()).collect();
    assert_eq!(keys.len(), 20_000);
    assert!(SHIPPED.iter().all(|(_, text)| !text.trim().is_empty()));
}

#[test]
fn what_cannot_be_written_is_refused() {
    assert!(written(b"\n \n", 1).err().unwrap().contains("no line"));
    assert!(written(&vec![b'x'; (1 << 20) + 1], 1).err().unwrap().contains("line 1 has 1048577 bytes"));
    assert!(entries(Some(Path::new("no such file")), 1).is_err());
}

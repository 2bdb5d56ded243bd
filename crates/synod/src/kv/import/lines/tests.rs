//! Lines become the operations they stand for, and what is no line is named by its number.
#![allow(clippy::unwrap_used)]

use super::*;

fn read_all(input: &[u8]) -> Vec<Result<Line, Failure>> {
    let (sender, mut lines) = mpsc::channel(100);
    read(&mut &input[..], &sender);
    drop(sender);
    std::iter::from_fn(|| lines.blocking_recv()).collect()
}

fn complaint(input: &[u8]) -> (usize, String) {
    let mut lines = read_all(input);
    let last = lines.pop().unwrap().unwrap_err();
    assert!(lines.iter().all(Result::is_ok));
    assert_eq!(last.cause(), Cause::Usage);
    (lines.len(), last.message().unwrap().to_owned())
}

fn put(key: &'static [u8], value: &'static [u8]) -> Line {
    let operation = Operation::Put { key: Bytes::from_static(key), value: Bytes::from_static(value) };
    Line { key: key.to_vec(), operation: Bytes::from(operation.to_bytes()) }
}

#[test]
fn a_line_is_a_key_a_tab_and_whatever_follows() {
    let lines: Vec<Line> = read_all(b"a\tb\nkey\t\nc\td\te\xff").into_iter().map(Result::unwrap).collect();
    assert_eq!(lines, [put(b"a", b"b"), put(b"key", b""), put(b"c", b"d\te\xff")]);
    assert!(read_all(b"").is_empty());
}

#[test]
fn the_first_line_that_is_not_right_is_the_last_and_is_named() {
    assert_eq!(complaint(b"a\tb\nkey\nc\td\n"), (1, "line 2: no tab between a key and a value".to_owned()));
    assert_eq!(complaint(b"\tvalue\n").1, "line 1: the key is empty");
    assert_eq!(complaint(b"a\tb\n\n").0, 1, "an empty line, too");
}

#[test]
fn a_line_without_end_is_not_read_to_its_end() {
    let long = [b"k\t".to_vec(), vec![b'v'; 2 * LINE_MAX]].concat();
    assert!(complaint(&long).1.contains("longer than"));
    let longest = [b"k\t".to_vec(), vec![b'v'; MAX_VALUE_BYTES]].concat();
    assert!(read_all(&longest)[0].is_ok());
}

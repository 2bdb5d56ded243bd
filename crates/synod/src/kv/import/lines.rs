//! Lines `KEY<TAB>VALUE` as operations.
//!
//! What it holds of a line is bounded, however long the line is.

use crate::failure::{Cause, Failure};
use bytes::Bytes;
use std::io::{BufRead, Read};
use synod_kernel::Encode;
use synod_kv::{MAX_KEY_BYTES, MAX_VALUE_BYTES, Operation};
use tokio::sync::mpsc;

/// Bytes of a line with its tab and its end, at most.
const LINE_MAX: usize = MAX_KEY_BYTES + 1 + MAX_VALUE_BYTES + 1;

/// A write that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The key.
    pub(super) key: Vec<u8>,
    /// The encoded operation.
    pub(super) operation: Bytes,
}

/// Reads lines to the end of `input`, or to the first that is not right, or until nobody takes them any more.
pub(super) fn read(input: &mut impl BufRead, lines: &mpsc::Sender<Result<Line, Failure>>) {
    for number in 1_u64.. {
        let mut text = Vec::new();
        let line = match input.by_ref().take(LINE_MAX as u64 + 1).read_until(b'\n', &mut text) {
            Ok(0) => return,
            Ok(_) => parse(&text).map_err(|why| Failure::new(Cause::Usage, format_args!("line {number}: {why}"))),
            Err(error) => Err(Failure::new(Cause::Disk, format_args!("cannot read standard input: {error}"))),
        };
        let is_last = line.is_err();
        if lines.blocking_send(line).is_err() || is_last {
            return;
        }
    }
}

fn parse(text: &[u8]) -> Result<Line, String> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.len() >= LINE_MAX {
        return Err(format!("longer than {LINE_MAX} bytes, which no key and value are"));
    }
    let tab = text.iter().position(|byte| *byte == b'\t').ok_or("no tab between a key and a value")?;
    let (key, value) = (text[..tab].to_vec(), &text[tab + 1..]);
    let operation = Operation::Put { key: Bytes::from(key.clone()), value: Bytes::copy_from_slice(value) };
    operation.check().map_err(|why| why.to_string())?;
    Ok(Line { key, operation: Bytes::from(operation.to_bytes()) })
}

#[cfg(test)]
mod tests;

//! Edits to the files of a disk, read from the bytes of a fuzzer.
//!
//! Any bytes are a script. An edit is a number, a file, an offset, and what the edit needs; what is missing at the end
//! is zero, and files and offsets are taken modulo what there is.

use crate::seals;
use synod_storage::{Disk, DiskFile, MemoryDisk};

/// The longest script that is looked at, in edits.
const EDITS_MAX: usize = 16;
/// Files grow by at most this at once, in bytes.
const GROWTH_MAX: usize = 20_000;

/// What is done to a file at an offset. The numbers are part of the corpora.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// Changes bits of one byte.
    Flip(u8),
    /// Writes bytes, at most 255 of them.
    Write(Vec<u8>),
    /// Writes so many zeros.
    Clear(u16),
    /// Ends the file here.
    Cut,
    /// Puts so many zeros at the end.
    Grow(u16),
    /// Copies from a file and offset so many bytes, as far as there are.
    Copy(u8, u32, u16),
    /// Removes the file.
    Remove,
    /// Exchanges the contents with those of another file.
    Exchange(u8),
    /// Computes all checksums anew, as somebody could who knows the format.
    Seal,
}

/// A script that does one thing.
pub(crate) fn script(file: u8, offset: u32, edit: Edit) -> Vec<u8> {
    let (number, rest): (u8, Vec<u8>) = match edit {
        Edit::Flip(bits) => (0, vec![bits]),
        Edit::Write(bytes) => (1, [&[u8::try_from(bytes.len()).expect("few bytes")], &bytes[..]].concat()),
        Edit::Clear(length) => (2, length.to_le_bytes().to_vec()),
        Edit::Cut => (3, Vec::new()),
        Edit::Grow(length) => (4, length.to_le_bytes().to_vec()),
        Edit::Copy(source, at, length) => (5, [&[source], &at.to_le_bytes()[..], &length.to_le_bytes()].concat()),
        Edit::Remove => (6, Vec::new()),
        Edit::Exchange(other) => (7, vec![other]),
        Edit::Seal => (8, Vec::new()),
    };
    [&[number, file], &offset.to_le_bytes()[..], &rest].concat()
}

/// Bytes that do not end.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        let mut bytes = taken.to_vec();
        bytes.resize(length, 0);
        bytes
    }
    fn byte(&mut self) -> u8 {
        self.bytes(1)[0]
    }
    fn short(&mut self) -> u16 {
        u16::from(self.byte()) | u16::from(self.byte()) << 8
    }
    fn long(&mut self) -> u32 {
        u32::from(self.short()) | u32::from(self.short()) << 16
    }
    fn edit(&mut self) -> (u8, u32, Edit) {
        let (number, file, offset) = (self.byte(), self.byte(), self.long());
        let edit = match number % 9 {
            0 => Edit::Flip(self.byte()),
            1 => {
                let length = usize::from(self.byte());
                Edit::Write(self.bytes(length))
            }
            2 => Edit::Clear(self.short()),
            3 => Edit::Cut,
            4 => Edit::Grow(self.short()),
            5 => Edit::Copy(self.byte(), self.long(), self.short()),
            6 => Edit::Remove,
            7 => Edit::Exchange(self.byte()),
            _ => Edit::Seal,
        };
        (file, offset, edit)
    }
}

/// Runs the script in `input`. Returns whether checksums were computed anew, so that nothing vouches for contents.
pub(crate) fn run(input: &[u8], disk: &MemoryDisk) -> bool {
    let mut input = Input(input);
    let mut sealed = false;
    for _ in 0..EDITS_MAX {
        if input.0.is_empty() {
            break;
        }
        let (file, offset, edit) = input.edit();
        sealed |= matches!(edit, Edit::Seal);
        apply(disk, file, offset, edit);
    }
    sealed
}

/// What the file holds.
pub(crate) fn content(disk: &MemoryDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).expect("a file that was listed");
    let length = file.length().expect("the disk is good");
    let mut bytes = vec![0; usize::try_from(length).expect("a small file")];
    file.read_at(0, &mut bytes).expect("the disk is good");
    bytes
}

fn apply(disk: &MemoryDisk, file: u8, offset: u32, edit: Edit) {
    let names = disk.list().expect("the disk is good");
    let named = |file: u8| names.get(usize::from(file).checked_rem(names.len())?);
    let Some(name) = named(file) else { return };
    let mut target = content(disk, name);
    let at = position(offset, target.len());
    match edit {
        Edit::Flip(bits) => target.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bits),
        Edit::Write(bytes) => write(&mut target[at..], &bytes),
        Edit::Clear(length) => write(&mut target[at..], &vec![0; usize::from(length)]),
        Edit::Cut => target.truncate(at),
        Edit::Grow(length) => target.resize(target.len() + usize::from(length).min(GROWTH_MAX), 0),
        Edit::Copy(source, from, length) => {
            let source = content(disk, named(source).expect("there are files"));
            let from = position(from, source.len());
            write(&mut target[at..], &source[from..source.len().min(from + usize::from(length))]);
        }
        Edit::Remove => return disk.remove(name).expect("a file that was listed"),
        Edit::Exchange(other) => {
            let other = named(other).expect("there are files");
            let exchanged = content(disk, other);
            replace(disk, other, target);
            target = exchanged;
        }
        Edit::Seal => return seals::renew(disk),
    }
    replace(disk, name, target);
}

/// Changes what a file holds.
pub(crate) fn replace(disk: &MemoryDisk, name: &str, content: Vec<u8>) {
    assert!(disk.edit(name, |bytes| *bytes = content), "a file that was listed");
}

/// As much of `bytes` as there is room for.
fn write(room: &mut [u8], bytes: &[u8]) {
    let length = bytes.len().min(room.len());
    room[..length].copy_from_slice(&bytes[..length]);
}

/// An offset in a file of this length, its end included.
fn position(offset: u32, length: usize) -> usize {
    usize::try_from(offset).expect("32 bits are a size") % (length + 1)
}

//! The encoding of docs/WIRE.md: integers little-endian, lengths in front, the input used up exactly.

use std::io;

/// An encoding that grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Out(Vec<u8>);

impl Out {
    pub(crate) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub(crate) fn u16(self, value: u16) -> Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn u32(self, value: u32) -> Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn u64(self, value: u64) -> Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn bool(self, value: bool) -> Self {
        self.u8(u8::from(value))
    }

    /// Bytes with nothing in front.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A count.
    pub(crate) fn count(self, count: usize) -> Self {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Bytes with their length in front.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        self.count(bytes.len()).raw(bytes)
    }

    /// A list with its count in front.
    pub(crate) fn list<T>(self, items: &[T], item: impl Fn(Self, &T) -> Self) -> Self {
        let counted = self.count(items.len());
        items.iter().fold(counted, item)
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct In<'a>(&'a [u8]);

/// A replica sent what the document does not allow.
pub(crate) fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed: {what}"))
}

impl<'a> In<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// So many bytes.
    pub(crate) fn raw(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| malformed("it ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.raw(N)?.try_into().map_err(|_| malformed("it ends early"))
    }

    pub(crate) fn u8(&mut self) -> io::Result<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> io::Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn bool(&mut self) -> io::Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(malformed("neither true nor false")),
        }
    }

    /// A count of at most `maximum`.
    pub(crate) fn count(&mut self, maximum: usize) -> io::Result<usize> {
        let count = usize::try_from(self.u32()?).map_err(|_| malformed("a count beyond its limit"))?;
        if count <= maximum { Ok(count) } else { Err(malformed("a count beyond its limit")) }
    }

    /// Bytes with their length in front.
    pub(crate) fn bytes(&mut self, maximum: usize) -> io::Result<&'a [u8]> {
        let length = self.count(maximum)?;
        self.raw(length)
    }

    /// A list with its count in front.
    pub(crate) fn list<T>(&mut self, maximum: usize, item: impl Fn(&mut Self) -> io::Result<T>) -> io::Result<Vec<T>> {
        let count = self.count(maximum)?;
        (0..count).map(|_| item(self)).collect()
    }

    /// What is left, without taking it.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> io::Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(malformed("bytes follow its end")) }
    }
}

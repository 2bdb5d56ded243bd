//! What the tests of the log share.

use crate::log::{Log, LogError, LogOptions, Recovered};
use crate::{Disk, DiskFile, Identity, MemoryDisk};

pub(super) const BLOCK: usize = 4096;

pub(super) const IDENTITY: Identity = Identity { cluster: [7; 32], replica: 3, incarnation: 1 };

/// Segments of a header and three data blocks.
pub(super) const SMALL: LogOptions = LogOptions { segment_bytes: 4 * 4096, spares_max: 2 };

/// Segments of a header and 15 data blocks.
pub(super) const LARGE: LogOptions = LogOptions { segment_bytes: 16 * 4096, spares_max: 2 };

/// SplitMix64: the tests must repeat themselves exactly.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A record of `length` bytes that differs from all others with another `number`.
pub(super) fn record(number: u64, length: usize) -> Vec<u8> {
    let mut random = Random(number);
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| random.next().to_le_bytes()).collect();
    bytes.truncate(length);
    bytes
}

pub(super) fn create(disk: &MemoryDisk) -> Log<MemoryDisk> {
    Log::create(disk.clone(), IDENTITY, SMALL).unwrap()
}

pub(super) fn create_large(disk: &MemoryDisk) -> Log<MemoryDisk> {
    Log::create(disk.clone(), IDENTITY, LARGE).unwrap()
}

pub(super) fn open(disk: &MemoryDisk) -> Result<(Log<MemoryDisk>, Recovered), LogError> {
    Log::open(disk.clone(), IDENTITY, SMALL)
}

pub(super) fn recover(disk: &MemoryDisk) -> Recovered {
    open(disk).unwrap().1
}

/// The names of the segments.
pub(super) fn segments(disk: &MemoryDisk) -> Vec<String> {
    disk.list().unwrap().into_iter().filter(|name| super::super::segment::sequence_of(name).is_some()).collect()
}

pub(super) fn content<D: Disk>(disk: &D, name: &str) -> Vec<u8> {
    let file = disk.open(name).unwrap();
    let mut bytes = vec![0; usize::try_from(file.length().unwrap()).unwrap()];
    file.read_at(0, &mut bytes).unwrap();
    bytes
}

//! Which operations a task asks for: the same ones each time, from a seed that is its place among the tasks.

use bytes::Bytes;
use synod_kernel::Encode;
use synod_kv::Operation;

/// An endless sequence of operations.
#[derive(Clone, Debug)]
pub(super) struct Workload {
    state: u64,
    keys: u32,
    read_percent: u8,
    value: Vec<u8>,
}

/// What an operation is, to judge its answer by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Put,
    Get,
}

impl Workload {
    pub(super) fn new(task: u64, keys: u32, read_percent: u8, value_size: u32) -> Self {
        let mut workload = Self { state: task.wrapping_mul(0xa076_1d64_78bd_642f), keys, read_percent, value: vec![] };
        // Bytes without a pattern, so that nothing on the way can make them smaller.
        let words = (0..value_size.div_ceil(8)).flat_map(|_| workload.draw().to_le_bytes());
        workload.value = words.collect();
        workload.value.truncate(value_size as usize);
        workload
    }

    /// The next operation, encoded.
    pub(super) fn next(&mut self) -> (Sort, Bytes) {
        let key = Bytes::from(format!("bench-{:08}", self.draw() % u64::from(self.keys)));
        let (sort, operation) = if self.draw() % 100 < u64::from(self.read_percent) {
            (Sort::Get, Operation::Get { key })
        } else {
            let fresh = self.draw().to_le_bytes();
            let changed = fresh.len().min(self.value.len());
            self.value[..changed].copy_from_slice(&fresh[..changed]);
            (Sort::Put, Operation::Put { key, value: Bytes::copy_from_slice(&self.value) })
        };
        (sort, Bytes::from(operation.to_bytes()))
    }

    /// A step of SplitMix64.
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

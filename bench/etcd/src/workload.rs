//! Which puts a task asks for: the same keys and sizes as those of `synod bench`.

/// An endless sequence of puts.
pub(crate) struct Workload {
    state: u64,
    keys: u32,
    value: Vec<u8>,
}

impl Workload {
    pub(crate) fn new(task: u64, keys: u32, value_size: u32) -> Self {
        let mut workload = Self { state: task.wrapping_mul(0xa076_1d64_78bd_642f), keys, value: Vec::new() };
        let words = (0..value_size.div_ceil(8)).flat_map(|_| workload.draw().to_le_bytes());
        workload.value = words.collect();
        workload.value.truncate(value_size as usize);
        workload
    }

    /// The next key and value.
    pub(crate) fn next(&mut self) -> (Vec<u8>, Vec<u8>) {
        let key = format!("bench-{:08}", self.draw() % u64::from(self.keys)).into_bytes();
        let fresh = self.draw().to_le_bytes();
        let changed = fresh.len().min(self.value.len());
        self.value[..changed].copy_from_slice(&fresh[..changed]);
        (key, self.value.clone())
    }

    /// A step of SplitMix64.
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

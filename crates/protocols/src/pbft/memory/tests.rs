//! The bound grows with what it depends on, and is no surprise for the default.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_kernel::Faults;

fn members(size: u16, faults: u16) -> Membership {
    Membership::new(size, Faults::Byzantine(faults)).unwrap()
}

#[test]
fn the_default_for_four_is_published() {
    assert_eq!(memory_max(&Parameters::default(), &members(4, 1)) >> 20, 5374);
}

#[test]
fn half_the_window_is_half_the_batches() {
    let whole = memory_max(&Parameters::default(), &members(4, 1));
    let half = Parameters { window: 128, checkpoint_interval: 64, ..Parameters::default() };
    let batches = 128 * 10 * batch_bytes(&half) as u64;
    let saved = whole - memory_max(&half, &members(4, 1));
    assert!((batches..batches + (8 << 20)).contains(&saved), "{saved} and {batches}");
}

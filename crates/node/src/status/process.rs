//! What the operating system says of this process.

use rustix::time::{ClockId, clock_gettime};

/// Processor time that the process has used, user and system together, in microseconds.
pub(super) fn cpu_microseconds() -> Option<u64> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec).ok()?, u64::try_from(time.tv_nsec).ok()?);
    seconds.checked_mul(1_000_000)?.checked_add(nanoseconds / 1000)
}

/// Bytes of the process that are resident, where `/proc` tells.
pub(super) fn resident_bytes() -> Option<u64> {
    resident_pages(&std::fs::read_to_string("/proc/self/statm").ok()?)?.checked_mul(page_bytes()?)
}

/// The second number of `statm`.
pub(super) fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn page_bytes() -> Option<u64> {
    u64::try_from(rustix::param::page_size()).ok()
}

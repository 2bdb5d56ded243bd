//! What the system has and gives. Where it does not say, nothing is assumed.

use std::fs;

/// Bytes of memory of this machine.
pub fn machine_memory() -> Option<u64> {
    parse_memory(&fs::read_to_string("/proc/meminfo").ok()?)
}

/// Files and sockets that this process may have open at once.
pub(crate) fn open_files_max() -> Option<usize> {
    parse_open_files(&fs::read_to_string("/proc/self/limits").ok()?)
}

fn parse_memory(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

fn parse_open_files(text: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    // The soft limit stands first; "unlimited" is no number, and no limit.
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests;

//! What the system says of processes: how much memory they hold, and how long they computed.

use std::fs;
use std::time::Duration;

/// In this unit the system counts what a process computed.
const TICK: Duration = Duration::from_millis(10);

/// Memory that the process holds, in KiB; none if it is gone or the system does not tell.
pub(super) fn resident(process: u32) -> Option<u64> {
    resident_in(&fs::read_to_string(format!("/proc/{process}/status")).ok()?)
}

fn resident_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// How long the process has computed, all threads together.
pub(super) fn computed(process: u32) -> Option<Duration> {
    computed_in(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

fn computed_in(stat: &str) -> Option<Duration> {
    // The name, in brackets, may hold anything; fields 14 and 15 are counted from after it, where field 3 is.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<u32>().ok()?.checked_add(fields.next()?.parse().ok()?)?;
    Some(TICK * ticks)
}

#[cfg(test)]
mod tests;

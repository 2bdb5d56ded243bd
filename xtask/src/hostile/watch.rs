//! How long processes computed, as the system says.

use std::fs;
use std::time::Duration;

/// In this unit the system counts what a process computed.
const TICK: Duration = Duration::from_millis(10);

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

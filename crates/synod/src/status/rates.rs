//! What a replica did between two of its answers, by its own clock.
//!
//! Answers may lie, so nothing is assumed of them: counts may go back, and numbers may be of any size.

use std::time::Duration;
use synod_node::Usage;

/// Per second, between two answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    /// Operations executed.
    pub(super) operations: f64,
    /// Processor time, in hundredths of one processor; none if the replica does not know.
    pub(super) cpu_percent: Option<f64>,
    /// Syncs of the disk.
    pub(super) syncs: f64,
}

impl Rates {
    /// From an earlier answer to a later one. None if the clock did not go on, as after a restart.
    pub(super) fn between(earlier: &Usage, later: &Usage) -> Option<Self> {
        let microseconds = later.uptime_microseconds.checked_sub(earlier.uptime_microseconds)?;
        let seconds = Duration::from_micros(microseconds).as_secs_f64();
        if seconds <= 0.0 {
            return None;
        }
        let cpu = earlier.cpu_microseconds.zip(later.cpu_microseconds);
        let cpu = cpu.map(|(before, now)| Duration::from_micros(now.saturating_sub(before)).as_secs_f64());
        Some(Self {
            operations: difference(earlier.executed.operations, later.executed.operations) / seconds,
            cpu_percent: cpu.map(|cpu| 100.0 * cpu / seconds),
            syncs: difference(earlier.syncs.total(), later.syncs.total()) / seconds,
        })
    }
}

/// How much a count has grown; nothing if it went back.
#[allow(clippy::cast_precision_loss, reason = "a count of more than 2^53 is shown with fewer digits anyway")]
fn difference(before: u64, now: u64) -> f64 {
    now.saturating_sub(before) as f64
}

/// A number in at most five characters: `7.3`, `950`, `12.3k`, `4.0M`.
pub(super) fn short(number: f64) -> String {
    const UNITS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
    let mut scaled = number.max(0.0);
    for unit in UNITS {
        if scaled < 9.95 {
            return if scaled == 0.0 { "0".to_owned() } else { format!("{scaled:.1}{unit}") };
        }
        if scaled < 999.5 {
            return if unit.is_empty() || scaled >= 99.95 {
                format!("{scaled:.0}{unit}")
            } else {
                format!("{scaled:.1}{unit}")
            };
        }
        scaled /= 1000.0;
    }
    "huge".to_owned()
}

/// Bytes in at most seven characters: `512 B`, `53 MiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut scaled = bytes;
    for unit in UNITS {
        if scaled < 1024 {
            return format!("{scaled} {unit}");
        }
        scaled /= 1024;
    }
    unreachable!("2^64 bytes are 16 EiB")
}

#[cfg(test)]
mod tests;

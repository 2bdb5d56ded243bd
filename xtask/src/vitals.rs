//! What replicas say of themselves while they run, and what the system says of their memory.
//!
//! A counter of a process that was killed begins again at 0 in the next one; here it goes on.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use crate::cluster::Cluster;

/// The rules of the protocol whose applications are counted.
const COUNTERS: [&str; 3] = ["StartTransfer", "FinishTransfer", "LeaveView"];

/// What is known of one replica.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse {
    /// The view it was in, when asked last.
    pub(crate) view: u64,
    /// Its last stable checkpoint.
    pub(crate) checkpoint: u64,
    /// Since the beginning, by the name of the rule; and in this process, when asked last.
    counters: BTreeMap<&'static str, (u64, u64)>,
    /// Bytes of memory in use, and when.
    memory: Vec<(Duration, u64)>,
}

impl Pulse {
    /// Takes in a page of metrics.
    fn read(&mut self, page: &str) {
        let of = |name: &str| {
            let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.trim().parse().ok())
        };
        self.view = of("synod_view").unwrap_or(self.view);
        self.checkpoint = of("synod_checkpoint").unwrap_or(self.checkpoint);
        for rule in COUNTERS {
            let now = of(&format!("synod_rules_applied_total{{rule=\"{rule}\"}}")).unwrap_or(0);
            let (total, before) = self.counters.entry(rule).or_default();
            // Less than before is another process.
            *total += if now >= *before { now - *before } else { now };
            *before = now;
        }
    }

    /// How often a rule was applied, as far as was seen.
    pub(crate) fn count(&self, rule: &str) -> u64 {
        self.counters.get(rule).map_or(0, |(total, _)| *total)
    }

    /// Bytes of memory at the first look from `time` on, and at the last look.
    pub(crate) fn memory_since(&self, time: Duration) -> Option<(u64, u64)> {
        let first = self.memory.iter().find(|(at, _)| *at >= time)?;
        Some((first.1, self.memory.last()?.1))
    }

    /// What the last look found, divided by what the first from `time` on found.
    pub(crate) fn growth_since(&self, time: Duration) -> Option<f64> {
        let (first, last) = self.memory_since(time)?;
        // Bytes of memory are far below what a double holds exactly.
        (first > 0).then(|| last as f64 / first as f64)
    }
}

/// What is known of all replicas.
#[derive(Clone, Debug)]
pub(crate) struct Vitals {
    pulses: Vec<Pulse>,
}

impl Vitals {
    /// Nothing is known yet.
    pub(crate) fn new(replicas: usize) -> Self {
        Self { pulses: vec![Pulse::default(); replicas] }
    }

    /// One entry for each replica.
    pub(crate) fn pulses(&self) -> &[Pulse] {
        &self.pulses
    }

    /// Asks the replicas at these positions for their metrics. Whoever does not answer keeps what is known.
    pub(crate) fn ask(&mut self, cluster: &Cluster, positions: impl Iterator<Item = usize>) {
        for position in positions {
            if let Some(page) = cluster.metrics(position) {
                self.pulses[position].read(&page);
            }
        }
    }

    /// Looks how much memory the processes use.
    pub(crate) fn weigh(&mut self, cluster: &Cluster, now: Duration) {
        for (position, pulse) in self.pulses.iter_mut().enumerate() {
            if let Some(bytes) = cluster.process(position).and_then(resident) {
                pulse.memory.push((now, bytes));
            }
        }
    }

    /// The highest view that a replica said it is in.
    pub(crate) fn view(&self) -> u64 {
        self.pulses.iter().map(|pulse| pulse.view).max().unwrap_or_default()
    }

    /// The last stable checkpoint of anybody.
    pub(crate) fn checkpoint(&self) -> u64 {
        self.pulses.iter().map(|pulse| pulse.checkpoint).max().unwrap_or_default()
    }

    /// How often replicas applied a rule, all together.
    pub(crate) fn count(&self, rule: &str) -> u64 {
        self.pulses.iter().map(|pulse| pulse.count(rule)).sum()
    }
}

/// How busy the machine is, by which one judges what was slow.
pub(crate) fn busy() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("unknown").to_owned();
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    format!("load {load} on {processors} processors")
}

/// Bytes of memory that a process has in use; none if it is gone or the system does not tell.
pub(crate) fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    kilobytes(&status).map(|kilobytes| 1024 * kilobytes)
}

fn kilobytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests;

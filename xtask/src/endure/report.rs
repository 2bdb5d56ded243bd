//! What a run came to.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::phase::{Phase, summarize};
use crate::check::{self, Findings};
use crate::vitals::{Pulse, Vitals};

/// Memory is compared with what it was at the second minute, give or take a look.
const WARM: Duration = Duration::from_secs(115);

/// What happened and what was found afterwards.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// What decided who suffered what.
    pub(super) seed: u64,
    /// Every phase, in order.
    pub(super) phases: Vec<Phase>,
    /// What was not as it should be meanwhile.
    pub(super) complaints: Vec<String>,
    /// How many writes were acknowledged; to how many keys is among the findings.
    pub(super) acknowledged: u64,
    pub(super) findings: Findings,
    /// How long they took to say the same, everything else that was done meanwhile included.
    pub(super) settled: Duration,
    /// How busy the machine was in the end.
    pub(super) busy: String,
    /// What was seen of each replica.
    pub(super) vitals: Vitals,
}

impl Report {
    fn pulses(&self) -> impl Iterator<Item = (usize, &Pulse)> {
        self.vitals.pulses().iter().enumerate()
    }
}

impl check::Report for Report {
    fn is_good(&self) -> bool {
        self.complaints.is_empty() && self.findings.failures().is_empty()
    }

    fn to_json(&self) -> Value {
        let phases: Vec<Value> = self.phases.iter().map(phase_to_json).collect();
        let replica = |(position, pulse): (usize, &Pulse)| {
            let memory = pulse.memory_since(WARM);
            json!({
                "replica": position, "transfers_started": pulse.count("StartTransfer"),
                "transfers_finished": pulse.count("FinishTransfer"), "views_left": pulse.count("LeaveView"),
                "memory_warm_bytes": memory.map(|(warm, _)| warm), "memory_end_bytes": memory.map(|(_, end)| end),
                "memory_ratio": pulse.growth_since(WARM),
            })
        };
        let replicas: Vec<Value> = self.pulses().map(replica).collect();
        let report = json!({
            "good": self.is_good(), "seed": self.seed, "replicas": replicas.len(), "complaints": self.complaints,
            "acknowledged": self.acknowledged, "settled_ms": milliseconds(self.settled), "busy": self.busy,
            "view": self.vitals.view(), "phases": phases, "each": replicas,
        });
        check::merged(report, &self.findings)
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn phase_to_json(phase: &Phase) -> Value {
    let Phase { kind, time, acknowledged, stall } = phase;
    let (time, stall) = (milliseconds(*time), milliseconds(*stall));
    json!({ "kind": kind, "ms": time, "acknowledged": acknowledged, "longest_stall_ms": stall })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18} {:>5} {:>9} {:>9} {:>15}",
            "what happened", "times", "seconds", "writes/s", "longest stall"
        )?;
        for (kind, summary) in summarize(&self.phases) {
            let (count, seconds, stall) = (summary.count, summary.time.as_secs_f64(), summary.stall.as_secs_f64());
            writeln!(f, "{kind:<18} {count:>5} {seconds:>9.1} {:>9.0} {stall:>13.1} s", summary.rate())?;
        }
        for (position, pulse) in self.pulses() {
            let (started, finished) = (pulse.count("StartTransfer"), pulse.count("FinishTransfer"));
            write!(f, "replica {position}: {started} transfers of state begun, {finished} finished")?;
            if let (Some((_, end)), Some(ratio)) = (pulse.memory_since(WARM), pulse.growth_since(WARM)) {
                write!(f, "; {} MiB in the end, {ratio:.2} times what it was after two minutes", end >> 20)?;
            }
            writeln!(f)?;
        }
        let (replicas, view) = (self.vitals.pulses().len(), self.vitals.view());
        writeln!(f, "{replicas} replicas went through {view} views; {}", self.busy)?;
        writeln!(f, "{} writes acknowledged; alike after {:.1} s", self.acknowledged, self.settled.as_secs_f64())?;
        self.complaints.iter().try_for_each(|complaint| writeln!(f, "BAD: {complaint}"))?;
        write!(f, "{}", self.findings)
    }
}

#[cfg(test)]
mod tests;
